"""The labels of a merge request: those by which the project sorts its issues too."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import plan, policy
from dure.code.request.changing import note
from dure.code.request.request import MergeRequest
from dure.kit import Invalid, Text, say
from dure.ledger import BIG, Event, Table, Work
from dure.plan import Label, Project

LABELS_MAX = 20


class RequestLabel(Table):
    """That a merge request bears a label. Where the label is removed, this goes with it."""

    __tablename__ = "code_request_label"

    request_id: Mapped[int] = mapped_column(BIG, ForeignKey("code_request.id"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("label.id", ondelete="CASCADE"), primary_key=True, index=True)


@dataclass(frozen=True, kw_only=True)
class RequestLabelsChanged(Event, kind="code.request_labels_changed"):
    """A merge request was given other labels."""

    project: int
    request: int
    number: int
    title: str
    added: list[str]
    removed: list[str]

    def sentence(self) -> Text:
        words = ", ".join([*(f"+{name}" for name in self.added), *(f"-{name}" for name in self.removed)])
        return say("labelled !{number} {title}: {labels}", number=self.number, title=self.title, labels=words)


def label_request(work: Work, project: Project, request: MergeRequest, wanted: Sequence[str]) -> None:
    """These labels and no others."""
    policy.require(work, "code.request", project.scope)
    after = {label.id: label for label in labels_named(work, project, wanted)}
    before = {label.id: label for label in labels_by_request(work, project, [request.id]).get(request.id, [])}
    gone, new = before.keys() - after.keys(), after.keys() - before.keys()
    if not gone and not new:
        return
    here = RequestLabel.request_id == request.id, RequestLabel.label_id.in_(gone)
    work.session.execute(delete(RequestLabel).where(*here))
    for one in sorted(new):
        work.add(RequestLabel(request_id=request.id, label_id=one))
    event = RequestLabelsChanged(
        project=project.id,
        request=request.id,
        number=request.number,
        title=request.title,
        added=sorted(after[one].name for one in new),
        removed=sorted(before[one].name for one in gone),
    )
    note(work, request, event)


# open: the caller has asked.
def labels_named(work: Work, project: Project, wanted: Sequence[str]) -> list[Label]:
    """As the project calls them, whatever letters are large."""
    known = {label.key: label for label in plan.labels_of(work, project)}
    keys = list(dict.fromkeys(name.strip().casefold() for name in wanted if name.strip()))
    unknown = next((key for key in keys if key not in known), None)
    if unknown is not None:
        raise Invalid({"labels": say("There is no label “{name}” here.", name=unknown[:80])})
    if len(keys) > LABELS_MAX:
        raise Invalid({"labels": say("A merge request has at most {count} labels.", count=LABELS_MAX)})
    return [known[key] for key in keys]


def labels_by_request(work: Work, project: Project, requests: Sequence[int]) -> dict[int, list[Label]]:
    """The labels of the requests on one page, by name."""
    policy.require(work, "code.read", project.scope)
    query = select(RequestLabel.request_id, Label).join(Label, Label.id == RequestLabel.label_id)
    query = query.where(RequestLabel.request_id.in_(requests)).order_by(Label.key)
    found: dict[int, list[Label]] = {}
    for request_id, label in work.session.execute(query):
        found.setdefault(request_id, []).append(label)
    return found
