"""The page of protected branches."""

from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, get, post
from msgspec import Meta

from dure.code.request import protect, unprotect
from dure.code.routes.asked import HERE
from dure.code.whole import protection_page
from dure.kit import say
from dure.plan import in_project
from dure.shell import By, Name, go, page, read, read_form, write

PAGE = f"{HERE}/requests/protection"


class ProtectWords(msgspec.Struct):
    pattern: Annotated[str, Meta(max_length=200)]
    checks: Annotated[str, Meta(max_length=10_000)] = ""
    by_request: bool = False
    by_queue: bool = False
    queue_minutes: int = 60


class PatternWords(msgspec.Struct):
    pattern: Annotated[str, Meta(max_length=200)]


@get(PAGE, include_in_schema=False)
async def protections(request: By, owner: Name, name: Name) -> Response[str]:
    found = await read(request, in_project(owner, name, protection_page))
    return page(
        request,
        "code/protection.html",
        title=say("Protected branches"),
        here="requests",
        project=found.project,
        found=found,
        base=f"/{found.project.path}/requests",
    )


@post(PAGE, include_in_schema=False)
async def put_protection(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, ProtectWords)
    do = partial(
        protect,
        pattern=words.pattern,
        checks=words.checks.splitlines(),
        by_request=words.by_request,
        by_queue=words.by_queue,
        queue_minutes=words.queue_minutes,
    )
    await write(request, in_project(owner, name, do))
    return go(request, f"/{owner}/{name}/requests/protection", say("Protected {name}.", name=words.pattern))


@post(f"{PAGE}/remove", include_in_schema=False)
async def drop_protection(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, PatternWords)
    await write(request, in_project(owner, name, partial(unprotect, pattern=words.pattern)))
    return go(request, f"/{owner}/{name}/requests/protection", say("Protected no more: {name}.", name=words.pattern))


handlers = [protections, put_protection, drop_protection]
