"""Claims: a runner asks for work and gets the first job it can do, with everything needed to do it."""

from dataclasses import dataclass, field

from msgspec import convert

from dure.build.actions import mirrored
from dure.build.run import Job, Run, above, advance, contexts_of, end_job, locked_run, planned_in
from dure.build.runners.granting import granted
from dure.build.runners.lending import lent
from dure.build.runners.mine import in_the_house
from dure.build.runners.runner import Runner
from dure.build.runners.turn import Board, Seeker, seeker_of, take_next
from dure.build.runners.watch import LEASE_SECONDS, begin_watch
from dure.kit import Refused
from dure.ledger import Work
from dure.people import make_job_token
from dure.plan import project_of
from dure.vault import Keyring
from dure.wire import ContainerOrder, JobOrder
from dure.workflow import cancel_minutes, joined, step_defaults, step_orders

TIMEOUT_MINUTES_UNSAID = 360


@dataclass(frozen=True)
class Desk:
    """What an order is made with, beside the database."""

    keys: Keyring
    url: str
    log_bytes_max: int
    timeout_minutes: int
    artifact_days: int = 90
    board: Board = field(default_factory=Board)


# open: a runner with a token of this house does what the house gives it.
def claim(work: Work, runner_id: int, desk: Desk) -> JobOrder | None:
    """The next job that this runner can do. None: there is none, or it could not be given."""
    return claim_for(work, seeker_of(work.session.get_one(Runner, runner_id)), desk)


# open: the same, for a runner that was just looked at.
def claim_for(work: Work, seeker: Seeker, desk: Desk) -> JobOrder | None:
    work = in_the_house(work)
    job_id = take_next(work, seeker, desk.board)
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


def order(work: Work, desk: Desk, run: Run, job: Job) -> JobOrder:
    """Everything the runner needs to know."""
    project = project_of(work, run.project_id)
    workflow = planned_in(run, above(work, job)).workflow
    definition = workflow.jobs[job.job]
    given = granted(work, run, job)
    token = make_job_token(work, project.scope, job.ref, f"{job.name} ({project.path} #{run.number})", given)
    contexts = contexts_of(work, run, job)
    if definition.timeout_minutes == TIMEOUT_MINUTES_UNSAID:
        job.timeout_minutes = float(desk.timeout_minutes)
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
        contexts=contexts,
        secrets=lent(work, desk.keys, project, run, job, token),
        outputs=dict(definition.outputs),
        timeout_minutes=job.timeout_minutes,
        cancel_timeout_minutes=cancel_minutes(definition, contexts),
        log_bytes_max=desk.log_bytes_max,
        container=convert(definition.container, ContainerOrder | str | None, from_attributes=True),
        services=convert(dict(definition.services), dict[str, ContainerOrder | str], from_attributes=True),
        environment_url=(definition.environment and definition.environment.url) or "",
        mirrored=mirrored(work),
        permissions={**given},
        artifact_days=desk.artifact_days,
    )
