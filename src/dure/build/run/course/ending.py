"""How a job ends, and what its end does to those beside it."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import select

from dure.build.run.happened import JobEnded
from dure.build.run.job import OVER, WITH_RUNNER, Job
from dure.build.run.run import Run
from dure.kit import Text, keep, now, say
from dure.ledger import Work
from dure.people import end_job_token

SIBLING_FAILED = say("Another job of this matrix failed.")


# open: called with a job whose run the caller has locked and asked policy about.
def end_job(
    work: Work,
    run: Run,
    job: Job,
    state: str,
    why: Text | None = None,
    outputs: dict[str, str] | None = None,
    *,
    quietly: bool = False,
) -> None:
    """This is what came of it. The run has to advance after this. `quietly`: its own jobs have told it already."""
    if job.is_over:
        return
    for below in left_below(work, job):
        end_job(work, run, below, state, why)
    job.state, job.ended_at, job.why, job.cancel = state, now(), keep(why), "no"
    if outputs is not None:
        job.outputs = msgspec.json.encode(outputs).decode()
    if job.runner_id is not None:
        end_job_token(work, job.ref)
    if not quietly:
        tell(work, run, job)
    if state == "failure" and not job.forgiven and job.strategy.get("fail-fast"):
        stop_siblings(work, run, job)


def tell(work: Work, run: Run, job: Job) -> None:
    ended = JobEnded(
        project=run.project_id,
        run=run.id,
        number=run.number,
        job=job.id,
        name=job.name,
        sha=run.sha,
        conclusion=job.state,
        seconds=job.seconds or 0.0,
    )
    work.record(ended, about=[run.key, job.ref], within=run.scope)


def left_below(work: Work, job: Job) -> Iterable[Job]:
    """The jobs of the workflow that it calls, as far as they are not over."""
    if not job.calls:
        return ()
    query = select(Job).where(Job.parent_id == job.id, Job.state.not_in(OVER)).order_by(Job.position, Job.id)
    return work.session.scalars(query).all()


def stop_siblings(work: Work, run: Run, job: Job) -> None:
    beside = Job.parent_id.is_(None) if job.parent_id is None else Job.parent_id == job.parent_id
    same = Job.run_id == run.id, beside, Job.job == job.job, Job.id != job.id
    stop_jobs(work, run, work.session.scalars(select(Job).where(*same, Job.state.not_in(OVER))).all(), SIBLING_FAILED)


# open: called with jobs whose run the caller has locked and asked policy about.
def stop_jobs(work: Work, run: Run, jobs: Iterable[Job], why: Text, *, by_force: bool = False) -> None:
    for job in jobs:
        stop_job(work, run, job, why, by_force=by_force)


# open: called with a job whose run the caller has locked and asked policy about.
def stop_job(work: Work, run: Run, job: Job, why: Text, *, by_force: bool = False) -> None:
    """Ask the runner that has it to end it; where no runner has it, it ends here. One that calls ends with its jobs."""
    if job.is_over:
        return
    if job.state in WITH_RUNNER:
        job.cancel = "force" if by_force else "asked" if job.cancel == "no" else job.cancel
        job.why = keep(why)
    elif job.state == "calling":
        stop_jobs(work, run, left_below(work, job), why, by_force=by_force)
    else:
        end_job(work, run, job, "cancelled", why)
