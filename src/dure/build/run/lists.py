"""Lists of runs: the latest first, by what one asks for, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased

from dure import policy
from dure.build.run.run import Run
from dure.kit import now
from dure.ledger import Work
from dure.plan import Project

PAGE = 30
OFFERED_OF = 500
"""The filters offer what was among so many of the latest runs."""


@dataclass(frozen=True)
class RunFilter:
    """Which runs one asks for; what is empty is not asked."""

    workflow: str = ""
    state: str = ""
    branch: str = ""
    event: str = ""
    actor: str = ""
    words: str = ""
    """Somewhere in the title."""

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))

    def conditions(self) -> list[ColumnElement[bool]]:
        """As a query asks them."""
        found: list[ColumnElement[bool]] = []
        same = (Run.workflow_name, self.workflow), (Run.state, self.state), (Run.event, self.event)
        found += [column == value for column, value in (*same, (Run.actor_name, self.actor)) if value]
        if self.branch:
            found.append(Run.ref.in_([f"refs/{kind}/{self.branch}" for kind in ("heads", "tags", "pull")]))
        if self.words:
            title = Run.title.icontains(self.words, autoescape=True)
            found.append(or_(title, Run.sha.startswith(self.words, autoescape=True)))
        return found


@dataclass(frozen=True)
class Listing:
    """One page of runs, and what the filters may say."""

    rows: Sequence[Run] = ()
    older: int | None = None
    """The number before which the next page begins."""
    workflows: Sequence[str] = ()
    events: Sequence[str] = ()
    actors: Sequence[str] = ()


EVERYTHING = RunFilter()


def runs_of(
    work: Work,
    project: Project,
    *,
    wanted: RunFilter = EVERYTHING,
    sha: str | None = None,
    before: int | None = None,
    skip: int = 0,
    limit: int = 100,
) -> Sequence[Run]:
    """Runs that fit, the latest first: those before one of them, or after so many."""
    query = fitting(work, project, wanted, sha)
    if before is not None:
        query = query.where(Run.number < before)
    return work.session.scalars(query.order_by(Run.number.desc()).offset(skip).limit(limit)).all()


def count_runs(work: Work, project: Project, *, wanted: RunFilter = EVERYTHING, sha: str | None = None) -> int:
    return work.session.execute(fitting(work, project, wanted, sha).with_only_columns(func.count())).scalar_one()


def fitting(work: Work, project: Project, wanted: RunFilter, sha: str | None) -> Select[Run]:
    policy.require(work, "build.read", project.scope)
    query = select(Run).where(Run.project_id == project.id, *wanted.conditions())
    return query.where(Run.sha == sha) if sha else query


def runs_page(work: Work, project: Project, *, wanted: RunFilter = EVERYTHING, before: int | None = None) -> Listing:
    """One page of them."""
    rows = runs_of(work, project, wanted=wanted, before=before, limit=PAGE + 1)
    columns = Run.workflow_name, Run.event, Run.actor_name
    latest = (
        select(*columns).where(Run.project_id == project.id).order_by(Run.number.desc()).limit(OFFERED_OF).subquery()
    )
    known = work.session.execute(select(latest).distinct()).all()
    page = rows[:PAGE]
    older = page[-1].number if len(rows) > PAGE else None
    return Listing(page, older, *(sorted({row[place] for row in known}) for place in range(3)))


FAILED_DAYS = 7
FAILED_MAX = 8


# open: whoever asks is told of their own runs alone, and only where they may still read them.
def failed_runs(work: Work) -> list[tuple[Project, Run]]:
    """What one has caused and what failed lately, the latest first, without what went well since."""
    since, later = now() - timedelta(days=FAILED_DAYS), aliased(Run)
    same = later.project_id == Run.project_id, later.workflow_name == Run.workflow_name, later.ref == Run.ref
    mended = select(later.id).where(*same, later.number > Run.number, later.state == "success").exists()
    mine = Run.actor == work.actor.ref, Run.state == "failure", Run.ended_at >= since, ~mended
    found = work.session.execute(
        select(Project, Run)
        .join(Run, Run.project_id == Project.id)
        .where(*mine)
        .order_by(Run.ended_at.desc())
        .limit(FAILED_MAX)
    ).all()
    return [(project, run) for project, run in found if policy.may(work, "build.read", project.scope)]
