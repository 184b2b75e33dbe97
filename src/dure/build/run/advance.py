"""How a run goes on: what may begin begins, and when all is over the run ends. The one place where that is decided."""

from collections.abc import Sequence

from sqlalchemy import select

from dure import code, plan
from dure.build.run.deciding import decide
from dure.build.run.job import OVER, Job, jobs_of
from dure.build.run.run import ENDS, Run, RunEnded, RunStarted, locked_run
from dure.kit import keep, now, say
from dure.ledger import Work

BELL = "build_job"
"""Rings when a job waits for a runner."""
UNDER_WAY = frozenset({"queued", "offered", "running"})
GROUP_WAITS = say("It waits for another one of its group to end.")
FEWER_AT_A_TIME = say("It waits because of max-parallel.")


# open: called with a run that the caller has locked and asked policy about.
def advance(work: Work, run: Run) -> None:
    """Decide what can be decided, let go what may go, and end the run when nothing is left to do."""
    if run.is_over or run.held:
        return
    while decide(work, run, jobs_of(work, run)):
        pass
    jobs = jobs_of(work, run)
    release(work, jobs)
    if all(job.is_over for job in jobs):
        finish(work, run, jobs)


def release(work: Work, jobs: Sequence[Job]) -> None:
    """Those that are held back go into the queue as far as their group and `max-parallel` let them."""
    for job in jobs:
        if job.state != "held":
            continue
        beside = sum(other.job == job.job and other.state in UNDER_WAY for other in jobs)
        if beside >= int(job.strategy.get("max-parallel") or len(jobs)):
            job.why = keep(FEWER_AT_A_TIME)
        elif job.group_name and in_group(work, job):
            job.why = keep(GROUP_WAITS)
        else:
            queue(work, job)


def queue(work: Work, job: Job) -> None:
    job.state, job.queued_at, job.why, job.runner_id = "queued", now(), "", None
    work.ring(BELL)


def in_group(work: Work, job: Job) -> bool:
    """Whether another job of its group is under way."""
    query = select(Job.id).where(Job.group_name == job.group_name, Job.state.in_(UNDER_WAY), Job.id != job.id)
    work.session.flush()
    return work.session.scalars(query.limit(1)).first() is not None


# open: called with a run that the caller has locked and asked policy about.
def begin_running(work: Work, run: Run) -> None:
    """Its first job has begun."""
    if run.state != "queued":
        return
    run.state, run.started_at = "running", run.started_at or now()
    started = RunStarted(
        project=run.project_id,
        run=run.id,
        number=run.number,
        workflow=run.workflow_name,
        sha=run.sha,
        ref=run.ref,
    )
    work.record(started, about=run.about, within=run.scope)
    show_check(work, run)


def finish(work: Work, run: Run, jobs: Sequence[Job]) -> None:
    """All its jobs are over, so it is: the only place where a run with jobs ends."""
    counted = {job.counted for job in jobs}
    if run.cancel_asked_at is not None:
        end_run(work, run, "cancelled")
    elif "failure" in counted:
        end_run(work, run, "failure")
    else:
        end_run(work, run, "cancelled" if "cancelled" in counted else "success")


def end_run(work: Work, run: Run, state: str) -> None:
    run.state, run.ended_at, run.held = state, now(), False
    ended = RunEnded(
        project=run.project_id,
        run=run.id,
        number=run.number,
        workflow=run.workflow_name,
        sha=run.sha,
        ref=run.ref,
        conclusion=state,
        seconds=run.seconds or 0.0,
    )
    work.record(ended, about=run.about, within=run.scope)
    show_check(work, run)
    if run.group_name:
        let_next_go(work, run)


def show_check(work: Work, run: Run) -> None:
    """What the run has come to, beside its commit."""
    sha = run.checked_sha
    if sha is None:
        return
    project = plan.project_of(work, run.project_id)
    state = {"queued": "pending"}.get(run.state, run.state)
    url = f"/{project.path}/runs/{run.number}"
    code.set_check(work, project, sha, name=run.check, state=state, url=url)


def let_next_go(work: Work, run: Run) -> None:
    """The next run of its group, if one waits and nobody else is under way."""
    plan_door(work, run.project_id)
    same = Run.project_id == run.project_id, Run.group_name == run.group_name, Run.state.not_in(ENDS)
    waiting: int | None = None
    for row in work.session.execute(select(Run.id, Run.held).where(*same).order_by(Run.id)):
        if not row.held:
            return
        waiting = waiting or row.id
    if waiting is not None:
        another = locked_run(work, waiting)
        another.held, another.why = False, ""
        advance(work, another)


def plan_door(work: Work, project_id: int) -> None:
    """Runs of one project begin, and groups hand over, one at a time: so that nobody waits for one that has ended."""
    work.session.flush()
    work.session.execute(select(plan.Project.id).where(plan.Project.id == project_id).with_for_update(key_share=True))


# open: called with a job whose run the caller has locked and asked policy about.
def let_next_job_go(work: Work, job: Job) -> None:
    """The jobs of other runs that wait for this one's group look again."""
    if not job.group_name or job.state not in OVER:
        return
    work.session.flush()
    held = select(Job.run_id).where(Job.group_name == job.group_name, Job.state == "held", Job.run_id != job.run_id)
    following = work.session.scalars(held.order_by(Job.id).limit(1)).first()
    if following is not None:
        advance(work, locked_run(work, following))


# open: called with a run that the caller has just made and asked policy about.
def join_group(work: Work, run: Run) -> list[Run]:
    """Wait for the others of its group. Returns those that have to make room for it."""
    if not run.group_name:
        return []
    same = Run.project_id == run.project_id, Run.group_name == run.group_name, Run.id != run.id
    others = work.session.scalars(select(Run).where(*same, Run.state.not_in(ENDS)).order_by(Run.id)).all()
    if not others:
        return []
    run.held, run.why = True, keep(GROUP_WAITS)
    return [other for other in others if run.group_ends_others or (other.held and not run.group_keeps_all)]
