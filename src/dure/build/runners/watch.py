"""The watch over jobs that a runner has: not taken in time, it goes to another; silent too long, it is lost.

A machine of its own small table, so that a heartbeat touches neither the job nor the run.
"""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from dure.build.run import WITH_RUNNER as WITH_RUNNER_STATES
from dure.build.run import Job, Run, Step, advance, end_job, locked_run, lose_job, take_back
from dure.kit import say
from dure.ledger import BIG, Machine, Move, Phases, Table, Turn, Work, database_time
from dure.wire import TAKEN_SECONDS

LEASE_SECONDS = 30.0
RENEWED_BELOW_SECONDS = 20.0
"""A lease that has more left than this is not written anew."""
WATCHING = "watching"
CANCELLED_UNTAKEN = say("It was cancelled before a runner had taken it.")


class Watch(Machine, Table):
    __tablename__ = "build_watch"
    __table_args__ = (UniqueConstraint("job_id", "attempt"),)

    job_id: Mapped[int] = mapped_column(BIG, ForeignKey("build_job.id"))
    attempt: Mapped[int]


# open: the house's own bookkeeping.
def begin_watch(work: Work, job: Job) -> None:
    """From now on the runner has a few seconds to say that it took the job."""
    until = database_time(work.session) + timedelta(seconds=TAKEN_SECONDS)
    work.add(Watch(phase=WATCHING, job_id=job.id, attempt=job.attempt, wake_at=until))


# open: the house's own bookkeeping.
def renew_watch(work: Work, job_id: int, attempt: int) -> None:
    """There was a sign of life."""
    until = database_time(work.session) + timedelta(seconds=LEASE_SECONDS)
    mine = update(Watch).where(Watch.job_id == job_id, Watch.attempt == attempt).values(wake_at=until)
    work.session.execute(mine.execution_options(synchronize_session=False))


# open: the house's own bookkeeping.
def end_watch(work: Work, job_id: int, attempt: int) -> None:
    """The runner has said its last word of this attempt."""
    mine = delete(Watch).where(Watch.job_id == job_id, Watch.attempt == attempt)
    work.session.execute(mine.execution_options(synchronize_session=False))


# open: the house's own bookkeeping.
def is_worth_renewing(work: Work, job_id: int, attempt: int) -> bool:
    until = work.session.execute(select(Watch.wake_at).where(Watch.job_id == job_id, Watch.attempt == attempt)).scalar()
    return until is not None and until - database_time(work.session) < timedelta(seconds=RENEWED_BELOW_SECONDS)


def watches(clock: Callable[[], float] = monotonic) -> Phases[Watch]:
    """The machine. For as long as a lease after its own start it judges nobody: runners could not report to a house
    that was not there."""
    began = clock()

    def watch(turn: Turn[Watch]) -> Move[Watch]:
        left = began + LEASE_SECONDS - clock()
        if left > 0:
            return Move(WATCHING, after_seconds=left)
        fell_due = turn.row.wake_at

        def write(work: Work, now_row: Watch) -> None:
            if now_row.wake_at == fell_due:
                judge(work, now_row)

        return Move(WATCHING, after_seconds=None, write=write)

    return Phases(Watch, {WATCHING: watch})


def judge(work: Work, watch: Watch) -> None:
    """Its time is up. What that means depends on how far the job is."""
    run = locked_run(work, work.session.get_one(Job, watch.job_id).run_id)
    job = work.session.get_one(Job, watch.job_id, populate_existing=True)
    work.session.delete(watch)
    if job.attempt != watch.attempt or job.state not in WITH_RUNNER_STATES:
        return
    settle(work, run, job)
    advance(work, run)


def settle(work: Work, run: Run, job: Job) -> None:
    if job.state == "running":
        steps = select(Step.id).where(Step.job_id == job.id, Step.attempt == job.attempt).limit(1)
        lose_job(work, run, job, began=work.session.scalars(steps).first() is not None)
    elif job.cancel != "no":
        end_job(work, run, job, "cancelled", CANCELLED_UNTAKEN)
    else:
        take_back(work, job)
