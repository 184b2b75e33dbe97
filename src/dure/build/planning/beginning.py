"""Runs begin, and that they do may itself begin others: `workflow_run`."""

from collections.abc import Sequence

from sqlalchemy import select

from dure.build.planning.happened import Happened, run_told
from dure.build.planning.planning import raise_event
from dure.build.planning.reading import Reading
from dure.build.planning.starting import Cause, start_runs
from dure.build.run import Run
from dure.ledger import Actor, Work
from dure.plan import Project

CHAIN_MAX = 3
"""So many workflows may follow one another by `workflow_run`."""


# open: the callers are a machine of the house, and `begin_by_hand`, which asks.
def begin_runs(work: Work, project: Project, cause: Cause, readings: Sequence[Reading]) -> list[Run]:
    """A run for each of these workflows, and word of each to those that follow it."""
    runs = start_runs(work, project, cause, readings)
    for run in runs:
        tell_followers(work, project, run, "requested")
    return runs


# open: the house's own doing, as a run goes on.
def tell_followers(work: Work, project: Project, run: Run, type: str) -> None:  # noqa: A002
    """A run was asked for, is under way, or is over: workflows that name its workflow may begin."""
    if depth_of(work, run) >= CHAIN_MAX:
        return
    happened = Happened(
        name="workflow_run",
        type=type,
        key=f"run:{run.id}/{run.attempt}/{type}",
        workflow=run.workflow_name,
        branch=run.ref_name,
        payload=run_told(run, project),
    )
    raise_event(work, project, happened, by=Actor(run.actor, run.actor_name))


def depth_of(work: Work, run: Run) -> int:
    """How many runs one after another led to this one by `workflow_run`."""
    depth: int = 0
    found: Run | None = run
    while found is not None and found.event == "workflow_run" and depth < CHAIN_MAX:
        depth += 1
        before = found.known()["github"].get("event", {}).get("workflow_run", {}).get("id")
        found = work.session.scalars(select(Run).where(Run.id == before)).one_or_none()
    return depth
