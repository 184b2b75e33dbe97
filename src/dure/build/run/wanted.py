"""The sets of labels that jobs have asked for: few, so that a runner that asks for work need not look at every job."""

from sqlalchemy import select, text
from sqlalchemy.orm import Mapped, mapped_column

from dure.ledger import Table, Work


class WantedLabels(Table):
    __tablename__ = "build_labels"

    labels: Mapped[str] = mapped_column(primary_key=True)
    """Sorted and joined by commas."""


WANT = text("INSERT INTO build_labels (labels) VALUES (:labels) ON CONFLICT DO NOTHING")


# open: it tells of labels alone.
def want_labels(work: Work, labels: str) -> None:
    if work.session.get(WantedLabels, labels) is None:
        work.session.execute(WANT, {"labels": labels})


# open: it tells of labels alone.
def fitting_labels(work: Work, has: frozenset[str]) -> list[str]:
    """The sets that a runner with these labels can serve."""
    known = work.session.scalars(select(WantedLabels.labels)).all()
    return [labels for labels in known if has.issuperset(labels.split(",") if labels else ())]
