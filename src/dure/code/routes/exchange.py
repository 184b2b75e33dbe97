"""One exchange with git: bytes from the client into the program, its bytes out to the client, nothing kept between.

Plain ASGI on purpose. The answers of the framework listen for the end of the connection while the body is still being
read, and would hang here. Lifecycle of a process: it is started in a session of its own, hears the body while it
speaks, is asked to end when the client is gone before it was heard out, and is killed when it does not.
"""

import asyncio
import logging
import os
import signal
import zlib
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from litestar.types import Receive, Send

from dure.code.packets import FLUSH, Opening
from dure.kit import Refused, say

log = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 16
STALLED_SECONDS_MAX = 120.0
"""How long either side may be silent while the other waits for it."""
EXCHANGE_SECONDS_MAX = 3600.0
ENDING_SECONDS_MAX = 5.0
DRAINING_SECONDS_MAX = 30.0
COMPLAINT_BYTES_MAX = 2000
Finish = Callable[[], Awaitable[bytes]]
"""What is done between the end of git and the end of the answer. Returns what is still to be said."""


class TooMuch(Refused):
    """More came in than may."""

    def __init__(self) -> None:
        super().__init__(say("This is more than we take at once. Send less, or in parts."))


@dataclass
class Body:
    """What the client sends: unpacked if it came packed, counted, and noticed when it is over or cut off."""

    receive: Receive
    packed: bool
    bytes_max: int
    opening: Opening | None = None
    """What listens to the beginning of a push."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    count: int = 0

    async def into(self, process: Process) -> None:
        """Hand it on until it is over, then wait for the client to leave. Returns only when the client is gone."""
        stdin = process.stdin
        assert stdin is not None
        unpacker = zlib.decompressobj(wbits=31) if self.packed else None
        while not self.over.is_set():
            async with asyncio.timeout(STALLED_SECONDS_MAX):
                message = await self.receive()
            if message["type"] != "http.request":
                return
            for some in unpacked(message.get("body", b""), unpacker):
                self.count += len(some)
                if self.count > self.bytes_max:
                    raise TooMuch
                if self.opening is not None:
                    self.opening.hear(some)
                # One who has said everything before the end of the body still lets the client finish.
                with suppress(BrokenPipeError, ConnectionResetError):
                    stdin.write(some)
                    await stdin.drain()
            if not message.get("more_body"):
                self.over.set()
        stdin.close()
        while (await self.receive())["type"] == "http.request":
            continue

    async def rest(self) -> None:
        """Hear the client out: one that is still sending does not listen."""
        while not self.over.is_set():
            async with asyncio.timeout(STALLED_SECONDS_MAX):
                message = await self.receive()
            if message["type"] != "http.request" or not message.get("more_body"):
                self.over.set()
            else:
                self.count += len(message.get("body", b""))
                if self.count > self.bytes_max:
                    raise TooMuch


def unpacked(some: bytes, unpacker: "zlib._Decompress | None") -> Iterator[bytes]:
    """Piece by piece: a small body may unpack to a very large one."""
    if unpacker is None:
        if some:
            yield some
        return
    while some:
        piece = unpacker.decompress(some, CHUNK_BYTES)
        if piece:
            yield piece
        some = unpacker.unconsumed_tail


@dataclass
class Answer:
    """What goes out. The flush that ends it is held back, so that something may still be said before it."""

    send: Send
    headers: list[tuple[bytes, bytes]]
    first: bytes = b""
    """What stands before anything that git says."""
    held: bytes = b""
    lost: bool = False
    begun: bool = False

    async def begin(self) -> None:
        self.begun = True
        await self.send({"type": "http.response.start", "status": 200, "headers": self.headers})

    async def say(self, some: bytes, *, more: bool = True) -> None:
        if self.lost:
            return
        if not self.begun:
            await self.begin()
            some = self.first + some
        async with asyncio.timeout(STALLED_SECONDS_MAX):
            await self.send({"type": "http.response.body", "body": some, "more_body": more})

    async def all_of(self, process: Process, *, hold: bool) -> None:
        out = process.stdout
        assert out is not None
        while some := await out.read(CHUNK_BYTES):
            if hold:
                some = self.held + some
                some, self.held = some[: -len(FLUSH)], some[-len(FLUSH) :]
            if some:
                await self.say(some)


async def start(argv: list[str], environment: Mapping[str, str]) -> Process:
    return await asyncio.create_subprocess_exec(
        *argv,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=dict(environment),
        start_new_session=True,
        limit=2 * CHUNK_BYTES,
    )


async def exchange(process: Process, body: Body, answer: Answer, finish: Finish | None = None) -> None:
    """Carry bytes both ways. What breaks off in the middle of the answer is left so, and git notices that."""
    try:
        await carry(process, body, answer, finish)
    except (TimeoutError, Refused, zlib.error) as trouble:
        if not answer.begun:
            raise
        log.info("an exchange with git broke off: %r", trouble)


async def carry(process: Process, body: Body, answer: Answer, finish: Finish | None) -> None:
    """Until git has said everything; then finish, and only then end the answer."""
    hearing = asyncio.create_task(body.into(process))
    speaking = asyncio.create_task(answer.all_of(process, hold=finish is not None))
    complaining = asyncio.create_task(complaints(process))
    try:
        async with asyncio.timeout(EXCHANGE_SECONDS_MAX):
            await asyncio.wait({hearing, speaking}, return_when=asyncio.FIRST_COMPLETED)
            if not speaking.done():
                # The client is gone. A push that was heard out goes on to its end, everything else is in vain.
                answer.lost = True
                if not (finish is not None and body.over.is_set()):
                    await end(process)
            await speaking
            await process.wait()
    finally:
        await end(process)
        last = b"" if finish is None else await asyncio.shield(asyncio.ensure_future(finish()))
        await put_away(speaking, complaining)
    if process.returncode:
        log.info("git ended with %s: %s", process.returncode, complaining.result() if complaining.done() else "")
    await heard_out(body, hearing)
    await put_away(hearing)
    await answer.say(last + answer.held, more=False)


async def heard_out(body: Body, hearing: "asyncio.Task[None]") -> None:
    """Let a client finish that has not said everything: who still speaks does not hear the answer."""
    over = asyncio.create_task(body.over.wait())
    await asyncio.wait({over, hearing}, timeout=DRAINING_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED)
    await put_away(over)
    if hearing.done() and not hearing.cancelled() and (trouble := hearing.exception()) is not None:
        raise trouble


async def complaints(process: Process) -> str:
    """What git says aside: the beginning of it, for our log."""
    assert process.stderr is not None
    kept = b""
    while some := await process.stderr.read(CHUNK_BYTES):
        kept = (kept + some)[:COMPLAINT_BYTES_MAX]
    return kept.decode(errors="replace")


async def end(process: Process) -> None:
    """Say no more, upon which the program tidies up and ends by itself; then ask it to end; then insist."""
    if process.stdin is not None:
        process.stdin.close()
    for sign in (None, signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            return
        if sign is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, sign)
        with suppress(TimeoutError):
            async with asyncio.timeout(ENDING_SECONDS_MAX):
                await process.wait()


async def put_away(*tasks: "asyncio.Task[Any]") -> None:
    """What is still under way is ended, and how it ended is no longer of interest."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
