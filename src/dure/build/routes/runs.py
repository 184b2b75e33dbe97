"""The pages of runs: the list, one run with its picture, one job with its log."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Annotated, NamedTuple

from litestar import Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, SkipValidation

from dure.build.routes.asked import ATTEMPT, HERE, RUN, RUN_JOB, logs_of, settings_of
from dure.build.run import RunFilter
from dure.build.shown import (
    drawn,
    event_words,
    how_long,
    job_page,
    run_page,
    runs_shown,
    stage_counts,
    state_words,
    with_lines,
)
from dure.kit import say
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Name, Number, Stage, markdown, page, read

__all__ = ["handlers", "stages"]

Filter = Annotated[str, QueryParameter(max_length=200)]
InState = Annotated[str, QueryParameter(name="state", max_length=20)]
Before = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1)]


class Asked(NamedTuple):
    """What the address says of which runs are to be shown."""

    wanted: RunFilter
    before: int | None


async def asked_for(
    workflow: Filter = "",
    in_state: InState = "",
    branch: Filter = "",
    event: Filter = "",
    actor: Filter = "",
    q: Filter = "",
    before: Before = None,
) -> Asked:
    words = (each.replace("\0", "").strip() for each in (workflow, in_state, branch, event, actor, q))
    return Asked(RunFilter(*words), before)


ASKED = {"asked": Provide(asked_for)}
Which = NamedDependency[SkipValidation[Asked]]


@get(HERE, include_in_schema=False, dependencies=ASKED)
async def runs(request: By, owner: Name, name: Name, asked: Which) -> Response[str]:
    return await listed(request, owner, name, asked, "build/runs.html")


@get(f"{HERE}/now", include_in_schema=False, dependencies=ASKED)
async def runs_now(request: By, owner: Name, name: Name, asked: Which) -> Response[str]:
    """The rows alone, for a page that lives."""
    return await listed(request, owner, name, asked, "build/runs_now.html")


async def listed(request: By, owner: str, name: str, asked: Asked, template: str) -> Response[str]:
    look = partial(runs_shown, wanted=asked.wanted, before=asked.before)
    found = await read(request, in_project(owner, name, look))
    wanted = asked.wanted
    chosen = {
        "workflow": wanted.workflow,
        "state": wanted.state,
        "branch": wanted.branch,
        "event": wanted.event,
        "actor": wanted.actor,
        "q": wanted.words,
    }
    return page(
        request,
        template,
        title=say("Runs"),
        here="runs",
        project=found.project,
        found=found,
        chosen=chosen,
        before=asked.before,
        state_words=state_words,
        event_words=event_words,
        how_long=how_long,
        public_url=settings_of(request).url,
    )


@get(RUN, include_in_schema=False)
async def run(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    return await shown(request, owner, name, number, "build/run.html")


@get(f"{RUN}/now", include_in_schema=False)
async def run_now(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    """How the run stands, for a page that lives."""
    return await shown(request, owner, name, number, "build/run_now.html")


async def shown(request: By, owner: str, name: str, number: int, template: str) -> Response[str]:
    found = await read(request, in_project(owner, name, partial(run_page, number=number)))
    base = f"/{found.project.path}/runs/{number}"
    return page(
        request,
        template,
        title=say("Run {number}", number=number),
        here="runs",
        project=found.project,
        found=found,
        run=found.run,
        base=base,
        graph=drawn(found.every, f"{base}/jobs"),
        failing=await asyncio.to_thread(with_lines, logs_of(request), found.failing) if found.failing else [],
        state_words=state_words,
        event_words=event_words,
        how_long=how_long,
        markdown=markdown,
        log_days=settings_of(request).log_days,
    )


@get(RUN_JOB, include_in_schema=False)
async def job(
    request: By, owner: Name, name: Name, number: Number, job: Number, attempt: ATTEMPT = None
) -> Response[str]:
    return await job_shown(request, owner, name, number, job, attempt, "build/job.html")


@get(f"{RUN_JOB}/now", include_in_schema=False)
async def job_now(
    request: By, owner: Name, name: Name, number: Number, job: Number, attempt: ATTEMPT = None
) -> Response[str]:
    return await job_shown(request, owner, name, number, job, attempt, "build/job_now.html")


async def job_shown(
    request: By, owner: str, name: str, number: int, job_id: int, attempt: int | None, template: str
) -> Response[str]:
    look = partial(job_page, number=number, job_id=job_id, attempt=attempt)
    found = await read(request, in_project(owner, name, look))
    return page(
        request,
        template,
        title=f"{found.job.name} · #{number}",
        here="runs",
        project=found.project,
        found=found,
        run=found.run,
        job=found.job,
        base=f"/{found.project.path}/runs/{number}",
        state_words=state_words,
        event_words=event_words,
        how_long=how_long,
    )


def stages(work: Work, project: Project) -> Sequence[Stage]:
    """What this room says of its stage on the loop."""
    active, last = stage_counts(work, project)
    state = "busy" if active else {"success": "good", "failure": "bad"}.get(last or "", "idle")
    return [Stage("build", say("Build"), f"/{project.path}/runs", active, state, say("Runs under way"))]


handlers = [runs, runs_now, run, run_now, job, job_now]
