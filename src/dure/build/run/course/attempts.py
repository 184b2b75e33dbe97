"""Attempts: each try of a job is remembered when the next begins, and a job whose runner was lost is tried again."""

from dure.build.run.course.advance import queue
from dure.build.run.course.ending import end_job
from dure.build.run.job import Attempt, Job
from dure.build.run.run import Run
from dure.kit import Text, keep, say
from dure.ledger import Work
from dure.people import end_job_token

LOST_TIMES_MAX = 1
"""A job that was lost before its first step is given out again so often."""
LOST = say("The runner was lost.")


# open: called with a job whose run the caller has locked and asked policy about.
def again(work: Work, job: Job) -> None:
    """To be decided anew. What has not come to anything yet is no try of its own."""
    if job.is_over:
        remember(work, job)
        fresh(job, "waiting")
    else:
        job.state, job.why, job.queued_at = "waiting", "", None


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
    job.state, job.why, job.outputs, job.environment_url, job.cancel = state, "", "{}", "", "no"
    job.happened, job.lost, job.runner_id, job.isolation, job.skew_seconds = 0, 0, None, "", 0.0
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
