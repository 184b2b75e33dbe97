"""A real server round an ASGI application, for tests that speak HTTP or drive a browser.

Its socket is ours alone, as a house's is: granian by itself shares its port with any other server, so two tests that
chose the same one would each be answered by both.
"""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from litestar.types import ASGIApp

from dure.keeper.up.serving import HouseServer
from tests.parts.ports import free_socket

SECONDS_MAX = 20


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address at which the application answers, for as long as the block lasts."""
    loop, started = asyncio.new_event_loop(), Future[HouseServer]()
    with free_socket() as bound:
        port = bound.getsockname()[1]

        async def serve() -> None:
            server = HouseServer(app, bound)
            server.workers_kill_timeout = 2
            serving = asyncio.create_task(server.serve())
            try:
                await server.doorman.started
            except BaseException as problem:
                started.set_exception(problem)
                raise
            started.set_result(server)
            await serving

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
        thread.start()
        server = started.result(SECONDS_MAX)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            loop.call_soon_threadsafe(server.stop)
            thread.join(SECONDS_MAX)
            loop.close()
