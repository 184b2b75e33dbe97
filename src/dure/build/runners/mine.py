"""Whether a job is the runner's that speaks of it, and what the house wants of it."""

from dataclasses import dataclass, replace

from sqlalchemy import select

from dure.build.run import OVER, Job, Run
from dure.build.runners.watch import LEASE_SECONDS
from dure.kit import Missing, say
from dure.ledger import HOUSE, Work
from dure.wire import Cancel, Orders


class NotYours(Missing):
    """This attempt is not the runner's, or not any more: it ends what it does and forgets it."""

    def __init__(self) -> None:
        super().__init__(say("This attempt of the job is not yours any more."))


@dataclass(frozen=True)
class Holding:
    """What a runner says it has: one attempt of one job."""

    runner_id: int
    job_id: int
    attempt: int


@dataclass(frozen=True)
class Theirs:
    """A job with its run, locked for this transaction."""

    run: Run
    job: Job


# open: a runner speaks of its own job; whose it is, is what is found out here.
def held_job(work: Work, runner_id: int, job_id: int, attempt: int) -> Job:
    """The job, if this runner has this attempt of it. Ended a moment ago counts: its last words may come twice."""
    job = work.session.get(Job, job_id)
    if job is None or job.runner_id != runner_id or job.attempt != attempt or job.state in ("queued", "held"):
        raise NotYours
    return job


# open: a runner speaks of its own job; whose it is, is what is found out here.
def locked_job(work: Work, runner_id: int, job_id: int, attempt: int) -> Theirs:
    """The same, with nobody else changing it until the commit."""
    theirs = select(Run).join(Job, Job.run_id == Run.id).where(Job.id == job_id).with_for_update(of=Run)
    run = work.session.scalars(theirs, execution_options={"populate_existing": True}).one_or_none()
    if run is None:
        raise NotYours
    work.session.get(Job, job_id, populate_existing=True)
    return Theirs(run, held_job(work, runner_id, job_id, attempt))


# open: a runner speaks of its own job; whose it is, is what is found out here.
def run_in_hand(work: Work, held: Holding) -> Run:
    """The run of a job that this runner has."""
    run = work.session.get(Run, held_job(work, held.runner_id, held.job_id, held.attempt).run_id)
    if run is None:
        raise NotYours
    return run


def in_the_house(work: Work) -> Work:
    """Whatever follows from a runner's words the house does: a runner has no role in any project."""
    return replace(work, actor=HOUSE)


def orders_for(job: Job) -> Orders:
    cancel: Cancel = "force" if job.cancel == "force" else "asked" if job.cancel == "asked" else "no"
    return Orders(cancel="no" if job.state in OVER else cancel, lease_seconds=LEASE_SECONDS)
