"""How a job ends, and what its end does to those beside it."""

from collections.abc import Iterable

import msgspec

from dure.build.run.job import WITH_RUNNER, Job, JobEnded, jobs_of
from dure.build.run.run import Run
from dure.kit import Text, keep, now, say
from dure.ledger import Work
from dure.people import end_job_token

SIBLING_FAILED = say("Another job of this matrix failed.")


def end_job(
    work: Work, run: Run, job: Job, state: str, why: Text | None = None, outputs: dict[str, str] | None = None
) -> None:
    """This is what came of it. The run has to advance after this."""
    if job.is_over:
        return
    job.state, job.ended_at, job.why, job.cancel = state, now(), keep(why), "no"
    if outputs is not None:
        job.outputs = msgspec.json.encode(outputs).decode()
    end_job_token(work, job.ref)
    ended = JobEnded(
        project=run.project_id,
        run=run.id,
        number=run.number,
        job=job.id,
        name=job.name,
        sha=run.sha,
        conclusion=state,
        seconds=job.seconds or 0.0,
    )
    work.record(ended, about=[run.key, job.ref], within=run.scope)
    if state == "failure" and not job.forgiven and job.strategy.get("fail-fast"):
        siblings = (other for other in jobs_of(work, run) if other.job == job.job and other.id != job.id)
        stop_jobs(work, run, siblings, SIBLING_FAILED)


def stop_jobs(work: Work, run: Run, jobs: Iterable[Job], why: Text, *, by_force: bool = False) -> None:
    for job in jobs:
        stop_job(work, run, job, why, by_force=by_force)


def stop_job(work: Work, run: Run, job: Job, why: Text, *, by_force: bool = False) -> None:
    """Ask the runner that has it to end it; where no runner has it, it ends here."""
    if job.is_over:
        return
    if job.state in WITH_RUNNER:
        job.cancel = "force" if by_force else "asked" if job.cancel == "no" else job.cancel
        job.why = keep(why)
    else:
        end_job(work, run, job, "cancelled", why)
