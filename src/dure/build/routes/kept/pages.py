"""The page of what a project keeps for its jobs: secrets, variables, who says yes; for all jobs, or one environment."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import QueryParameter

from dure.build.outsiders import rule_of, say_outsiders
from dure.build.routes.asked import keys_of
from dure.build.run import (
    APPROVERS,
    Environment,
    Variable,
    find_job_environment,
    job_environments,
    put_variable,
    remove_variable,
    variables_of,
    want_approval,
)
from dure.build.secret import project_secrets, put_project_secret, remove_project_secret
from dure.kit import Text, say
from dure.ledger import Work
from dure.people import Role
from dure.plan import Project, in_project
from dure.shell import By, Name, go, page, read, read_form, write
from dure.vault import SecretCard

HERE = "/{owner:str}/{name:str}/secrets"
NOBODY = say("Nobody")
ROLES: dict[Role, Text] = {
    Role.DEVELOPER: say("Developers and above"),
    Role.MAINTAINER: say("Maintainers and above"),
    Role.OWNER: say("Owners"),
}
OUTSIDERS: list[tuple[str, Text]] = [
    ("never", say("Run at once")),
    ("first-timers", say("Wait the first time")),
    ("all", say("Always wait")),
]

Place = Annotated[str, QueryParameter(max_length=255)]


class SecretWords(msgspec.Struct):
    name: str
    value: str
    environment: str = ""


class NameAlone(msgspec.Struct):
    name: str
    environment: str = ""


class Approvers(msgspec.Struct):
    environment: str
    approvers: str = ""


class Outsiders(msgspec.Struct):
    rule: str


@dataclass(frozen=True)
class Kept:
    project: Project
    environments: Sequence[Environment]
    place: Environment | None
    secrets: Sequence[SecretCard]
    variables: Sequence[Variable]
    outsiders: str


def kept_for(work: Work, project: Project, environment: str) -> Kept:
    return Kept(
        project,
        job_environments(work, project),
        find_job_environment(work, project.id, environment) if environment else None,
        project_secrets(work, project, environment),
        variables_of(work, project, environment),
        rule_of(work, project),
    )


@get(HERE, include_in_schema=False)
async def kept(request: By, owner: Name, name: Name, environment: Place = "") -> Response[str]:
    wanted = environment.strip().replace("\0", "")
    found = await read(request, in_project(owner, name, partial(kept_for, environment=wanted)))
    return page(
        request,
        "build/kept.html",
        title=say("Secrets and variables"),
        here="runs",
        project=found.project,
        found=found,
        environment=found.place.name if found.place is not None else wanted,
        approvers=[("", NOBODY), *((role.word, ROLES[role]) for role in APPROVERS)],
        outsiders=OUTSIDERS,
    )


@post(HERE, include_in_schema=False)
async def put_secret(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, SecretWords)
    keys = keys_of(request)

    def put(work: Work, project: Project) -> None:
        put_project_secret(work, keys, project, words.name, words.value, words.environment)

    await write(request, in_project(owner, name, put))
    return back(request, owner, name, words.environment, say("The secret {name} is stored.", name=words.name))


@post(f"{HERE}/remove", include_in_schema=False)
async def remove_secret(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, NameAlone)
    remove = partial(remove_project_secret, name=words.name, environment=words.environment)
    await write(request, in_project(owner, name, remove))
    return back(request, owner, name, words.environment, say("The secret {name} is gone.", name=words.name))


@post("/{owner:str}/{name:str}/variables", include_in_schema=False)
async def put_one(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, SecretWords)
    put = partial(put_variable, name=words.name, value=words.value, environment=words.environment)
    await write(request, in_project(owner, name, put))
    return back(request, owner, name, words.environment, say("The variable {name} is stored.", name=words.name))


@post("/{owner:str}/{name:str}/variables/remove", include_in_schema=False)
async def remove_one(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, NameAlone)
    remove = partial(remove_variable, name=words.name, environment=words.environment)
    await write(request, in_project(owner, name, remove))
    return back(request, owner, name, words.environment, say("The variable {name} is gone.", name=words.name))


@post(f"{HERE}/approvers", include_in_schema=False)
async def put_approvers(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, Approvers)
    want = partial(want_approval, name=words.environment, approvers=words.approvers)
    await write(request, in_project(owner, name, want))
    return back(request, owner, name, words.environment, say("Kept."))


@post(f"{HERE}/outsiders", include_in_schema=False)
async def put_rule(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, Outsiders)
    await write(request, in_project(owner, name, partial(say_outsiders, rule=words.rule)))
    return back(request, owner, name, "", say("Kept."))


def back(request: By, owner: str, name: str, environment: str, said: Text) -> Response[str]:
    query = f"?{urlencode({'environment': environment})}" if environment else ""
    return go(request, f"/{owner}/{name}/secrets{query}", said)


handlers = [kept, put_secret, remove_secret, put_one, remove_one, put_approvers, put_rule]
