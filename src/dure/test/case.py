"""A test of a project: the same from report to report, known by its suite and its name."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from sqlalchemy import ForeignKey, Index, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import now
from dure.ledger import BIG, Moment, Table, Work
from dure.test.junit import Outcome

T = TypeVar("T")
FAILED = ("failed", "error")
ASKED_AT_ONCE = 500
"""How many values one question names; SQLite takes only so many."""
FLAKY_DAYS = 30
"""A test counts as flaky so long after it last was."""


class Case(Table):
    """What is known of a test by now. Its state is that of the default branch, where it has run there."""

    __tablename__ = "test_case"
    __table_args__ = (
        Index("ix_test_case_state", "project_id", "state"),
        Index("ix_test_case_seconds", "project_id", "seconds"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    key: Mapped[str] = mapped_column(unique=True)
    """Made of its project, its suite and its name. Tests are asked for by it alone: with the project beside it, a
    database that has not yet counted its rows would rather go through all tests of the project each time."""
    suite: Mapped[str]
    name: Mapped[str]
    file: Mapped[str]
    state: Mapped[str]
    seconds: Mapped[float]
    seen_at: Mapped[datetime] = mapped_column(Moment)
    failing_since: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """Since when it fails on the default branch."""
    flaky_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """When it last failed and went well at one and the same commit."""

    @property
    def is_flaky(self) -> bool:
        return self.flaky_at is not None and self.flaky_at > now() - timedelta(days=FLAKY_DAYS)


def key_of(project_id: int, outcome: Outcome) -> str:
    return hashlib.sha256(f"{project_id}\0{outcome.suite}\0{outcome.name}".encode()).hexdigest()


# open: the house's own machine, with a report of the project in hand.
def known_cases(work: Work, project_id: int, outcomes: Sequence[Outcome], at: datetime) -> list[Case]:
    """The tests of a report, in its order. Those that were never seen before are made."""
    by_key = {key_of(project_id, outcome): outcome for outcome in outcomes}
    found = cases_with(work, by_key)
    fresh = [
        {
            "project_id": project_id,
            "key": key,
            "suite": outcome.suite,
            "name": outcome.name,
            "file": outcome.file,
            "state": outcome.state,
            "seconds": outcome.seconds,
            "seen_at": at,
        }
        for key, outcome in by_key.items()
        if key not in found
    ]
    if fresh:
        work.session.execute(insert(Case), fresh)
        found |= cases_with(work, [str(row["key"]) for row in fresh])
    return [found[key] for key in by_key]


def cases_with(work: Work, keys: Iterable[str]) -> dict[str, Case]:
    found: dict[str, Case] = {}
    for some in portions(keys):
        query = select(Case).where(Case.key.in_(some))
        found |= {case.key: case for case in work.session.scalars(query)}
    return found


def portions(values: Iterable[T]) -> Iterator[list[T]]:
    left = iter(values)
    while some := list(islice(left, ASKED_AT_ONCE)):
        yield some
