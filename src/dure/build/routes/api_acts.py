"""What people want of a run, for programs, under /api/v1: that it ends, that it goes again, or one job of it."""

from litestar import post
from litestar.params import JSONBody

from dure.build.routes.api_runs import TAGS, run_now_told
from dure.build.routes.asked import API_RUN
from dure.build.run import (
    approve_run,
    cancel_job,
    cancel_run,
    jobs_named,
    let_job_go,
    refuse_job,
    refuse_run,
    rerun,
    run_of,
)
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Number, Slug, refusals, write
from dure.wire import NewApproval, NewAttempt, NewCancellation, RunDetail


@post(f"{API_RUN}/cancellations", responses=refusals(409, 422), tags=TAGS, summary="End a run")
async def end_run(
    request: By, owner: Slug, name: Slug, number: Number, data: JSONBody[NewCancellation | None] = None
) -> RunDetail:
    """Asks its jobs, or one of them, to end. What says `always()` still runs; asked a second time nothing does."""
    wanted = data or NewCancellation()

    def do(work: Work, project: Project) -> None:
        run = run_of(work, project, number)
        if not wanted.job:
            cancel_run(work, run, by_force=wanted.force)
            return
        for job in jobs_named(work, run, [wanted.job]):
            cancel_job(work, run, job, by_force=wanted.force)

    await write(request, in_project(owner, name, do))
    return await run_now_told(request, owner, name, number)


@post(f"{API_RUN}/attempts", responses=refusals(409, 422), tags=TAGS, summary="Repeat a run")
async def repeat_run(request: By, owner: Slug, name: Slug, number: Number, data: JSONBody[NewAttempt]) -> RunDetail:
    """Everything once more, only what failed, or only some jobs: these also while others are under way."""

    def do(work: Work, project: Project) -> None:
        run = run_of(work, project, number)
        only = [job.id for job in jobs_named(work, run, data.jobs)]
        rerun(work, run, failed_only=data.failed_only, only=only, debug=data.debug)

    await write(request, in_project(owner, name, do))
    return await run_now_told(request, owner, name, number)


@post(f"{API_RUN}/approvals", responses=refusals(409, 422), tags=TAGS, summary="Say yes or no")
async def say_yes(request: By, owner: Slug, name: Slug, number: Number, data: JSONBody[NewApproval]) -> RunDetail:
    """To a job that waits because of its environment; to the whole run where it waits because of who caused it."""

    def do(work: Work, project: Project) -> None:
        run = run_of(work, project, number)
        if not data.job:
            approve_run(work, run) if data.yes else refuse_run(work, run)
        for job in jobs_named(work, run, [data.job] if data.job else []):
            let_job_go(work, run, job) if data.yes else refuse_job(work, run, job)

    await write(request, in_project(owner, name, do))
    return await run_now_told(request, owner, name, number)


handlers = [end_run, repeat_run, say_yes]
