"""Lists of runs: the latest first, by what one asks for, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import aliased

from dure import policy
from dure.build.run.run import Run
from dure.kit import now
from dure.ledger import Work
from dure.plan import Project

PAGE = 30


@dataclass(frozen=True)
class Listing:
    """One page of runs, and what the filters may say."""

    rows: Sequence[Run] = ()
    older: int | None = None
    """The number before which the next page begins."""
    workflows: Sequence[str] = ()


def runs_of(
    work: Work,
    project: Project,
    *,
    sha: str | None = None,
    workflow: str | None = None,
    state: str | None = None,
    branch: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> Sequence[Run]:
    """Runs that fit, the latest first."""
    policy.require(work, "build.read", project.scope)
    query = select(Run).where(Run.project_id == project.id)
    if sha:
        query = query.where(Run.sha == sha)
    if workflow:
        query = query.where(Run.workflow_name == workflow)
    if state:
        query = query.where(Run.state == state)
    if branch:
        query = query.where(Run.ref.in_((f"refs/heads/{branch}", f"refs/tags/{branch}")))
    if before is not None:
        query = query.where(Run.number < before)
    return work.session.scalars(query.order_by(Run.number.desc()).limit(limit)).all()


def runs_page(
    work: Work,
    project: Project,
    *,
    workflow: str | None = None,
    state: str | None = None,
    branch: str | None = None,
    before: int | None = None,
) -> Listing:
    """One page of them."""
    rows = runs_of(work, project, workflow=workflow, state=state, branch=branch, before=before, limit=PAGE + 1)
    names = select(Run.workflow_name).where(Run.project_id == project.id).distinct().order_by(Run.workflow_name)
    page = rows[:PAGE]
    return Listing(page, page[-1].number if len(rows) > PAGE else None, work.session.scalars(names.limit(50)).all())


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
