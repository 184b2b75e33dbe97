"""Claims: a runner asks for work and gets the first job it can do, with everything needed to do it."""

from dataclasses import dataclass
from typing import Literal

from msgspec import convert
from sqlalchemy import select

from dure.build.actions import mirrored
from dure.build.asking import above
from dure.build.run import (
    WITH_RUNNER,
    Job,
    Lane,
    Run,
    advance,
    contexts_of,
    end_job,
    locked_run,
    planned_in,
    take_from,
    waiting_lanes,
)
from dure.build.runners.granting import granted
from dure.build.runners.lending import lent
from dure.build.runners.mine import in_the_house
from dure.build.runners.runner import Runner, RunnerOver
from dure.build.runners.watch import LEASE_SECONDS, begin_watch
from dure.kit import Refused, now
from dure.ledger import Work
from dure.people import make_job_token
from dure.plan import project_of
from dure.vault import Keyring
from dure.wire import ContainerOrder, JobOrder
from dure.workflow import joined, step_defaults, step_orders

TIMEOUT_MINUTES_UNSAID = 360


Outlook = Literal["work", "nothing", "never"]
"""What a runner that asks has before it. never: it is drained, or took the one job that it takes."""


@dataclass(frozen=True)
class Desk:
    """What an order is made with, beside the database."""

    keys: Keyring
    url: str
    log_bytes_max: int
    timeout_minutes: int
    artifact_days: int = 90


# open: that there is work for certain labels is no secret.
def outlook(work: Work, runner_id: int) -> Outlook:
    """Whether a claim would bring something; asked before anything is written."""
    runner = work.session.get_one(Runner, runner_id)
    if runner.ended_at is not None:
        raise RunnerOver(runner.name)
    if runner.takes_none:
        return "never"
    return "work" if lanes_for(work, runner) else "nothing"


def lanes_for(work: Work, runner: Runner) -> list[Lane]:
    """What this runner may take from, in the order in which projects have their turns."""
    if runner.takes_none or (runner.ephemeral and has_job(work, runner)):
        return []
    lanes, labels = waiting_lanes(work), runner.has
    return [lane for lane in lanes if runner.project_id in (None, lane.project_id) and lane.fits(labels)]


def has_job(work: Work, runner: Runner) -> bool:
    mine = select(Job.id).where(Job.runner_id == runner.id, Job.state.in_(WITH_RUNNER))
    return work.session.scalars(mine.limit(1)).first() is not None


# open: a runner with a token of this house does what the house gives it.
def claim(work: Work, runner_id: int, desk: Desk) -> JobOrder | None:
    """The next job that this runner can do. None: there is none, or it could not be given."""
    work = in_the_house(work)
    job_id = take_next(work, work.session.get_one(Runner, runner_id))
    if job_id is None:
        return None
    job = work.session.get_one(Job, job_id, populate_existing=True)
    run = work.session.get_one(Run, job.run_id)
    begin_watch(work, job)
    try:
        return order(work, desk, run, job)
    except Refused as broken:
        run = locked_run(work, run.id)
        end_job(work, run, job, "failure", broken.text)
        advance(work, run)
        return None


def take_next(work: Work, runner: Runner) -> int | None:
    """From the lane whose turn it is. On PostgreSQL others may empty it at the same moment; then from the next."""
    for lane in lanes_for(work, runner):
        job_id = take_from(work, lane, runner.id, now())
        if job_id is not None:
            return job_id
    return None


def order(work: Work, desk: Desk, run: Run, job: Job) -> JobOrder:
    """Everything the runner needs to know."""
    project = project_of(work, run.project_id)
    workflow = planned_in(run, above(work, job)).workflow
    definition = workflow.jobs[job.job]
    given = granted(work, run, job)
    token = make_job_token(work, project.scope, job.ref, f"{job.name} ({project.path} #{run.number})", given)
    said_minutes = definition.timeout_minutes != TIMEOUT_MINUTES_UNSAID
    return JobOrder(
        job_id=job.id,
        run_id=run.id,
        attempt=job.attempt,
        lease_seconds=LEASE_SECONDS,
        project=project.path,
        repository_url=f"{desk.url}/{project.path}.git",
        job_token=token,
        sha=run.sha,
        ref=run.ref,
        key=job.job,
        name=job.name,
        steps=step_orders(definition.steps),
        env=joined(workflow.env, definition.env),
        defaults=step_defaults(workflow, definition),
        contexts=contexts_of(work, run, job),
        secrets=lent(work, desk.keys, project, run, job, token),
        outputs=dict(definition.outputs),
        timeout_minutes=job.timeout_minutes if said_minutes else float(desk.timeout_minutes),
        log_bytes_max=desk.log_bytes_max,
        container=convert(definition.container, ContainerOrder | str | None, from_attributes=True),
        services=convert(dict(definition.services), dict[str, ContainerOrder | str], from_attributes=True),
        mirrored=mirrored(work),
        permissions=given,
        artifact_days=desk.artifact_days,
    )
