"""The pages of deployments and environments, and the fragments by which they live."""

from functools import partial

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from dure.deploy.deployment import approve, begin, promote, roll_back, stop
from dure.deploy.picture import picture_of
from dure.deploy.whole import how_it_stands, places_of, shelf, whole_deployment
from dure.kit import Text, say
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.settings import Settings
from dure.shell import By, Name, Number, Stage, go, number_in, page, read, read_form, write

HERE = "/{owner:str}/{name:str}/deployments"
ONE = f"{HERE}/{{number:int}}"
PLACES = "/{owner:str}/{name:str}/environments"


class ShipWords(msgspec.Struct):
    environment: str = ""
    version: str = ""


class BackWords(msgspec.Struct):
    environment: str = ""


@get(HERE, include_in_schema=False)
async def deployments_page(
    request: By, owner: Name, name: Name, environment: FromQuery[str] = "", before: FromQuery[str] = ""
) -> Response[str]:
    find = partial(shelf, environment=environment, before=number_in(before))
    found = await read(request, in_project(owner, name, find))
    return page(
        request,
        "deploy/deployments.html",
        title=say("Deployments"),
        here="deployments",
        project=found.project,
        found=found,
        environment=environment,
        before=before,
    )


@get(f"{HERE}/rows", include_in_schema=False)
async def deployments_rows(request: By, owner: Name, name: Name, environment: FromQuery[str] = "") -> Response[str]:
    """The newest, for a page that lives."""
    found = await read(request, in_project(owner, name, partial(shelf, environment=environment)))
    return page(request, "deploy/rows.html", project=found.project, found=found)


@post(HERE, include_in_schema=False)
async def ship(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, ShipWords)
    send = partial(begin, environment=words.environment or None, version=words.version.strip() or None)
    row = await write(request, in_project(owner, name, send))
    return go(
        request, f"/{owner}/{name}/deployments/{row.number}", say("{version} is on its way.", version=row.version)
    )


@get(ONE, include_in_schema=False)
async def deployment_page(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    return await draw(request, owner, name, number, "deploy/deployment.html")


@get(f"{ONE}/live", include_in_schema=False)
async def deployment_live(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    """All of the page that can change."""
    return await draw(request, owner, name, number, "deploy/whole.html")


@get(f"{ONE}/picture", include_in_schema=False)
async def deployment_picture(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    """The rollout alone, asked for again and again while it moves."""
    return await draw(request, owner, name, number, "deploy/picture.html")


async def draw(request: By, owner: str, name: str, number: int, template: str) -> Response[str]:
    found = await read(request, in_project(owner, name, partial(whole_deployment, number=number)))
    row = found.card.row
    return page(
        request,
        template,
        title=say("Deployment {number}", number=row.number),
        here="deployments",
        project=found.project,
        found=found,
        deployment=row,
        place=found.card.place,
        picture=picture_of(found.points, found.alpha),
        port=traffic_port(request),
    )


@post(f"{ONE}/approve", include_in_schema=False)
async def say_yes(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    row = await write(request, in_project(owner, name, partial(approve, number=number)))
    return back(request, owner, name, number, say("You approved {version}.", version=row.version))


@post(f"{ONE}/stop", include_in_schema=False)
async def stop_it(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    row = await write(request, in_project(owner, name, partial(stop, number=number)))
    return back(request, owner, name, number, say("{version} is being stopped.", version=row.version))


@post(f"{ONE}/promote", include_in_schema=False)
async def take_over(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    row = await write(request, in_project(owner, name, partial(promote, number=number)))
    return back(request, owner, name, number, say("{version} takes over.", version=row.version))


def back(request: By, owner: str, name: str, number: int, toast: Text) -> Response[str]:
    return go(request, f"/{owner}/{name}/deployments/{number}", toast)


@post("/{owner:str}/{name:str}/rollbacks", include_in_schema=False)
async def go_back(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, BackWords)
    row = await write(request, in_project(owner, name, partial(roll_back, environment=words.environment or None)))
    toast = say("Back to {version}.", version=row.version)
    if row.made_for != "rollback":
        toast = say("{version} is being taken back.", version=row.version)
    return back(request, owner, name, row.number, toast)


@get(PLACES, include_in_schema=False)
async def places_page(request: By, owner: Name, name: Name) -> Response[str]:
    found = await read(request, in_project(owner, name, places_of))
    return page(
        request,
        "deploy/environments.html",
        title=say("Environments"),
        here="environments",
        project=found.project,
        found=found,
        port=traffic_port(request),
    )


@get(f"{PLACES}/rows", include_in_schema=False)
async def places_rows(request: By, owner: Name, name: Name) -> Response[str]:
    """What is live where, for a page that lives."""
    found = await read(request, in_project(owner, name, places_of))
    return page(request, "deploy/places.html", project=found.project, found=found, port=traffic_port(request))


def traffic_port(request: By) -> str:
    settings = request.app.state["settings"]
    assert isinstance(settings, Settings)
    return settings.traffic_listen.rpartition(":")[2]


def stages(work: Work, project: Project) -> list[Stage]:
    """What this room has to say of its two stages on the loop: what is on its way, and what runs."""
    standing = how_it_stands(work, project)
    under_way = standing.moving + standing.waiting
    if standing.waiting:
        state, note = "waiting", say("Waits for a yes")
    elif standing.moving:
        state, note = "busy", say("On its way")
    elif standing.troubled:
        state, note = "bad", say("Went wrong")
    else:
        state, note = ("good", say("Nothing moves")) if standing.live else ("idle", say("Nothing yet"))
    operate = "bad" if standing.looping else "good" if standing.live else "idle"
    where = f"/{project.path}/environments"
    return [
        Stage("deploy", say("Deploy"), f"/{project.path}/deployments", under_way, state, note),
        Stage("operate", say("Operate"), where, standing.live, operate, say("Services live")),
    ]


handlers = [
    deployments_page,
    deployments_rows,
    ship,
    deployment_page,
    deployment_live,
    deployment_picture,
    say_yes,
    stop_it,
    take_over,
    go_back,
    places_page,
    places_rows,
]
