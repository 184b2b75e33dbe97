"""What people do with a run on its pages: end it, do it or some of it again, say yes or no to what waits."""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from litestar import Response, post

from dure.build.routes.asked import RUN, RUN_JOB
from dure.build.run import (
    Job,
    Run,
    approve_run,
    cancel_job,
    cancel_run,
    let_job_go,
    refuse_job,
    refuse_run,
    rerun,
    run_of,
)
from dure.build.shown import find_job
from dure.kit import say
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Name, Number, go, read_form, write

__all__ = ["handlers"]


class Ending(msgspec.Struct):
    by_force: bool = False


class Repeat(msgspec.Struct):
    failed_only: bool = False
    debug: bool = False


class Answer(msgspec.Struct):
    yes: bool


@post(f"{RUN}/cancel", include_in_schema=False)
async def cancel(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    words = await read_form(request, Ending)
    await on_run(request, owner, name, number, partial(cancel_run, by_force=words.by_force))
    return go(request, f"/{owner}/{name}/runs/{number}", say("Asked run {number} to end.", number=number))


@post(f"{RUN}/again", include_in_schema=False)
async def again(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    words = await read_form(request, Repeat)
    await on_run(request, owner, name, number, partial(rerun, failed_only=words.failed_only, debug=words.debug))
    return go(request, f"/{owner}/{name}/runs/{number}", say("Run {number} goes again.", number=number))


@post(f"{RUN}/answer", include_in_schema=False)
async def answer(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    """To a run that waits because of who caused it."""
    words = await read_form(request, Answer)
    await on_run(request, owner, name, number, approve_run if words.yes else refuse_run)
    said = say("Run {number} goes.", number=number) if words.yes else say("Run {number} does not go.", number=number)
    return go(request, f"/{owner}/{name}/runs/{number}", said)


@post(f"{RUN_JOB}/cancel", include_in_schema=False)
async def end_job(request: By, owner: Name, name: Name, number: Number, job: Number) -> Response[str]:
    words = await read_form(request, Ending)
    found = await on_job(request, owner, name, number, job, partial(cancel_job, by_force=words.by_force))
    return go(request, f"/{owner}/{name}/runs/{number}", say("Asked {name} to end.", name=found))


@post(f"{RUN_JOB}/again", include_in_schema=False)
async def job_again(request: By, owner: Name, name: Name, number: Number, job: Number) -> Response[str]:
    """With whatever needs it, also while others are under way."""
    words = await read_form(request, Repeat)

    def do(work: Work, run: Run, job: Job) -> None:
        rerun(work, run, only=[job.id], debug=words.debug)

    found = await on_job(request, owner, name, number, job, do)
    return go(request, f"/{owner}/{name}/runs/{number}", say("{name} goes again.", name=found))


@post(f"{RUN_JOB}/answer", include_in_schema=False)
async def answer_job(request: By, owner: Name, name: Name, number: Number, job: Number) -> Response[str]:
    """To a job that waits because of its environment."""
    words = await read_form(request, Answer)
    found = await on_job(request, owner, name, number, job, let_job_go if words.yes else refuse_job)
    said = say("{name} goes.", name=found) if words.yes else say("{name} does not go.", name=found)
    return go(request, f"/{owner}/{name}/runs/{number}", said)


async def on_run(request: By, owner: str, name: str, number: int, act: Callable[[Work, Run], Any]) -> None:
    await write(request, in_project(owner, name, lambda work, project: act(work, run_of(work, project, number))))


async def on_job(
    request: By, owner: str, name: str, number: int, job_id: int, act: Callable[[Work, Run, Job], Any]
) -> str:
    """The name of the job it was done to."""

    def do(work: Work, project: Project) -> str:
        run, job = find_job(work, project, number, job_id)
        act(work, run, job)
        return job.name

    return await write(request, in_project(owner, name, do))


handlers = [cancel, again, answer, end_job, job_again, answer_job]
