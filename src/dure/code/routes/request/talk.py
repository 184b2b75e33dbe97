"""What is said of a merge request and how it is sorted: its forms, and the part of its page that lives."""

import asyncio
from functools import partial
from typing import Annotated
from urllib.parse import quote

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery
from markupsafe import Markup
from msgspec import Meta

from dure.code.request import comment, delete_comment, edit_comment, find_request, label_request
from dure.code.routes.asked import HERE
from dure.code.whole import RequestTalk, request_talk
from dure.kit import say
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Name, Number, go, markdown, number_in, page, read, read_form, write

ONE = f"{HERE}/requests/{{number:int}}"
SAID = f"{ONE}/comments/{{comment_id:int}}"


class CommentWords(msgspec.Struct):
    body: Annotated[str, Meta(max_length=100_000)]


class LabelWords(msgspec.Struct):
    labels: list[Annotated[str, Meta(max_length=200)]] = []


@get(f"{ONE}/talk", include_in_schema=False)
async def talk(request: By, owner: Name, name: Name, number: Number, before: FromQuery[str] = "") -> Response[str]:
    """The talk alone, for a page that lives."""
    look = partial(request_talk, number=number, before=number_in(before))
    found = await read(request, in_project(owner, name, look))
    base = f"/{found.project.path}/requests"
    return page(
        request,
        "code/request_talk.html",
        project=found.project,
        talk=found,
        base=base,
        written=await asyncio.to_thread(drawn, found),
    )


def drawn(found: RequestTalk) -> dict[int, Markup]:
    """What was said as HTML. That takes a while where much was said, so it is not for the event loop."""
    return {said.id: markdown(said.body, heading=3) for said in found.comments}


@post(f"{ONE}/comments", include_in_schema=False)
async def answer(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    words = await read_form(request, CommentWords)

    def do(work: Work, project: Project) -> None:
        comment(work, project, find_request(work, project, number, to_change=True), words.body)

    await write(request, in_project(owner, name, do))
    return go(request, address(owner, name, number))


@post(SAID, include_in_schema=False)
async def change(request: By, owner: Name, name: Name, number: Number, comment_id: Number) -> Response[str]:
    words = await read_form(request, CommentWords)

    def do(work: Work, project: Project) -> None:
        edit_comment(work, project, find_request(work, project, number, to_change=True), comment_id, words.body)

    await write(request, in_project(owner, name, do))
    return go(request, address(owner, name, number), say("Saved."))


@post(f"{SAID}/delete", include_in_schema=False)
async def end(request: By, owner: Name, name: Name, number: Number, comment_id: Number) -> Response[str]:
    def do(work: Work, project: Project) -> None:
        delete_comment(work, project, find_request(work, project, number, to_change=True), comment_id)

    await write(request, in_project(owner, name, do))
    return go(request, address(owner, name, number), say("The comment is deleted."))


@post(f"{ONE}/labels", include_in_schema=False)
async def label(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    words = await read_form(request, LabelWords)

    def do(work: Work, project: Project) -> None:
        label_request(work, project, find_request(work, project, number, to_change=True), words.labels)

    await write(request, in_project(owner, name, do))
    return go(request, address(owner, name, number), say("Saved."))


def address(owner: str, name: str, number: int) -> str:
    return f"/{quote(owner)}/{quote(name)}/requests/{number}"


handlers = [talk, answer, change, end, label]
