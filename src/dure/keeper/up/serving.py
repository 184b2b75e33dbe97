"""Serving: one socket, one event loop, one process. Calm to start and clean to stop."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, MutableMapping

from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.server.embed import Server

from dure.app import Program
from dure.keeper.port import BACKLOG
from dure.kit import Refused, Text, say

log = logging.getLogger(__name__)

Message = MutableMapping[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

STOP_SECONDS_MAX = 8.0
"""How long answers under way may take once we are asked to stop."""
INTERRUPTED = 130


class HouseServer(Server):
    """Granian on the socket that we bound."""

    def __init__(self, app: Callable[..., Awaitable[None]], bound: socket.socket) -> None:
        host, port = bound.getsockname()[:2]
        self.doorman = Doorman(app)
        super().__init__(
            self.doorman,
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            log_enabled=False,
            websockets=False,
            backlog=BACKLOG,
        )
        self.bound = bound

    def _init_shared_socket(self) -> None:
        # What granian does where a port cannot be shared, but with a socket that is bound already. It closes the
        # one that it is given, so it gets a second handle.
        handle = os.dup(self.bound.fileno())
        self._ssp = None
        self._shd = SocketHolder(handle, False, BACKLOG)  # type: ignore[call-arg, assignment]
        self._sfd = handle  # type: ignore[assignment]


class Doorman:
    """Passes everything on, and notices when the application has started or could not."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self.app = app
        self.started: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, self.noticed(send) if scope["type"] == "lifespan" else send)

    def noticed(self, send: Send) -> Send:
        async def notice(message: Message) -> None:
            if not self.started.done():
                if message["type"] == "lifespan.startup.complete":
                    self.started.set_result(None)
                elif message["type"] == "lifespan.startup.failed":
                    self.started.set_exception(DidNotStart(reason_in(str(message.get("message", "")))))
            await send(message)

        return notice


class DidNotStart(Refused):
    """The application could not start."""


def reason_in(trace: str) -> Text:
    """The last line of what the framework tells, without the name of the error."""
    last = trace.strip().splitlines()[-1:] or [""]
    name, _, words = last[0].partition(": ")
    return say("The house could not start: {why}", why=words or name)


async def serve(program: Program, bound: socket.socket, ready: Callable[[], None]) -> None:
    """Answer until somebody asks us to stop; then let answers under way finish, end live pages, and return."""
    server = HouseServer(program.asgi, bound)
    asked = Asked(asyncio.get_running_loop())
    serving = asyncio.create_task(server.serve())
    await server.doorman.started
    ready()
    stopping = asyncio.create_task(asked.event.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not serving.done():
        # Live pages never end by themselves, and the server waits for every answer.
        await program.stream.stop()
        server.stop()  # type: ignore[no-untyped-call]
        done, _ = await asyncio.wait({serving}, timeout=STOP_SECONDS_MAX)
        if not done:
            log.warning("some answers took longer than %s s; leaving without them", STOP_SECONDS_MAX)
            serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


class Asked:
    """Listens for Ctrl-C and SIGTERM until the process ends. The second one leaves at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self.event = loop, asyncio.Event()
        self.heard = False
        # A signal on the brink of the loop's sleep would be heard when something else wakes it, so this wakes it.
        bell, clapper = os.pipe()
        os.set_blocking(clapper, False)
        signal.set_wakeup_fd(clapper, warn_on_full_buffer=False)
        loop.add_reader(bell, os.read, bell, 1)
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, self.hear)

    def hear(self, *_: object) -> None:
        if self.heard:
            os._exit(INTERRUPTED)
        self.heard = True
        self.loop.call_soon_threadsafe(self.event.set)
