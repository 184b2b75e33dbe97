"""The page of a project's secrets."""

from functools import partial

import msgspec
from litestar import Response, get, post

from dure.build.routes.asked import keys_of
from dure.build.secret import project_secrets, put_project_secret, remove_project_secret
from dure.kit import say
from dure.plan import find_project, in_project
from dure.shell import By, Name, go, page, read, read_form, write

HERE = "/{owner:str}/{name:str}/secrets"


class SecretWords(msgspec.Struct):
    name: str
    value: str


class SecretName(msgspec.Struct):
    name: str


@get(HERE, include_in_schema=False)
async def secrets(request: By, owner: Name, name: Name) -> Response[str]:
    project = await read(request, partial(find_project, path=f"{owner}/{name}"))
    found = await read(request, in_project(owner, name, project_secrets))
    return page(request, "build/secrets.html", title=say("Secrets"), here="runs", project=project, secrets=found)


@post(HERE, include_in_schema=False)
async def put_secret(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, SecretWords)
    put = partial(put_project_secret, keys=keys_of(request), name=words.name, value=words.value)
    await write(request, in_project(owner, name, lambda work, project: put(work, project=project)))
    return go(request, f"/{owner}/{name}/secrets", say("The secret {name} is stored.", name=words.name))


@post(f"{HERE}/remove", include_in_schema=False)
async def remove_secret(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, SecretName)
    await write(request, in_project(owner, name, partial(remove_project_secret, name=words.name)))
    return go(request, f"/{owner}/{name}/secrets", say("The secret {name} is gone.", name=words.name))


handlers = [secrets, put_secret, remove_secret]
