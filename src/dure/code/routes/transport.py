"""Git over HTTP, version 2 and older: what `git clone`, `git fetch` and `git push` speak with.

Everything is private: whoever shows no token is asked for one, and git asks its user. The user's name does not matter.
"""

import asyncio
import logging
import zlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qs

import anyio.to_thread
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from dure import policy
from dure.code.packets import FLUSH, PROTOCOL, Opening, PushRefused, last_words, packet, remark
from dure.code.push import HEADS, ZEROS
from dure.code.reception import Reception
from dure.code.repositories import PUSH_BYTES_MAX, QUEUE_REFS, Repositories, argv, environment, signed
from dure.code.repository import create_repository, repository_of
from dure.code.request.protection import Protection, closed_branches, is_closed
from dure.code.routes.exchange import Answer, Body, exchange, start
from dure.kit import Forbidden, Missing, Refused, Text, Unauthenticated, say
from dure.ledger import House, Work
from dure.people import Caller
from dure.plan import find_project
from dure.shell import Anonymous, language_of

log = logging.getLogger(__name__)

SERVICES = {"git-upload-pack": "code.read", "git-receive-pack": "code.push"}
ASKED_BYTES_MAX = 100_000_000
"""How much a client may say that only wants to fetch: which commits it has."""
PUSH_OVERHEAD_BYTES = 16_000_000
"""Git itself refuses a pack that is too large, and says so; this is only the wall behind it."""
EXCHANGES_MAX = 16
WAITING_SECONDS_MAX = 60.0
TURNS = "git_turns"
UNSEEN = [(b"cache-control", b"no-cache, max-age=0, must-revalidate"), (b"pragma", b"no-cache")]
HERE = "/{owner:str}/{name:str}"
OPEN = {"open": True, "basic": True}

SIGN_IN = say(
    "Sign in with your handle and, as the password, a token from the page “Tokens”. `dure login` does it too."
)
TOO_OLD = say("This Git is too old, or asks in a way that is not answered here.")
NOT_FOUND = say("There is no such repository, or you may not know of it.")
BUSY = say("Many are fetching and pushing at this moment. Please try again in a little while.")
TOO_SLOW = say("Nothing came for too long, so this was broken off.")
UNREADABLE = say("The request could not be read.")


@dataclass(frozen=True)
class Call:
    """What is asked of git, and by whom."""

    scope: HTTPScope
    owner: str
    name: str
    service: str
    advertises: bool

    @property
    def path(self) -> str:
        return f"{self.owner}/{self.name.removesuffix('.git')}"

    @property
    def user(self) -> Caller | Anonymous:
        user = self.scope["user"]
        assert isinstance(user, Caller | Anonymous)
        return user

    @property
    def protocol(self) -> str:
        return self.header(b"git-protocol")

    def header(self, name: bytes) -> str:
        return next((value.decode("latin-1") for each, value in self.scope["headers"] if each.lower() == name), "")

    @property
    def environment(self) -> dict[str, str]:
        wanted = {"GIT_PROTOCOL": self.protocol} if PROTOCOL.fullmatch(self.protocol) else {}
        return environment({**wanted, **signed(self.user)})


@get(f"{HERE}/info/refs", opt=OPEN, include_in_schema=False)
async def info_refs(request: Request[Any, Any, State]) -> ASGIApp:  # noqa: ARG001 - what it needs is in the scope
    return git


@post([f"{HERE}/{service}" for service in SERVICES], opt=OPEN, include_in_schema=False)
async def service(request: Request[Any, Any, State]) -> ASGIApp:  # noqa: ARG001 - as above
    return git


async def git(scope: Scope, receive: Receive, send: Send) -> None:
    """Everything that the git program asks for."""
    assert scope["type"] == ScopeType.HTTP
    language = language_of(Request(scope))
    try:
        call = call_in(scope)
        if not call.user.signed_in:
            raise Unauthenticated(scope["auth"] or SIGN_IN)
        repository_id = await come_for(call)
        async with turn(scope):
            await (advertise if call.advertises else carry_out)(call, repository_id, receive, send)
    except Unauthenticated as problem:
        await tell(send, 401, problem.text, language, (b"www-authenticate", b'Basic realm="Dure", charset="UTF-8"'))
    except Forbidden as problem:
        await tell(send, 403, problem.text, language)
    except Missing:
        await tell(send, 404, NOT_FOUND, language)
    except Busy as problem:
        await tell(send, 503, problem.text, language, (b"retry-after", b"30"))
    except TimeoutError:
        await tell(send, 408, TOO_SLOW, language)
    except (Refused, zlib.error) as problem:
        await tell(send, 400, problem.text if isinstance(problem, Refused) else UNREADABLE, language)


def call_in(scope: HTTPScope) -> Call:
    """What is asked, or a refusal that a person at git can read."""
    last = scope["path"].rpartition("/")[2]
    advertises = last == "refs"
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("service", [""])[0]
    service = asked if advertises else last
    if service not in SERVICES:
        raise Forbidden(TOO_OLD)
    call = Call(scope, scope["path_params"]["owner"], scope["path_params"]["name"], service, advertises)
    if not advertises and call.header(b"content-type") != f"application/x-{service}-request":
        raise Forbidden(TOO_OLD)
    return call


async def come_for(call: Call) -> int:
    """The repository that is meant, if this may be done there. One that nobody has come for yet is made."""
    house = call.scope["litestar_app"].state["house"]
    assert isinstance(house, House)
    find = partial(repository_for, path=call.path, right=SERVICES[call.service])
    found = await house.read(call.user, find)
    return await house.write(call.user, partial(repository_made, path=call.path)) if found is None else found


def repository_for(work: Work, path: str, right: str) -> int | None:
    project = find_project(work, path)
    policy.require(work, right, project.scope)
    found = repository_of(work, project)
    return found.id if found else None


def repository_made(work: Work, path: str) -> int:
    project = find_project(work, path)
    policy.require(work, "code.read", project.scope)
    return create_repository(work, project).id


class Busy(Refused):
    """All places are taken."""


@asynccontextmanager
async def turn(scope: HTTPScope) -> AsyncGenerator[None]:
    """Only so many at once: each is a program that wants memory and a processor."""
    state = scope["litestar_app"].state
    if TURNS not in state:
        state[TURNS] = asyncio.Semaphore(EXCHANGES_MAX)
    turns: asyncio.Semaphore = state[TURNS]
    try:
        async with asyncio.timeout(WAITING_SECONDS_MAX):
            await turns.acquire()
    except TimeoutError as error:
        raise Busy(BUSY) from error
    try:
        yield
    finally:
        turns.release()


async def advertise(call: Call, repository_id: int, receive: Receive, send: Send) -> None:
    """Which branches and tags there are, or with version 2 what the server can do."""
    folder = await anyio.to_thread.run_sync(repositories_of(call).path, repository_id)
    words = (call.service.removeprefix("git-"), "--stateless-rpc", "--http-backend-info-refs", str(folder))
    answer = answer_for(call, send, "advertisement")
    if "version=2" not in call.protocol:
        answer.first = packet(f"# service={call.service}\n".encode()) + FLUSH
    body = Body(receive, packed=False, bytes_max=ASKED_BYTES_MAX)
    await exchange(await start(argv(*words), call.environment), body, answer)


async def carry_out(call: Call, repository_id: int, receive: Receive, send: Send) -> None:
    """A fetch or a push. A push is not over before it stands in the ledger."""
    folder = await anyio.to_thread.run_sync(repositories_of(call).path, repository_id)
    words = (call.service.removeprefix("git-"), "--stateless-rpc", str(folder))
    packed = call.header(b"content-encoding") in ("gzip", "x-gzip")
    answer = answer_for(call, send, "result")
    if call.service == "git-upload-pack":
        body = Body(receive, packed=packed, bytes_max=ASKED_BYTES_MAX)
        await exchange(await start(argv(*words), call.environment), body, answer)
        return
    opening = Opening(partial(allowed, await closed_here(call)))
    body = Body(receive, packed=packed, bytes_max=PUSH_BYTES_MAX + PUSH_OVERHEAD_BYTES, opening=opening)
    with reception_of(call).guest(repository_id):
        process = await start(argv(*words), call.environment)
        try:
            await exchange(process, body, answer, partial(write_down, call, repository_id, opening))
        except PushRefused as refused:
            if not opening.speaks_aside:
                raise
            # In git's own way, since git shows nobody what an answer with another status says.
            await body.rest()
            await tell_aside(send, answer.headers, refused.text.into(language_of(Request(call.scope))))


async def closed_here(call: Call) -> Sequence[Protection]:
    """The protected branches that change by merge requests alone."""
    house = call.scope["litestar_app"].state["house"]
    assert isinstance(house, House)
    return await house.read(call.user, lambda work: closed_branches(work, find_project(work, call.path)))


def allowed(closed: Sequence[Protection], ref: str) -> None:
    if f"{ref}/".startswith(f"{QUEUE_REFS}/"):
        raise PushRefused(say("What is called gh-readonly-queue belongs to the merge queue. Take another name."))
    if is_closed(closed, ref):
        name = ref.removeprefix(HEADS)
        raise PushRefused(
            say("{name} is protected: push to another branch and open a merge request into {name}.", name=name)
        )


async def write_down(call: Call, repository_id: int, opening: Opening) -> bytes:
    """Put what has moved in the ledger, and tell the pusher where to look at it."""
    language = language_of(Request(call.scope))
    try:
        moves = await anyio.to_thread.run_sync(reception_of(call).settle, repository_id, call.user)
    except Refused as problem:
        log.exception("could not write down a push to %s", call.path)
        if not opening.speaks_aside:
            raise
        return last_words(problem.text.into(language))
    mine = [move for move in moves if move.actor.ref == call.user.ref and move.ref.startswith(HEADS)]
    if not opening.speaks_aside or len(mine) != 1 or mine[0].after == ZEROS:
        return b""
    settings = call.scope["litestar_app"].state["settings"]
    return remark(f"{settings.url}/{call.path}/code/commit/{mine[0].after_sha}")


def answer_for(call: Call, send: Send, kind: str) -> Answer:
    content = (b"content-type", f"application/x-{call.service}-{kind}".encode())
    return Answer(send, [content, *UNSEEN])


def repositories_of(call: Call) -> Repositories:
    found = call.scope["litestar_app"].state["repositories"]
    assert isinstance(found, Repositories)
    return found


def reception_of(call: Call) -> Reception:
    found = call.scope["litestar_app"].state["reception"]
    assert isinstance(found, Reception)
    return found


async def tell_aside(send: Send, headers: Sequence[tuple[bytes, bytes]], words: str) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [*headers]})
    await send({"type": "http.response.body", "body": last_words(words), "more_body": False})


async def tell(send: Send, status: int, text: Text, language: str, *more: tuple[bytes, bytes]) -> None:
    """A sentence that git prints for its user."""
    body = text.into(language).encode() + b"\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


handlers = [info_refs, service]
