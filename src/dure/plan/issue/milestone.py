"""Milestones: what a group of issues leads up to, by a day or without one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Text, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, policy
from dure.kit import Missing, Refused, now, say
from dure.ledger import Event, Moment, Table, Work
from dure.people import Role
from dure.plan.project import AlreadyThere, Project
from dure.plan.wording import Wording

TITLE_LIMIT_CHARACTERS = 100
DESCRIPTION_LIMIT_CHARACTERS = 2000
MILESTONES_PER_PROJECT_MAX = 500
YEARS = range(2000, 2200)

policy.action("milestone.edit", Role.DEVELOPER, say("make and change milestones"))


class Milestone(Table):
    __tablename__ = "milestone"
    __table_args__ = (UniqueConstraint("project_id", "title"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    title: Mapped[str]
    description: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None] = mapped_column(Date)
    closed_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    open_issues: Mapped[int] = mapped_column(default=0)
    closed_issues: Mapped[int] = mapped_column(default=0)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def percent(self) -> int:
        """How much of it is done. Not 100 while anything is left."""
        total = self.open_issues + self.closed_issues
        return self.closed_issues * 100 // total if total else 0


@dataclass(frozen=True, kw_only=True)
class MilestoneMade(Event, kind="plan.milestone_made"):
    """A milestone was set."""

    milestone: int
    title: str

    def sentence(self) -> kit.Text:
        return say("set the milestone “{title}”", title=self.title)


@dataclass(frozen=True, kw_only=True)
class MilestoneEdited(Event, kind="plan.milestone_edited"):
    """A milestone got another title, day or description."""

    milestone: int
    title: str

    def sentence(self) -> kit.Text:
        return say("changed the milestone “{title}”", title=self.title)


@dataclass(frozen=True, kw_only=True)
class MilestoneClosed(Event, kind="plan.milestone_closed"):
    """A milestone was reached, or given up."""

    milestone: int
    title: str

    def sentence(self) -> kit.Text:
        return say("closed the milestone “{title}”", title=self.title)


@dataclass(frozen=True, kw_only=True)
class MilestoneReopened(Event, kind="plan.milestone_reopened"):
    """A closed milestone was opened again."""

    milestone: int
    title: str

    def sentence(self) -> kit.Text:
        return say("reopened the milestone “{title}”", title=self.title)


@dataclass(frozen=True)
class MilestonesPage:
    project: Project
    milestones: Sequence[Milestone]
    may_edit: bool


def milestones_of(work: Work, project: Project, *, only_open: bool = False) -> Sequence[Milestone]:
    """The open ones first, the nearest day first, those without a day last."""
    policy.require(work, "project.read", project.scope)
    query = select(Milestone).where(Milestone.project_id == project.id)
    if only_open:
        query = query.where(Milestone.closed_at.is_(None))
    order = (Milestone.closed_at.is_not(None), Milestone.due_on.is_(None), Milestone.due_on, Milestone.id)
    return work.session.scalars(query.order_by(*order)).all()


def milestones_page(work: Work, project: Project) -> MilestonesPage:
    may_edit = policy.may(work, "milestone.edit", project.scope)
    return MilestonesPage(project, milestones_of(work, project), may_edit)


def find_milestone(work: Work, project: Project, milestone_id: int) -> Milestone:
    policy.require(work, "project.read", project.scope)
    milestone = work.session.get(Milestone, milestone_id)
    if milestone is None or milestone.project_id != project.id:
        raise Missing(say("There is no such milestone here."))
    return milestone


def make_milestone(
    work: Work, project: Project, *, title: str, due_on: date | None = None, description: str = ""
) -> Milestone:
    policy.require(work, "milestone.edit", project.scope)
    title, description = worded(title, due_on, description)
    others = milestones_of(work, project)
    if len(others) >= MILESTONES_PER_PROJECT_MAX:
        raise Refused(say("A project has at most {count} milestones.", count=MILESTONES_PER_PROJECT_MAX))
    refuse_second(others, title)
    milestone = Milestone(project_id=project.id, title=title, description=description, due_on=due_on)
    work.add(milestone)
    tell(work, project, MilestoneMade(milestone=milestone.id, title=title))
    return milestone


def edit_milestone(
    work: Work,
    project: Project,
    milestone_id: int,
    *,
    title: str | None = None,
    due_on: date | None = None,
    no_day: bool = False,
    description: str | None = None,
) -> Milestone:
    """Change what is given; `no_day` takes the day away."""
    policy.require(work, "milestone.edit", project.scope)
    milestone = find_milestone(work, project, milestone_id)
    due_on = None if no_day else due_on or milestone.due_on
    title, description = worded(
        milestone.title if title is None else title,
        due_on,
        milestone.description if description is None else description,
    )
    refuse_second([other for other in milestones_of(work, project) if other is not milestone], title)
    milestone.title, milestone.due_on, milestone.description = title, due_on, description
    tell(work, project, MilestoneEdited(milestone=milestone.id, title=title))
    return milestone


def close_milestone(work: Work, project: Project, milestone_id: int) -> Milestone:
    policy.require(work, "milestone.edit", project.scope)
    milestone = find_milestone(work, project, milestone_id)
    if milestone.is_open:
        milestone.closed_at = now()
        tell(work, project, MilestoneClosed(milestone=milestone.id, title=milestone.title))
    return milestone


def reopen_milestone(work: Work, project: Project, milestone_id: int) -> Milestone:
    policy.require(work, "milestone.edit", project.scope)
    milestone = find_milestone(work, project, milestone_id)
    if not milestone.is_open:
        milestone.closed_at = None
        tell(work, project, MilestoneReopened(milestone=milestone.id, title=milestone.title))
    return milestone


def tell(work: Work, project: Project, event: Event) -> None:
    work.record(event, about=[project.scope], within=project.scope)


def worded(title: str, due_on: date | None, description: str) -> tuple[str, str]:
    wording = Wording()
    title = wording.line("title", title.replace('"', "”"), TITLE_LIMIT_CHARACTERS)
    description = wording.text("description", description, DESCRIPTION_LIMIT_CHARACTERS)
    if due_on is not None and due_on.year not in YEARS:
        wording.refuse(
            "due_on", say("Choose a day between the years {first} and {last}.", first=YEARS[0], last=YEARS[-1])
        )
    wording.settle()
    return title, description


def refuse_second(others: Sequence[Milestone], title: str) -> None:
    if any(other.title == title for other in others):
        raise AlreadyThere(say("There is a milestone “{title}” already.", title=title))


def count_issue(work: Work, milestone_id: int | None, *, opened: int = 0, closed: int = 0) -> None:
    """Keep the numbers behind the bar. The caller has asked the policy for the issue that moves."""
    if milestone_id is not None:
        values = {"open_issues": Milestone.open_issues + opened, "closed_issues": Milestone.closed_issues + closed}
        changed = update(Milestone).where(Milestone.id == milestone_id).values(values)
        work.session.execute(changed, execution_options={"synchronize_session": False})
