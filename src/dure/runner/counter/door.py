"""The counter's door: it listens from the first moment, and opens when somebody knocks.

Every step is told where the counter is, and few ever ask there. What speaks HTTP takes as long to load and to start as
all else of a small job, so that waits for the first knock.
"""

import os
import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

HERE = "127.0.0.1"
CALLERS_MAX = 128
CLOSING_SECONDS_MAX = 2.0


class Door:
    """`open_up` gets the socket that listens, and gives what answers one call. `close` ends it at once."""

    def __init__(self, open_up: Callable[[socket.socket], Callable[[], None]]) -> None:
        self.open_up = open_up
        self.listener = socket.create_server((HERE, 0), backlog=CALLERS_MAX)
        self.port = int(self.listener.getsockname()[1])
        self.closing = os.eventfd(0, os.EFD_CLOEXEC)
        self.thread = threading.Thread(target=self.listen, name="counter", daemon=True)
        self.thread.start()

    def listen(self) -> None:
        answer: Callable[[], None] | None = None
        sources: list[socket.socket | int] = [self.listener, self.closing]
        while True:
            readable, _, _ = select.select(sources, [], [])
            if self.closing in readable:
                return
            answer = answer or self.open_up(self.listener)
            answer()

    def close(self) -> None:
        os.eventfd_write(self.closing, 1)
        self.thread.join(CLOSING_SECONDS_MAX)
        with suppress(OSError):
            self.listener.close()
        if not self.thread.is_alive():
            os.close(self.closing)
