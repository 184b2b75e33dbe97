"""Deployments and environments for programs, under /api/v1. Acts are things of their own: a rollback is posted."""

from functools import partial
from typing import Annotated

from litestar import delete, get, post
from litestar.params import JSONBody, QueryParameter

from dure.deploy.deployment import approve, begin, promote, roll_back, stop
from dure.deploy.routes.told import chart_told, place_told, told, wholly_told
from dure.deploy.whole import card_of, places_of, shelf, whole_deployment
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Limit, Number, Slug, language_of, read, refusals, write
from dure.wire import (
    ChartInfo,
    DeploymentDetail,
    DeploymentInfo,
    DeploymentList,
    EnvironmentList,
    NewDeployment,
    NewRollback,
    PointWord,
)

TAGS = ["deployments"]
PROJECT = "/api/v1/projects/{owner:str}/{name:str}"
HERE = f"{PROJECT}/deployments"
ONE = f"{HERE}/{{number:int}}"

Before = Annotated[int | None, QueryParameter(ge=1, le=2**31 - 1, description="The number before which to go on.")]
In = Annotated[str, QueryParameter(max_length=40, description="Only those of this environment.")]
What = Annotated[PointWord, QueryParameter(description="What is measured.")]


@get(HERE, responses=refusals(422), tags=TAGS, summary="Deployments")
async def deployments(
    request: By, owner: Slug, name: Slug, environment: In = "", before: Before = None, limit: Limit = 30
) -> DeploymentList:
    """The newest first."""
    find = partial(shelf, environment=environment, before=before, limit=limit)
    found = await read(request, in_project(owner, name, find))
    language = language_of(request)
    return DeploymentList(deployments=[told(found.project, card, language) for card in found.cards], next=found.older)


@post(HERE, responses=refusals(409, 422), tags=TAGS, summary="Deploy a release")
async def new_deployment(request: By, owner: Slug, name: Slug, data: JSONBody[NewDeployment]) -> DeploymentInfo:
    """The newest release to the first environment, unless something else is said."""
    language = language_of(request)

    def ship(work: Work, project: Project) -> DeploymentInfo:
        row = begin(work, project, data.environment or None, data.version or None)
        return told(project, card_of(work, row), language)

    return await write(request, in_project(owner, name, ship))


@get(ONE, responses=refusals(422), tags=TAGS, summary="A deployment")
async def deployment(request: By, owner: Slug, name: Slug, number: Number) -> DeploymentDetail:
    found = await read(request, in_project(owner, name, partial(whole_deployment, number=number)))
    return wholly_told(found, language_of(request))


@get(f"{ONE}/points", responses=refusals(422), tags=TAGS, summary="What was seen of a rollout")
async def points(request: By, owner: Slug, name: Slug, number: Number, what: What = "evidence") -> ChartInfo:
    """Second by second, for a chart: the evidence against the new version, its share, requests and errors."""
    found = await read(request, in_project(owner, name, partial(whole_deployment, number=number)))
    return chart_told(found, what)


@post(f"{ONE}/approvals", responses=refusals(409, 422), tags=TAGS, summary="Approve a deployment")
async def new_approval(request: By, owner: Slug, name: Slug, number: Number) -> DeploymentInfo:
    language = language_of(request)

    def say_yes(work: Work, project: Project) -> DeploymentInfo:
        return told(project, card_of(work, approve(work, project, number)), language)

    return await write(request, in_project(owner, name, say_yes))


@post(f"{ONE}/promotions", responses=refusals(409, 422), tags=TAGS, summary="Let a version on trial take over")
async def new_promotion(request: By, owner: Slug, name: Slug, number: Number) -> DeploymentInfo:
    """All of the traffic at once, because a person says so; the judge is asked no more."""
    language = language_of(request)

    def take_over(work: Work, project: Project) -> DeploymentInfo:
        return told(project, card_of(work, promote(work, project, number)), language)

    return await write(request, in_project(owner, name, take_over))


@delete(ONE, responses=refusals(409, 422), tags=TAGS, summary="Stop a deployment")
async def end_deployment(request: By, owner: Slug, name: Slug, number: Number) -> None:
    """One that waits or moves. What was live stays, or gets its traffic back."""
    await write(request, in_project(owner, name, partial(stop, number=number)))


@get(f"{PROJECT}/environments", responses=refusals(), tags=TAGS, summary="Environments")
async def environments(request: By, owner: Slug, name: Slug) -> EnvironmentList:
    """Those that the newest app file names, in their order, and what runs in each."""
    found = await read(request, in_project(owner, name, places_of))
    language = language_of(request)
    return EnvironmentList(environments=[place_told(found.project, shown, language) for shown in found.places])


@post(f"{PROJECT}/rollbacks", responses=refusals(409, 422), tags=TAGS, summary="Go back")
async def new_rollback(request: By, owner: Slug, name: Slug, data: JSONBody[NewRollback]) -> DeploymentInfo:
    """To the last release that ran well; what is on its way is taken back first."""
    language = language_of(request)

    def go_back(work: Work, project: Project) -> DeploymentInfo:
        return told(project, card_of(work, roll_back(work, project, data.environment or None)), language)

    return await write(request, in_project(owner, name, go_back))


handlers = [
    deployments,
    new_deployment,
    deployment,
    points,
    new_approval,
    new_promotion,
    end_deployment,
    environments,
    new_rollback,
]
