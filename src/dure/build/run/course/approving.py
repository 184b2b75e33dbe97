"""Saying yes or no: to a job that waits because of its environment, and to a run that a stranger caused."""

from dure import policy
from dure.build.run.approval import NO, YES, Approval, ApprovalSaid, approval_of
from dure.build.run.course.advance import advance, end_early, enter_group
from dure.build.run.course.ending import end_job
from dure.build.run.environment import APPROVING, find_job_environment
from dure.build.run.job import Job
from dure.build.run.run import Run, locked_run
from dure.kit import Refused, now, say
from dure.ledger import Work
from dure.people import Role


class NothingToApprove(Refused):
    """It does not wait for a yes."""


def let_job_go(work: Work, run: Run, job: Job) -> Job:
    """Say yes: it runs as soon as nothing else holds it back."""
    answer(work, run, job, yes=True)
    return job


def refuse_job(work: Work, run: Run, job: Job) -> Job:
    """Say no: it does not run, which counts as a failure."""
    answer(work, run, job, yes=False)
    return job


def approve_run(work: Work, run: Run) -> Run:
    """Let a run go that waits because of who caused it."""
    policy.require(work, "build.start", run.scope)
    run = locked_run(work, run.id)
    write_down(work, run, question(work, run, None), run.workflow_name, yes=True)
    run.held, run.why = False, ""
    enter_group(work, run)
    advance(work, run)
    return run


def refuse_run(work: Work, run: Run) -> Run:
    """Such a run shall not go: it ends as cancelled."""
    policy.require(work, "build.start", run.scope)
    run = locked_run(work, run.id)
    write_down(work, run, question(work, run, None), run.workflow_name, yes=False)
    end_early(work, run, say("{name} said no.", name=work.actor.name))
    return run


def answer(work: Work, run: Run, job: Job, *, yes: bool) -> None:
    place = find_job_environment(work, run.project_id, job.environment)
    role = (place.approver if place is not None else None) or Role.DEVELOPER
    policy.require(work, APPROVING[role], run.scope)
    run = locked_run(work, run.id)
    work.session.refresh(job)
    write_down(work, run, question(work, run, job), job.name, yes=yes)
    if not yes:
        end_job(work, run, job, "failure", say("{name} said no.", name=work.actor.name))
    advance(work, run)


def question(work: Work, run: Run, job: Job | None) -> Approval:
    found = approval_of(work, run, job)
    over = run.is_over if job is None else job.state != "held"
    if found is None or found.said or over:
        name = run.workflow_name if job is None else job.name
        raise NothingToApprove(say("{name} does not wait for a yes.", name=name))
    return found


def write_down(work: Work, run: Run, asked: Approval, name: str, *, yes: bool) -> None:
    asked.said, asked.said_at = YES if yes else NO, now()
    asked.by, asked.by_name = work.actor.ref, work.actor.name
    said = ApprovalSaid(project=run.project_id, run=run.id, number=run.number, job=asked.job_id, name=name, yes=yes)
    work.record(said, about=run.about, within=run.scope)
