"""Doing it again: a whole run or what failed in it, by request; one job, when its runner was lost with it."""

from dure import policy
from dure.build.run.advance import advance, queue, show_check
from dure.build.run.ending import end_job
from dure.build.run.job import Attempt, Job, jobs_of
from dure.build.run.run import Run, RunRepeated, locked_run
from dure.kit import Refused, Text, keep, say
from dure.ledger import Work
from dure.people import end_job_token

LOST_TIMES_MAX = 1
"""A job that was lost before its first step is given out again so often."""
ATTEMPTS_MAX = 100
LOST = say("The runner was lost.")


class CannotRepeat(Refused):
    """There is nothing that could be done again."""


def rerun(work: Work, run: Run, *, failed_only: bool = False) -> Run:
    """Do it all again, or only what did not end well and what needs that. What is left out keeps what it gave."""
    policy.require(work, "build.start", run.scope)
    run = locked_run(work, run.id)
    if not run.definition:
        raise CannotRepeat(say("Its workflow could not be read. Push a file that can, and a new run begins."))
    if not run.is_over:
        raise CannotRepeat(say("Run {number} is not over yet. Cancel it first, or wait.", number=run.number))
    if run.attempt >= ATTEMPTS_MAX:
        raise CannotRepeat(say("A run is repeated {count} times at most.", count=ATTEMPTS_MAX))
    jobs = list(jobs_of(work, run))
    chosen = unsuccessful(run, jobs) if failed_only else {job.job for job in jobs}
    if not chosen:
        raise CannotRepeat(say("Nothing failed in run {number}.", number=run.number))
    run.attempt += 1
    run.state, run.why, run.cancel_asked_at, run.ended_at, run.started_at = "queued", "", None, None, None
    failed = {job.job for job in jobs if job.counted in ("failure", "cancelled")} if failed_only else set()
    first = {name for name in failed if not (set(run.workflow.jobs[name].needs) & chosen)}
    for job in jobs:
        if job.job in chosen:
            again(work, job, expanded=job.job in first)
    repeated = RunRepeated(
        project=run.project_id, run=run.id, number=run.number, workflow=run.workflow_name, attempt=run.attempt
    )
    work.record(repeated, about=run.about, within=run.scope)
    show_check(work, run)
    advance(work, run)
    return run


def unsuccessful(run: Run, jobs: list[Job]) -> set[str]:
    """The jobs of the file that failed or were cancelled, and all that need one of them."""
    found = {job.job for job in jobs if job.counted in ("failure", "cancelled")}
    grown = True
    while grown:
        more = {name for name, job in run.workflow.jobs.items() if name not in found and found & set(job.needs)}
        found |= more
        grown = bool(more)
    return found


def again(work: Work, job: Job, *, expanded: bool) -> None:
    """A fresh try of one job. Of a matrix whose needs are as they were, those that went well stay as they are."""
    if expanded and job.counted in ("success", "skipped"):
        return
    remember(work, job)
    # Without a place in a matrix it never came as far as to be expanded.
    fresh(job, "held" if expanded and job.strategy else "waiting")


def remember(work: Work, job: Job) -> None:
    """What came of the try that ends here."""
    work.add(
        Attempt(
            job_id=job.id,
            attempt=job.attempt,
            state=job.state,
            why=job.why,
            runner_id=job.runner_id,
            started_at=job.started_at,
            ended_at=job.ended_at,
        )
    )


def fresh(job: Job, state: str) -> None:
    job.attempt += 1
    job.state, job.why, job.outputs, job.cancel = state, "", "{}", "no"
    job.happened, job.lost, job.runner_id, job.isolation = 0, 0, None, ""
    job.queued_at = job.started_at = job.ended_at = None


# open: the house's own doing, when a runner did not say in time that it took a job.
def take_back(work: Work, job: Job) -> None:
    """Nobody took it: another runner may. The runner that did not answer is told that it is not its any more."""
    job.attempt += 1
    end_job_token(work, job.ref)
    queue(work, job)


# open: the house's own doing, when a runner is silent or says itself that a job was lost.
def lose_job(work: Work, run: Run, job: Job, why: Text = LOST, *, began: bool) -> None:
    """Its runner is gone. It is given out again if none of its steps has begun; else nobody knows what it did."""
    if job.cancel != "no":
        end_job(work, run, job, "cancelled", why)
    elif began or job.lost >= LOST_TIMES_MAX:
        end_job(work, run, job, "failure", why)
    else:
        lost = job.lost + 1
        job.why = keep(why)
        remember(work, job)
        end_job_token(work, job.ref)
        fresh(job, "queued")
        job.lost = lost
        queue(work, job)
