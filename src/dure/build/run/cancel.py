"""Cancelling: asked of a run; jobs that nobody has yet end at once, runners are told with their next word."""

from dure import policy
from dure.build.run.advance import advance, end_run
from dure.build.run.ending import stop_jobs
from dure.build.run.job import jobs_of
from dure.build.run.run import Run, RunCancelled, locked_run
from dure.kit import Refused, Text, now, say
from dure.ledger import Work

CANCELLED = say("The run was cancelled.")


class AlreadyOver(Refused):
    """There is nothing left to cancel, or to wait for."""


def cancel_run(work: Work, run: Run, why: Text = CANCELLED) -> Run:
    """Ask it to end. What says `always()` still runs; asked a second time nothing does."""
    policy.require(work, "build.start", run.scope)
    run = locked_run(work, run.id)
    if run.is_over:
        raise AlreadyOver(say("Run {number} is over already.", number=run.number))
    again = run.cancel_asked_at is not None
    if not again:
        run.cancel_asked_at = now()
        cancelled = RunCancelled(project=run.project_id, run=run.id, number=run.number, workflow=run.workflow_name)
        work.record(cancelled, about=run.about, within=run.scope)
    jobs = jobs_of(work, run)
    # A run that never began has nothing to clean up after, so its `always()` is not asked.
    untouched = run.held or all(job.state in ("waiting", "held", "queued") for job in jobs)
    stop_jobs(work, run, (job for job in jobs if again or untouched or job.state != "waiting"), why, by_force=again)
    if untouched:
        end_run(work, run, "cancelled")
    else:
        advance(work, run)
    return run
