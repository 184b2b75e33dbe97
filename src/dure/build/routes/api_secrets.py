"""Secrets of projects and the runners of the house, for programs, under /api/v1."""

from functools import partial

from litestar import delete, get, post, put
from litestar.params import JSONBody

from dure.build.routes.asked import API, keys_of
from dure.build.routes.told import runner_told, secret_told
from dure.build.runners import end_runner, make_runner, runners_of
from dure.build.secret import project_secrets, put_project_secret, remove_project_secret
from dure.plan import in_project
from dure.shell import By, Name, Slug, read, refusals, write
from dure.wire import NewRunner, RunnerList, RunnerMade, SecretInfo, SecretList, SecretValue

TAGS = ["runs"]
HERE = f"{API}/secrets"
RUNNERS = "/api/v1/runners"


@get(HERE, responses=refusals(), tags=TAGS, summary="Secrets")
async def secrets(request: By, owner: Slug, name: Slug) -> SecretList:
    """Their names. Values are never told."""
    found = await read(request, in_project(owner, name, project_secrets))
    return SecretList(secrets=[secret_told(card) for card in found])


@put(f"{HERE}/{{secret:str}}", responses=refusals(409, 422), tags=TAGS, summary="Put a secret")
async def put_secret(request: By, owner: Slug, name: Slug, secret: Name, data: JSONBody[SecretValue]) -> SecretInfo:
    """Jobs that name it are lent it, and it is hidden in whatever they print."""
    put = partial(put_project_secret, name=secret, value=data.value, keys=keys_of(request))
    return secret_told(await write(request, in_project(owner, name, lambda work, project: put(work, project=project))))


@delete(f"{HERE}/{{secret:str}}", responses=refusals(), tags=TAGS, summary="Remove a secret")
async def remove_secret(request: By, owner: Slug, name: Slug, secret: Name) -> None:
    await write(request, in_project(owner, name, partial(remove_project_secret, name=secret)))


@get(RUNNERS, responses=refusals(), tags=TAGS, summary="Runners")
async def runners(request: By) -> RunnerList:
    """The programs that do jobs, and how each keeps a job from the rest of its machine."""
    return RunnerList(runners=[runner_told(each) for each in await read(request, runners_of)])


@post(RUNNERS, responses=refusals(422), tags=TAGS, summary="Make a runner")
async def new_runner(request: By, data: JSONBody[NewRunner]) -> RunnerMade:
    """For an admin of the house. The token is told this once."""
    token = await write(request, partial(make_runner, name=data.name))
    return RunnerMade(name=data.name, token=token)


@delete(f"{RUNNERS}/{{runner:str}}", responses=refusals(), tags=TAGS, summary="End a runner")
async def no_runner(request: By, runner: Name) -> None:
    await write(request, partial(end_runner, name=runner))


handlers = [secrets, put_secret, remove_secret, runners, new_runner, no_runner]
