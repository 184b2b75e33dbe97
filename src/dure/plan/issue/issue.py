"""An issue: something to do, to decide or to mend, with a number in its project."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column

from dure import policy
from dure.kit import Missing, now, say
from dure.ledger import Event, Moment, Table, Work
from dure.people import Role
from dure.plan.project import Project

TITLE_LIMIT_CHARACTERS = 200
BODY_LIMIT_CHARACTERS = 60_000
NUMBER_MAX = 2**31 - 1

policy.action("issue.open", Role.REPORTER, say("open issues"))
policy.action("issue.edit", Role.DEVELOPER, say("edit issues"), own=Role.REPORTER)
policy.action("issue.close", Role.DEVELOPER, say("close and reopen issues"), own=Role.REPORTER)
policy.action("issue.sort", Role.DEVELOPER, say("label, assign and plan issues"), own=Role.REPORTER)
policy.action("issue.comment", Role.REPORTER, say("comment on issues"))


class Issue(Table):
    """Within a project, ids and numbers rise together: both are given out under the project's lock."""

    __tablename__ = "issue"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        Index("ix_issue_newest", "project_id", "id"),
        Index("ix_issue_state_newest", "project_id", "is_open", "id"),
        Index("ix_issue_updated", "project_id", "updated_at", "id"),
        Index("ix_issue_state_updated", "project_id", "is_open", "updated_at", "id"),
        Index("ix_issue_author", "project_id", "author", "is_open", "id"),
        Index("ix_issue_milestone", "milestone_id", "is_open", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    number: Mapped[int]
    title: Mapped[str]
    author: Mapped[str]
    author_name: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    is_open: Mapped[bool] = mapped_column(default=True)
    """The same as `closed_at is None`, in a form that indexes can begin with."""
    closed_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    closed_by: Mapped[str | None] = mapped_column(default=None)
    closed_by_name: Mapped[str | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)
    milestone_id: Mapped[int | None] = mapped_column(ForeignKey("milestone.id"), default=None)
    comments: Mapped[int] = mapped_column(default=0)
    body: Mapped[str] = mapped_column(Text, default="")

    @property
    def ref(self) -> str:
        return f"issue:{self.id}"


def find_issue(work: Work, project: Project, number: int, *, to_change: bool = False) -> Issue:
    """The issue with this number. `to_change` keeps others from changing it until this work is done."""
    policy.require(work, "project.read", project.scope)
    query = select(Issue).where(Issue.project_id == project.id, Issue.number == number)
    if to_change:
        query = query.with_for_update(key_share=True)
    issue = work.session.scalars(query).one_or_none() if 0 < number <= NUMBER_MAX else None
    if issue is None:
        raise Missing(say("There is no issue #{number} here.", number=number))
    return issue


def note(work: Work, project: Project, issue: Issue, event: Event, also: Iterable[str] = ()) -> None:
    """Put what happened to an issue in the ledger, and the issue among those lately changed."""
    issue.updated_at = now()
    work.record(event, about=[issue.ref, project.scope, *also], within=project.scope)


def is_own(work: Work, issue: Issue) -> bool:
    return issue.author == work.actor.ref


def count_open(work: Work, project: Project, change: int) -> None:
    """Keep the number that the project's pages show. The row is its lock as well."""
    changed = update(Project).where(Project.id == project.id).values(open_issues=Project.open_issues + change)
    work.session.execute(changed, execution_options={"synchronize_session": False})
