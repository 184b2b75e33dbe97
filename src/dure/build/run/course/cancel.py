"""Cancelling: asked of a run or of one job; what nobody has yet ends at once, runners are told with their next word."""

from dure import kit, policy
from dure.build.run.course.advance import advance, end_early
from dure.build.run.course.ending import stop_job
from dure.build.run.happened import JobCancelled
from dure.build.run.job import Job
from dure.build.run.run import Run, locked_run
from dure.kit import Refused, say
from dure.ledger import Work

CANCELLED = say("The run was cancelled.")
JOB_CANCELLED = say("The job was cancelled.")


class AlreadyOver(Refused):
    """There is nothing left to cancel, or to wait for."""


def cancel_run(work: Work, run: Run, why: kit.Text = CANCELLED, *, by_force: bool = False) -> Run:
    """Ask it to end. What says `always()` still runs; by force, or asked a second time, nothing does."""
    policy.require(work, "build.start", run.scope)
    run = locked_run(work, run.id)
    if run.is_over:
        raise AlreadyOver(say("Run {number} is over already.", number=run.number))
    end_early(work, run, why, by_force=by_force)
    return run


def cancel_job(work: Work, run: Run, job: Job, *, by_force: bool = False) -> Job:
    """Ask one job to end; the others go on as far as they do not need it. Asked a second time it is ended by force."""
    policy.require(work, "build.start", run.scope)
    run = locked_run(work, run.id)
    work.session.refresh(job)
    if job.is_over:
        raise AlreadyOver(say("The job {name} is over already.", name=job.name))
    again = job.cancel != "no"
    if not again:
        cancelled = JobCancelled(project=run.project_id, run=run.id, number=run.number, job=job.id, name=job.name)
        work.record(cancelled, about=[run.key, job.ref], within=run.scope)
    stop_job(work, run, job, JOB_CANCELLED, by_force=by_force or again)
    advance(work, run)
    return job
