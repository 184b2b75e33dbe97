"""Labels: the words a project sorts its issues by."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, policy
from dure.kit import Missing, Refused, say
from dure.ledger import Event, Table, Work
from dure.people import Role
from dure.plan.project import AlreadyThere, Project
from dure.plan.wording import Wording

NAME_LIMIT_CHARACTERS = 50
DESCRIPTION_LIMIT_CHARACTERS = 200
LABELS_PER_PROJECT_MAX = 100
COLOURS = ("gray", "red", "orange", "amber", "lime", "green", "teal", "cyan", "blue", "indigo", "violet", "pink")

policy.action("label.edit", Role.DEVELOPER, say("make and change labels"))


class Label(Table):
    __tablename__ = "label"
    __table_args__ = (UniqueConstraint("project_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    key: Mapped[str]
    """The name as it is compared: “Bug” and “bug” are one label."""
    name: Mapped[str]
    colour: Mapped[str]
    description: Mapped[str] = mapped_column(default="")


class IssueLabel(Table):
    """That an issue bears a label. Whether the issue is open stands here too, so that one index answers."""

    __tablename__ = "issue_label"
    __table_args__ = (Index("ix_issue_label_newest", "label_id", "is_open", "issue_id"),)

    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("label.id"), primary_key=True)
    is_open: Mapped[bool]


@dataclass(frozen=True, kw_only=True)
class LabelMade(Event, kind="plan.label_made"):
    """A label was made."""

    label: int
    name: str

    def sentence(self) -> kit.Text:
        return say("made the label “{name}”", name=self.name)


@dataclass(frozen=True, kw_only=True)
class LabelEdited(Event, kind="plan.label_edited"):
    """A label got another name, colour or description."""

    label: int
    before: str
    name: str

    def sentence(self) -> kit.Text:
        if self.before == self.name:
            return say("changed the label “{name}”", name=self.name)
        return say("renamed the label “{before}” to “{name}”", before=self.before, name=self.name)


@dataclass(frozen=True, kw_only=True)
class LabelRemoved(Event, kind="plan.label_removed"):
    """A label was removed, from its issues too."""

    label: int
    name: str

    def sentence(self) -> kit.Text:
        return say("removed the label “{name}”", name=self.name)


@dataclass(frozen=True)
class LabelCount:
    """A label and how many open issues bear it."""

    label: Label
    open_issues: int


@dataclass(frozen=True)
class LabelsPage:
    project: Project
    labels: list[LabelCount]
    may_edit: bool


def labels_of(work: Work, project: Project) -> Sequence[Label]:
    policy.require(work, "project.read", project.scope)
    return work.session.scalars(select(Label).where(Label.project_id == project.id).order_by(Label.key)).all()


def counted_labels(work: Work, project: Project) -> list[LabelCount]:
    labels = labels_of(work, project)
    bearing = IssueLabel.label_id.in_([label.id for label in labels])
    query = select(IssueLabel.label_id, func.count()).where(bearing, IssueLabel.is_open).group_by(IssueLabel.label_id)
    counts: dict[int, int] = dict(work.session.execute(query).all())
    return [LabelCount(label, counts.get(label.id, 0)) for label in labels]


def labels_page(work: Work, project: Project) -> LabelsPage:
    may_edit = policy.may(work, "label.edit", project.scope)
    return LabelsPage(project, counted_labels(work, project), may_edit)


def find_label(work: Work, project: Project, label_id: int) -> Label:
    policy.require(work, "project.read", project.scope)
    label = work.session.get(Label, label_id)
    if label is None or label.project_id != project.id:
        raise Missing(say("There is no such label here."))
    return label


def make_label(work: Work, project: Project, *, name: str, colour: str = "gray", description: str = "") -> Label:
    policy.require(work, "label.edit", project.scope)
    name, description = worded(name, colour, description)
    labels = labels_of(work, project)
    if len(labels) >= LABELS_PER_PROJECT_MAX:
        raise Refused(say("A project has at most {count} labels. Remove one first.", count=LABELS_PER_PROJECT_MAX))
    refuse_second(labels, name)
    label = Label(project_id=project.id, key=key_of(name), name=name, colour=colour, description=description)
    work.add(label)
    work.record(LabelMade(label=label.id, name=name), about=[project.scope], within=project.scope)
    return label


def edit_label(
    work: Work,
    project: Project,
    label_id: int,
    *,
    name: str | None = None,
    colour: str | None = None,
    description: str | None = None,
) -> Label:
    policy.require(work, "label.edit", project.scope)
    label = find_label(work, project, label_id)
    colour = label.colour if colour is None else colour
    name, description = worded(
        label.name if name is None else name, colour, label.description if description is None else description
    )
    refuse_second([other for other in labels_of(work, project) if other is not label], name)
    edited = LabelEdited(label=label.id, before=label.name, name=name)
    label.name, label.key, label.colour, label.description = name, key_of(name), colour, description
    work.record(edited, about=[project.scope], within=project.scope)
    return label


def remove_label(work: Work, project: Project, label_id: int) -> None:
    """Take the label away, from every issue that bears it."""
    policy.require(work, "label.edit", project.scope)
    label = find_label(work, project, label_id)
    work.session.execute(delete(IssueLabel).where(IssueLabel.label_id == label.id))
    work.session.delete(label)
    work.record(LabelRemoved(label=label.id, name=label.name), about=[project.scope], within=project.scope)


def worded(name: str, colour: str, description: str) -> tuple[str, str]:
    wording = Wording()
    name = wording.line("name", name.replace('"', "”"), NAME_LIMIT_CHARACTERS)
    description = wording.line("description", description, DESCRIPTION_LIMIT_CHARACTERS, required=False)
    if colour not in COLOURS:
        wording.refuse("colour", say("Choose one of these colours: {colours}.", colours=", ".join(COLOURS)))
    wording.settle()
    return name, description


def refuse_second(others: Sequence[Label], name: str) -> None:
    if any(other.key == key_of(name) for other in others):
        raise AlreadyThere(say("There is a label “{name}” already.", name=name))


def key_of(name: str) -> str:
    return name.casefold()
