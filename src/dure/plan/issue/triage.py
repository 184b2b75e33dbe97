"""Sorting an issue: what it is (labels), who sees to it (assignees), what it leads up to (milestone)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ForeignKey, Index, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, people, policy
from dure.kit import Invalid, Text, say
from dure.ledger import Event, Table, Work
from dure.plan.issue.issue import Issue, is_own, note
from dure.plan.issue.label import IssueLabel, Label, key_of
from dure.plan.issue.milestone import Milestone, count_issue
from dure.plan.project import Project
from dure.plan.wording import one_line

LABELS_PER_ISSUE_MAX = 20
ASSIGNEES_MAX = 10


class IssueAssignee(Table):
    """That somebody sees to an issue. Whether the issue is open stands here too, so that one index answers."""

    __tablename__ = "issue_assignee"
    __table_args__ = (Index("ix_issue_assignee_newest", "person_id", "is_open", "issue_id"),)

    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    is_open: Mapped[bool]


@dataclass(frozen=True, kw_only=True)
class LabelsChanged(Event, kind="plan.labels_changed"):
    """An issue got labels, or lost some."""

    issue: int
    number: int
    title: str
    added: list[str]
    removed: list[str]

    def sentence(self) -> kit.Text:
        return changed(
            say("added the labels {added} to #{number}", added=names(self.added), number=self.number),
            say("took the labels {removed} off #{number}", removed=names(self.removed), number=self.number),
            self.added,
            self.removed,
        )


@dataclass(frozen=True, kw_only=True)
class Assigned(Event, kind="plan.assigned"):
    """Somebody was asked to see to an issue, or let off."""

    issue: int
    number: int
    title: str
    added: list[str]
    removed: list[str]

    def sentence(self) -> kit.Text:
        return changed(
            say("assigned #{number} to {added}", added=", ".join(self.added), number=self.number),
            say("took #{number} off {removed}", removed=", ".join(self.removed), number=self.number),
            self.added,
            self.removed,
        )


@dataclass(frozen=True, kw_only=True)
class Planned(Event, kind="plan.planned"):
    """An issue was put under a milestone, or taken from one."""

    issue: int
    number: int
    title: str
    before: str | None
    milestone: str | None

    def sentence(self) -> kit.Text:
        if self.milestone is None:
            return say("took #{number} out of “{before}”", number=self.number, before=self.before)
        return say("put #{number} under “{milestone}”", number=self.number, milestone=self.milestone)


def changed(more: Text, less: Text, added: list[str], removed: list[str]) -> Text:
    """One sentence for what came, for what went, or for both."""
    if added and removed:
        return say("{more} and {less}", more=more, less=less)
    return more if added else less


def names(words: list[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)


def set_labels(work: Work, project: Project, issue: Issue, wanted: Sequence[str]) -> None:
    """These labels and no others."""
    policy.require(work, "issue.sort", project.scope, own=is_own(work, issue))
    labels = labels_named(work, project, wanted)
    query = select(Label).join(IssueLabel, IssueLabel.label_id == Label.id).where(IssueLabel.issue_id == issue.id)
    before = {label.id: label for label in work.session.scalars(query)}
    after = {label.id: label for label in labels}
    gone, new = before.keys() - after.keys(), after.keys() - before.keys()
    if not gone and not new:
        return
    work.session.execute(delete(IssueLabel).where(IssueLabel.issue_id == issue.id, IssueLabel.label_id.in_(gone)))
    for one in new:
        work.add(IssueLabel(issue_id=issue.id, label_id=one, is_open=issue.is_open))
    added, removed = sorted(after[one].name for one in new), sorted(before[one].name for one in gone)
    told = LabelsChanged(issue=issue.id, number=issue.number, title=issue.title, added=added, removed=removed)
    note(work, project, issue, told)


def labels_named(work: Work, project: Project, wanted: Sequence[str]) -> Sequence[Label]:
    keys = {key_of(one_line(name)) for name in wanted} - {""}
    if len(keys) > LABELS_PER_ISSUE_MAX:
        raise Invalid({"labels": say("An issue has at most {count} labels.", count=LABELS_PER_ISSUE_MAX)})
    found = work.session.scalars(select(Label).where(Label.project_id == project.id, Label.key.in_(keys))).all()
    unknown = sorted(keys - {label.key for label in found})
    if unknown:
        raise Invalid({"labels": say("There is no label “{name}” here.", name=unknown[0][:80])})
    return found


def assign(work: Work, project: Project, issue: Issue, wanted: Sequence[str]) -> None:
    """These people and no others see to it, by their handles."""
    policy.require(work, "issue.sort", project.scope, own=is_own(work, issue))
    persons = persons_named(work, project, wanted)
    query = select(IssueAssignee.person_id).where(IssueAssignee.issue_id == issue.id)
    before = people.people_by_id(work, list(work.session.scalars(query)))
    after = {person.id: person for person in persons}
    gone, new = before.keys() - after.keys(), after.keys() - before.keys()
    if not gone and not new:
        return
    mine = IssueAssignee.issue_id == issue.id
    work.session.execute(delete(IssueAssignee).where(mine, IssueAssignee.person_id.in_(gone)))
    for one in new:
        work.add(IssueAssignee(issue_id=issue.id, person_id=one, is_open=issue.is_open))
    told = Assigned(
        issue=issue.id,
        number=issue.number,
        title=issue.title,
        added=sorted(after[one].handle for one in new),
        removed=sorted(before[one].handle for one in gone),
    )
    note(work, project, issue, told, [f"person:{one}" for one in gone | new])


def persons_named(work: Work, project: Project, wanted: Sequence[str]) -> list[people.Person]:
    handles = {one_line(handle).removeprefix("@").lower() for handle in wanted} - {""}
    if len(handles) > ASSIGNEES_MAX:
        raise Invalid({"assignees": say("At most {count} people see to an issue.", count=ASSIGNEES_MAX)})
    found = people.people_by_handle(work, handles)
    able = people.member_ids(work, project.scope)
    for handle in sorted(handles):
        person = found.get(handle)
        if person is None or person.id not in able:
            sentence = say("{handle} is not among the members who can be assigned here.", handle=handle[:80])
            raise Invalid({"assignees": sentence})
    return list(found.values())


def set_milestone(work: Work, project: Project, issue: Issue, title: str | None) -> None:
    """Under this milestone, or none."""
    policy.require(work, "issue.sort", project.scope, own=is_own(work, issue))
    milestone = milestone_named(work, project, title) if title and title.strip() else None
    if (milestone.id if milestone else None) == issue.milestone_id:
        return
    before = work.session.get(Milestone, issue.milestone_id) if issue.milestone_id else None
    opened, closed = (1, 0) if issue.is_open else (0, 1)
    count_issue(work, issue.milestone_id, opened=-opened, closed=-closed)
    issue.milestone_id = milestone.id if milestone else None
    count_issue(work, issue.milestone_id, opened=opened, closed=closed)
    told = Planned(
        issue=issue.id,
        number=issue.number,
        title=issue.title,
        before=before.title if before else None,
        milestone=milestone.title if milestone else None,
    )
    note(work, project, issue, told)


def milestone_named(work: Work, project: Project, title: str) -> Milestone:
    title = one_line(title)
    query = select(Milestone).where(Milestone.project_id == project.id, Milestone.title == title)
    found = work.session.scalars(query).one_or_none()
    if found is None:
        raise Invalid({"milestone": say("There is no milestone “{title}” here.", title=title[:120])})
    return found


def follow_state(work: Work, issue: Issue) -> None:
    """Tell the rows beside an issue whether it is open. The caller has asked the policy and changed the issue."""
    for beside in (IssueLabel, IssueAssignee):
        changed_rows = update(beside).where(beside.issue_id == issue.id).values(is_open=issue.is_open)
        work.session.execute(changed_rows)
    moved = 1 if issue.is_open else -1
    count_issue(work, issue.milestone_id, opened=moved, closed=-moved)
