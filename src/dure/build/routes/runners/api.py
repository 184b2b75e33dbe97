"""Runners for programs, under /api/v1: listed, invited, drained, ended."""

from functools import partial
from typing import Annotated

from litestar import delete, get, post
from litestar.params import JSONBody, QueryParameter

from dure.build.routes.asked import settings_of
from dure.build.routes.told import runner_told
from dure.build.runners import Invited, drain, end_runner, invite, make_runner, resume
from dure.build.shown import hall_of, whole_hall
from dure.kit import Missing
from dure.ledger import Work
from dure.plan import find_project, in_project
from dure.shell import By, Name, read, refusals, write
from dure.wire import InvitationMade, NewInvitation, NewRunner, RunnerList, RunnerMade

TAGS = ["runners"]
RUNNERS = "/api/v1/runners"
RUNNER = f"{RUNNERS}/{{runner:str}}"

OfProject = Annotated[
    str, QueryParameter(max_length=100, description="Only those that take jobs of this project: owner/name.")
]


@get(RUNNERS, responses=refusals(), tags=TAGS, summary="Runners")
async def runners(request: By, project: OfProject = "") -> RunnerList:
    """The programs that do jobs, how each is, what it does, and how it keeps a job from the rest of its machine."""
    if not project:
        hall = await read(request, whole_hall)
    else:
        owner, slash, name = project.partition("/")
        if not slash:
            raise Missing
        hall = await read(request, in_project(owner, name, hall_of))
    return RunnerList(runners=[runner_told(each) for each in hall.runners])


@post(RUNNERS, responses=refusals(422), tags=TAGS, summary="Make a runner")
async def new_runner(request: By, data: JSONBody[NewRunner]) -> RunnerMade:
    """For an admin of the house. The token is told this once."""
    token = await write(request, partial(make_runner, name=data.name))
    return RunnerMade(name=data.name, token=token)


@post(f"{RUNNERS}/invitations", responses=refusals(422), tags=TAGS, summary="Invite runners")
async def new_invitation(request: By, data: JSONBody[NewInvitation]) -> InvitationMade:
    """A token that lets runners join within an hour: for an admin of the house, or for a maintainer of the project."""

    def do(work: Work) -> Invited:
        project = find_project(work, data.project) if data.project else None
        return invite(work, project, labels=data.labels, ephemeral=data.ephemeral, uses=data.uses)

    made = await write(request, do)
    command = f"dure runner join {settings_of(request).url} --token -"
    return InvitationMade(token=made.secret, expires_at=made.expires_at, command=command)


@post(f"{RUNNER}/drains", responses=refusals(), tags=TAGS, summary="Drain a runner", status_code=204)
async def new_drain(request: By, runner: Name) -> None:
    """It takes no new job, ends those that it has, and leaves."""
    await write(request, partial(drain, name=runner))


@delete(f"{RUNNER}/drains", responses=refusals(), tags=TAGS, summary="Let a drained runner take jobs again")
async def no_drain(request: By, runner: Name) -> None:
    await write(request, partial(resume, name=runner))


@delete(RUNNER, responses=refusals(), tags=TAGS, summary="End a runner")
async def no_runner(request: By, runner: Name) -> None:
    """Its token is good for nothing any more. A job that it has is lost."""
    await write(request, partial(end_runner, name=runner))


handlers = [runners, new_runner, new_invitation, new_drain, no_drain, no_runner]
