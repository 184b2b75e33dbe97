"""Secrets of projects for programs, under /api/v1."""

from functools import partial
from typing import Annotated

from litestar import delete, get, put
from litestar.params import JSONBody, QueryParameter

from dure.build.routes.asked import API, keys_of
from dure.build.routes.told import secret_told
from dure.build.secret import project_secrets, put_project_secret, remove_project_secret
from dure.plan import in_project
from dure.shell import By, Name, Slug, read, refusals, write
from dure.wire import SecretInfo, SecretList, SecretValue

TAGS = ["runs"]
HERE = f"{API}/secrets"

Place = Annotated[str, QueryParameter(max_length=255, description="Of this environment; else those of all jobs.")]


@get(HERE, responses=refusals(), tags=TAGS, summary="Secrets")
async def secrets(request: By, owner: Slug, name: Slug, environment: Place = "") -> SecretList:
    """Their names. Values are never told."""
    found = await read(request, in_project(owner, name, partial(project_secrets, environment=environment)))
    return SecretList(secrets=[secret_told(card) for card in found])


@put(f"{HERE}/{{secret:str}}", responses=refusals(409, 422), tags=TAGS, summary="Put a secret")
async def put_secret(
    request: By, owner: Slug, name: Slug, secret: Name, data: JSONBody[SecretValue], environment: Place = ""
) -> SecretInfo:
    """Jobs that name it are lent it, and it is hidden in whatever they print."""
    put = partial(put_project_secret, name=secret, value=data.value, keys=keys_of(request), environment=environment)
    return secret_told(await write(request, in_project(owner, name, lambda work, project: put(work, project=project))))


@delete(f"{HERE}/{{secret:str}}", responses=refusals(), tags=TAGS, summary="Remove a secret")
async def remove_secret(request: By, owner: Slug, name: Slug, secret: Name, environment: Place = "") -> None:
    remove = partial(remove_project_secret, name=secret, environment=environment)
    await write(request, in_project(owner, name, remove))


handlers = [secrets, put_secret, remove_secret]
