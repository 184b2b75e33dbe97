"""How a run goes on: what may begin begins, and when all is over the run ends. The one place where that is decided."""

from collections.abc import Sequence

from sqlalchemy import select

from dure import code, plan
from dure.build.run.approval import YES, ask
from dure.build.run.course.calling import begin_call, end_calls
from dure.build.run.course.deciding import decide_all
from dure.build.run.course.ending import end_job, stop_job, stop_jobs
from dure.build.run.course.weighing import ASKED, LOOKING, weigh
from dure.build.run.course.weighing import WANTED as NOT_WEIGHED
from dure.build.run.environment import find_job_environment
from dure.build.run.group import SITS, THE_RUN, WANTED, Seat, come_in, pass_on, seats_of, want_seat
from dure.build.run.job import Job, jobs_of
from dure.build.run.run import Run, RunCancelled, RunEnded, RunStarted, locked_run
from dure.build.run.scene import Scene, look
from dure.kit import Text, keep, now, say
from dure.ledger import Work

BELL = "build_job"
"""Rings when a job waits for a runner."""
GROUP_WAITS = say("It waits for another one of its group to end.")
PUSHED_ASIDE = say("A newer run of its group took its place.")
IN_ITS_OWN_WAY = say("It waits for a group in which the workflow that calls it sits, so it would wait for ever.")


# open: called with a run that the caller has locked and asked policy about.
def advance(work: Work, run: Run) -> None:
    """Decide what can be decided, let go what may go, and end the run when nothing is left to do."""
    if not run.is_over and not run.held:
        step(work, run)
    for seat in pass_on(work, run):
        sit_down(work, run if seat.run_id == run.id else locked_run(work, seat.run_id), seat)


def step(work: Work, run: Run) -> None:
    scene = look(work, run)
    while decide_all(work, run, scene) or end_calls(work, run, scene) or release(work, run, scene):
        scene = look(work, run)
    if scene.is_over:
        finish(work, run, scene)


def release(work: Work, run: Run, scene: Scene) -> bool:
    """Those that are held back go on as far as their groups let them. True when there is more to look at."""
    more = False
    rows = rows_of(work, [glance.id for glance in scene.held()])
    unweighed = [job for job in rows if job.cache_key == NOT_WEIGHED]
    if unweighed:
        weigh(work, run, unweighed)
    for job in rows:
        if job.cache_key == ASKED:
            job.why = keep(LOOKING)
            continue
        if job.environment and not has_yes(work, run, job):
            continue
        if job.group_name and not may_go(work, run, job):
            more |= job.state != "held"
        elif job.state != "held":
            more = True
        elif job.calls:
            begin_call(work, run, job)
            more = True
        else:
            queue(work, job)
    return more


def rows_of(work: Work, ids: Sequence[int]) -> Sequence[Job]:
    """All at once: asked for one by one, each question would first write down what was done with the last."""
    if not ids:
        return ()
    return work.session.scalars(select(Job).where(Job.id.in_(ids)).order_by(Job.position, Job.id)).all()


def has_yes(work: Work, run: Run, job: Job) -> bool:
    """Whether whoever has to has said yes to it; if nobody was asked yet, that is done now."""
    place = find_job_environment(work, run.project_id, job.environment)
    if place is None or place.approver is None:
        return True
    asked = ask(work, run, job, job.environment)
    if asked.said == YES:
        return True
    job.why = keep(say("Approval wanted ({environment})", environment=job.environment))
    return False


def may_go(work: Work, run: Run, job: Job) -> bool:
    """Whether it sits in all of its groups. It comes into their lines when nothing else holds it back."""
    seats = seats_of(work, run, job.id)
    for seat in seats:
        if seat.state == WANTED:
            come_into(work, run, job, seat)
    if all(seat.state == SITS for seat in seats):
        return True
    if job.state == "held":
        job.why = keep(GROUP_WAITS)
    return False


def come_into(work: Work, run: Run, job: Job, seat: Seat) -> None:
    """Into the line of a group, unless it would wait for its own caller, which waits for it."""
    above, found = {THE_RUN}, job
    while found.parent_id is not None:
        above.add(found.parent_id)
        found = work.session.get_one(Job, found.parent_id)
    there = select(Seat.job_id).where(
        Seat.project_id == seat.project_id, Seat.name == seat.name, Seat.run_id == run.id, Seat.id != seat.id
    )
    if above & set(work.session.scalars(there)):
        end_job(work, run, job, "failure", IN_ITS_OWN_WAY)
        return
    make_room(work, run, come_in(work, seat))


def make_room(work: Work, run: Run, seats: Sequence[Seat]) -> None:
    """Others of the group end for the sake of a newer one."""
    for seat in seats:
        other = run if seat.run_id == run.id else locked_run(work, seat.run_id)
        if other.is_over:
            continue
        if seat.job_id == THE_RUN:
            end_early(work, other, PUSHED_ASIDE)
            continue
        stop_job(work, other, work.session.get_one(Job, seat.job_id), PUSHED_ASIDE)
        if other.id != run.id:
            advance(work, other)


# open: called with a run that the caller has locked and asked policy about.
def enter_group(work: Work, run: Run) -> None:
    """A run that begins, or begins again, comes into the line of its group."""
    if not run.group_name:
        return
    seat = want_seat(
        work, run, THE_RUN, run.group_name, ends_others=run.group_ends_others, keeps_all=run.group_keeps_all
    )
    others = come_in(work, seat)
    if seat.state != SITS:
        run.held, run.why = True, keep(GROUP_WAITS)
    make_room(work, run, [other for other in others if other.run_id != run.id])


# open: the house's own doing, when a group has become free.
def sit_down(work: Work, run: Run, seat: Seat) -> None:
    """It is its turn in a group."""
    if seat.job_id == THE_RUN:
        run.held, run.why = False, ""
    advance(work, run)


def queue(work: Work, job: Job) -> None:
    job.state, job.queued_at, job.why, job.runner_id = "queued", now(), "", None
    work.ring(BELL)


# open: called with a run that the caller has locked and asked policy about.
def end_early(work: Work, run: Run, why: Text, *, by_force: bool = False) -> None:
    """Ask it to end. What says `always()` still runs; by force, or asked a second time, nothing does."""
    by_force = by_force or run.cancel_asked_at is not None
    if run.cancel_asked_at is None:
        run.cancel_asked_at = now()
        cancelled = RunCancelled(project=run.project_id, run=run.id, number=run.number, workflow=run.workflow_name)
        work.record(cancelled, about=run.about, within=run.scope)
    jobs = jobs_of(work, run)
    # A run that never began has nothing to clean up after, so its `always()` is not asked.
    untouched = run.held or all(job.state in ("waiting", "held", "queued", "calling") for job in jobs)
    chosen = [job for job in jobs if by_force or untouched or job.state not in ("waiting", "calling")]
    stop_jobs(work, run, chosen, why, by_force=by_force)
    if untouched:
        for job in jobs:
            end_job(work, run, job, "cancelled", why)
        end_run(work, run, "cancelled")
    advance(work, run)


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


def finish(work: Work, run: Run, scene: Scene) -> None:
    """All its jobs are over, so it is: the only place where a run with jobs ends."""
    counted = {row.counted for row in scene.rows.values() if row.parent_id is None}
    if run.cancel_asked_at is not None:
        end_run(work, run, "cancelled")
    elif "failure" in counted:
        end_run(work, run, "failure")
    else:
        end_run(work, run, "cancelled" if "cancelled" in counted else "success")


# open: called with a run that the caller has locked and asked policy about.
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
    # Whoever caused it hears of a failure, wherever they are.
    about = [*run.about, run.actor] if state == "failure" else run.about
    work.record(ended, about=about, within=run.scope)
    show_check(work, run)


# open: called with a run that the caller has locked and asked policy about.
def show_check(work: Work, run: Run) -> None:
    """What the run has come to, beside its commit."""
    sha = run.checked_sha
    if sha is None:
        return
    project = plan.project_of(work, run.project_id)
    state = {"queued": "pending"}.get(run.state, run.state)
    url = f"/{project.path}/runs/{run.number}"
    code.set_check(work, project, sha, name=run.check, state=state, url=url)
