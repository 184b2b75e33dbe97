"""A real server round an ASGI application, for tests that speak HTTP or drive a browser."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from granian.constants import Interfaces
from granian.server.embed import Server
from litestar.types import ASGIApp

PORTS = range(20000, 30000)
START_SECONDS_MAX = 20


def free_port() -> int:
    """A port of ours that nobody listens on. Each asks the kernel first, so that workers rarely meet."""
    for port in PORTS[threading.get_native_id() % len(PORTS) :]:
        with socket.socket() as trial, suppress(OSError):
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            trial.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("every port between 20000 and 29999 is taken")


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address at which the application answers, for as long as the block lasts."""
    port = free_port()
    loop = asyncio.new_event_loop()
    server = Server(app, port=port, interface=Interfaces.ASGI, log_enabled=False, websockets=False)
    server.workers_kill_timeout = 2
    thread = threading.Thread(target=loop.run_until_complete, args=(server.serve(),), daemon=True)
    thread.start()
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(START_SECONDS_MAX)
        loop.close()


def wait_for(port: int) -> None:
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < give_up_at:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    raise TimeoutError(f"nothing answers on port {port}")
