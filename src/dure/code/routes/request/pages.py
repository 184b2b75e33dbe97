"""The pages of merge requests: the list, a new one, one with its changes, and the acts on it."""

import asyncio
from functools import partial
from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery, QueryParameter
from msgspec import Meta

from dure.code.push import HEADS
from dure.code.request import (
    close_request,
    edit_request,
    find_request,
    merge_request,
    open_request,
    queue_request,
    reopen_request,
    unqueue_request,
)
from dure.code.request.request import Manner
from dure.code.routes.asked import HERE, Asked, ask_git, come_home
from dure.code.routes.request.api import commits_of, title_of
from dure.code.routes.request.talk import drawn
from dure.code.whole import queue_page, request_page, request_talk, requests_page
from dure.kit import say
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Name, Number, go, markdown, number_in, page, read, read_form, write

LIST = f"{HERE}/requests"
ONE = f"{LIST}/{{number:int}}"
InState = Annotated[str, QueryParameter(name="state", max_length=20)]
STATES = ("open", "merged", "closed")


class NewWords(msgspec.Struct):
    source: Annotated[str, Meta(max_length=250)]
    target: Annotated[str, Meta(max_length=250)] = ""
    title: Annotated[str, Meta(max_length=1000)] = ""
    body: Annotated[str, Meta(max_length=100_000)] = ""


class EditedWords(msgspec.Struct):
    title: Annotated[str, Meta(max_length=1000)] = ""
    body: Annotated[str, Meta(max_length=100_000)] = ""


class MergeWords(msgspec.Struct):
    manner: Manner = "merge"


@get(LIST, include_in_schema=False)
async def requests(
    request: By, owner: Name, name: Name, in_state: InState = "open", before: FromQuery[str] = ""
) -> Response[str]:
    state = in_state if in_state in STATES else None
    look = partial(requests_page, state=state, before=number_in(before))
    found = await read(request, in_project(owner, name, look))
    base = f"/{found.project.path}/requests"
    return page(
        request,
        "code/requests.html",
        title=say("Merge requests"),
        here="requests",
        project=found.project,
        found=found,
        base=base,
        state=state or "all",
    )


@get(f"{LIST}/new", include_in_schema=False)
async def new_page(
    request: By, owner: Name, name: Name, source: FromQuery[str] = "", target: FromQuery[str] = ""
) -> Response[str]:
    home = await come_home(request, owner, name)
    branches = [ref.removeprefix(HEADS) for ref in home.refs if ref.startswith(HEADS)]
    default = home.repository.default_branch
    source = source or next((branch for branch in branches if branch != default), "")
    return page(
        request,
        "code/new_request.html",
        title=say("New merge request"),
        here="requests",
        project=home.project,
        base=f"/{home.project.path}/requests",
        branches=[(branch, branch) for branch in branches],
        source=source,
        target=target or default,
        proposed=await title_of(request, home, source) if source else "",
    )


@post(LIST, include_in_schema=False)
async def new(request: By, owner: Name, name: Name) -> Response[str]:
    words = await read_form(request, NewWords)
    home = await come_home(request, owner, name)
    title = words.title or await title_of(request, home, words.source)

    def make(work: Work, project: Project) -> int:
        made = open_request(work, project, source=words.source, target=words.target, title=title, body=words.body)
        return made.number

    number = await write(request, in_project(owner, name, make))
    return go(request, f"/{owner}/{name}/requests/{number}", say("Opened !{number}.", number=number))


@get(ONE, include_in_schema=False)
async def one(request: By, owner: Name, name: Name, number: Number, before: FromQuery[str] = "") -> Response[str]:
    """The whole page: what it is about, how it stands, its commits, and every line that it changes."""
    home = await come_home(request, owner, name)
    found = await read(request, in_project(owner, name, partial(request_page, number=number)))
    hear = partial(request_talk, number=number, before=number_in(before))
    talk = await read(request, in_project(owner, name, hear))
    asked = found.request
    known = asked.onto or asked.target_sha
    diff = await ask_git(request, lambda git: git.compare(home.repository.id, known, asked.head_sha))
    return page(
        request,
        "code/request.html",
        title=f"!{number} {asked.title}",
        here="requests",
        project=found.project,
        found=found,
        asked=asked,
        base=f"/{found.project.path}/requests",
        code=f"/{found.project.path}/code",
        commits=await commits_of(request, home, asked),
        diff=diff,
        sha=asked.head_sha,
        body=await asyncio.to_thread(markdown, asked.body) if asked.body else None,
        talk=talk,
        written=await asyncio.to_thread(drawn, talk),
    )


@get(f"{ONE}/now", include_in_schema=False)
async def now_part(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    """How it stands, for a page that lives."""
    found = await read(request, in_project(owner, name, partial(request_page, number=number)))
    return page(
        request,
        "code/request_now.html",
        project=found.project,
        found=found,
        asked=found.request,
        base=f"/{found.project.path}/requests",
        code=f"/{found.project.path}/code",
    )


@post(f"{ONE}/edit", include_in_schema=False)
async def edit(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    words = await read_form(request, EditedWords)

    def do(work: Work, project: Project) -> None:
        found = find_request(work, project, number, to_change=True)
        edit_request(work, project, found, title=words.title, body=words.body)

    await write(request, in_project(owner, name, do))
    return back(request, owner, name, number)


@post(f"{ONE}/merge", include_in_schema=False)
async def merge(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    words = await read_form(request, MergeWords)

    def do(work: Work, project: Project) -> None:
        merge_request(work, project, find_request(work, project, number, to_change=True), words.manner)

    await write(request, in_project(owner, name, do))
    return back(request, owner, name, number)


@post(f"{ONE}/queue", include_in_schema=False)
async def queue(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    words = await read_form(request, MergeWords)

    def do(work: Work, project: Project) -> None:
        queue_request(work, project, find_request(work, project, number), words.manner)

    await write(request, in_project(owner, name, do))
    return back(request, owner, name, number)


@post(f"{ONE}/unqueue", include_in_schema=False)
async def unqueue(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    def do(work: Work, project: Project) -> None:
        unqueue_request(work, project, find_request(work, project, number))

    await write(request, in_project(owner, name, do))
    return back(request, owner, name, number)


@get(f"{LIST}/queue", include_in_schema=False)
async def queues(request: By, owner: Name, name: Name) -> Response[str]:
    found = await read(request, in_project(owner, name, queue_page))
    return page(
        request,
        "code/queue.html",
        title=say("Merge queue"),
        here="requests",
        project=found.project,
        found=found,
        base=f"/{found.project.path}/requests",
        code=f"/{found.project.path}/code",
    )


@post(f"{ONE}/close", include_in_schema=False)
async def close(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    def do(work: Work, project: Project) -> None:
        close_request(work, project, find_request(work, project, number, to_change=True))

    await write(request, in_project(owner, name, do))
    return back(request, owner, name, number)


@post(f"{ONE}/reopen", include_in_schema=False)
async def reopen(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    def do(work: Work, project: Project) -> None:
        reopen_request(work, project, find_request(work, project, number, to_change=True))

    await write(request, in_project(owner, name, do))
    return back(request, owner, name, number)


def back(request: Asked, owner: str, name: str, number: int) -> Response[str]:
    return go(request, f"/{quote(owner)}/{quote(name)}/requests/{number}")


handlers = [requests, new_page, new, queues, one, now_part, edit, merge, queue, unqueue, close, reopen]
