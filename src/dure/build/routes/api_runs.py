"""Runs for programs, under /api/v1: listed, shown, begun, ended, repeated."""

import asyncio
from functools import partial
from typing import Annotated

from litestar import get, post
from litestar.params import JSONBody, QueryParameter

from dure.build.planning import begin_by_hand, offer_named, offers_at, place_of, ready_to_begin
from dure.build.routes.asked import API, API_RUN, repositories_of, settings_of, shelf_of
from dure.build.routes.told import detail_told, offer_told, run_told
from dure.build.run import RunFilter, runs_of
from dure.build.shown import run_detail
from dure.ledger import Work
from dure.plan import Project, find_project, in_project
from dure.shell import By, Limit, Number, Slug, language_of, read, refusals, write
from dure.wire import NewRun, RunDetail, RunInfo, RunList, WorkflowOffers

TAGS = ["runs"]
LIMIT = 50

Filter = Annotated[str, QueryParameter(max_length=200)]
InState = Annotated[str, QueryParameter(name="state", max_length=20)]
Sha = Annotated[str, QueryParameter(max_length=64, description="The whole sha of a commit.")]
Ref = Annotated[str, QueryParameter(max_length=250, description="A branch or tag; the default branch if not said.")]
Before = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1, description="Only runs before this number.")]


@get(f"{API}/runs", responses=refusals(422), tags=TAGS, summary="Runs")
async def runs(
    request: By,
    owner: Slug,
    name: Slug,
    workflow: Filter = "",
    in_state: InState = "",
    branch: Filter = "",
    event: Filter = "",
    actor: Filter = "",
    sha: Sha = "",
    before: Before = None,
    limit: Limit = LIMIT,
) -> RunList:
    """The latest first."""
    language = language_of(request)

    def do(work: Work, project: Project) -> RunList:
        found = runs_of(
            work,
            project,
            wanted=RunFilter(workflow, in_state, branch, event, actor),
            sha=sha or None,
            before=before,
            limit=limit + 1,
        )
        page = found[:limit]
        following = page[-1].number if len(found) > limit else None
        return RunList(runs=[run_told(project, each, language) for each in page], next=following)

    return await read(request, in_project(owner, name, do))


@get(API_RUN, responses=refusals(), tags=TAGS, summary="A run")
async def run(request: By, owner: Slug, name: Slug, number: Number) -> RunDetail:
    """With its jobs, their steps and what they left."""
    return await run_now_told(request, owner, name, number)


async def run_now_told(request: By, owner: str, name: str, number: int) -> RunDetail:
    found, steps, runners = await read(request, in_project(owner, name, partial(run_detail, number=number)))
    return detail_told(found, steps, runners, language_of(request))


@get(f"{API}/workflows", responses=refusals(), tags=TAGS, summary="Workflows to begin by hand")
async def workflows(request: By, owner: Slug, name: Slug, ref: Ref = "") -> WorkflowOffers:
    """Those of a branch or tag that say `on: workflow_dispatch`, with their questions."""
    place = await read(request, in_project(owner, name, place_of))
    offers = await asyncio.to_thread(offers_at, repositories_of(request), place, ref)
    return WorkflowOffers(workflows=[offer_told(offer) for offer in offers])


@post(f"{API}/runs", responses=refusals(409, 422), tags=TAGS, summary="Begin a workflow")
async def new_run(request: By, owner: Slug, name: Slug, data: JSONBody[NewRun]) -> RunInfo:
    """At a branch or tag, with answers to its questions."""
    place = await read(request, in_project(owner, name, place_of))
    offers = await asyncio.to_thread(offers_at, repositories_of(request), place, data.ref)
    offer, settings = offer_named(offers, data.workflow), settings_of(request)
    offer = await asyncio.to_thread(ready_to_begin, shelf_of(request, place.project), place, offer)
    begin = partial(
        begin_by_hand,
        offer=offer,
        given=data.inputs,
        server_url=settings.url,
        artifact_days=settings.artifact_days,
    )
    made = await write(request, in_project(owner, name, begin))
    project = await read(request, partial(find_project, path=f"{owner}/{name}"))
    return run_told(project, made, language_of(request))


handlers = [runs, run, workflows, new_run]
