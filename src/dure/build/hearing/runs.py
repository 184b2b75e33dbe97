"""Runs of this very room: `workflow_run`, for workflows that follow others."""

from dure import plan
from dure.build.planning import tell_followers
from dure.build.run import RunEnded, RunRepeated, RunStarted, run_with
from dure.ledger import Work, on


def hear_started(work: Work, event: RunStarted) -> None:
    tell(work, event.project, event.run, "in_progress")


def hear_ended(work: Work, event: RunEnded) -> None:
    tell(work, event.project, event.run, "completed")


def hear_repeated(work: Work, event: RunRepeated) -> None:
    tell(work, event.project, event.run, "requested")


# open: the house's own reactions.
def tell(work: Work, project_id: int, run_id: int, type: str) -> None:  # noqa: A002
    run = run_with(work, run_id)
    if run is not None:
        tell_followers(work, plan.project_of(work, project_id), run, type)


reactions = [on(RunStarted, hear_started), on(RunEnded, hear_ended), on(RunRepeated, hear_repeated)]
