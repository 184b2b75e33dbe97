"""Where supervisors come from: a process that has everything loaded and nothing else to do forks one for each job.

The runner itself has threads and may be replaced at any time; this process has neither. It ends when its runner does;
the supervisors it made go on.

When there is a quiet moment it makes supervisors ahead, each with a sandbox that stands ready, and without any job in
it yet. The job that comes is handed on to one of them unread, so that its secrets are nowhere else.
"""

import gc
import logging
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import NoReturn, TypeVar

import msgspec

from dure.kit import Mask
from dure.runner.counter import forward, serving
from dure.runner.job import Errand, Kind, Warm, supervise
from dure.runner.sandbox import CellLost, adopt

LENGTH = struct.Struct("<Q")
SOCKET = 0
LOADED = (forward, serving)
"""What jobs load only when they need it: here it is there for all of them."""
T = TypeVar("T")
HEARD_SECONDS = 0.02
QUIET_SECONDS = 0.1
"""Nobody is made ahead while jobs come in quick succession: that would take the time of those that run."""


@dataclass(frozen=True)
class Ahead:
    """How many supervisors shall stand ready, and what for. The first thing that a runner says."""

    kind: Kind
    folder: Path
    number: int


def reader(kind: type[T]) -> "msgspec.json.Decoder[T]":
    return msgspec.json.Decoder(kind, dec_hook=lambda wanted, value: wanted(value))


AHEAD, ERRAND = reader(Ahead), reader(Errand)


def send(words: Ahead | Errand, there: socket.socket) -> None:
    data = msgspec.json.encode(words, enc_hook=str)
    there.sendall(LENGTH.pack(len(data)) + data)


def main() -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # What is prepared once is there for every child.
    Mask(["something to hide"]).feed(b"something")
    # What is loaded stays; a child that never looks through it shares its memory with us.
    gc.collect()
    gc.freeze()
    here = socket.socket(fileno=SOCKET)
    if ahead := receive(here):
        Nursery(here, AHEAD.decode(ahead)).run()


@dataclass
class Nursery:
    here: socket.socket
    ahead: Ahead
    ready: list[socket.socket] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    def run(self) -> None:
        while True:
            patience = QUIET_SECONDS if len(self.ready) < self.ahead.number else None
            if not select.select([self.here], [], [], patience)[0]:
                self.ready.append(self.another())
                continue
            errand = receive(self.here)
            if not errand:
                return
            self.hand_on(errand)

    def hand_on(self, errand: bytes) -> None:
        """To one that stands ready, the first made first, else to a new one."""
        while self.ready:
            with self.ready.pop(0) as there:
                try:
                    there.sendall(LENGTH.pack(len(errand)) + errand)
                except OSError:
                    continue
                if was_heard(there):
                    return
        if os.fork() == 0:
            self.let_go()
            as_supervisor(lambda: supervise(ERRAND.decode(errand)))

    def another(self) -> socket.socket:
        """A supervisor that waits for its job. It ends when this process does."""
        there, mine = socket.socketpair()
        number = next(self.numbers)
        if os.fork() == 0:
            there.close()
            self.let_go()
            as_supervisor(lambda: wait_for_job(mine, self.ahead, number))
        mine.close()
        return there

    def let_go(self) -> None:
        """In a child: what others wait at is not ours to hold open."""
        self.here.close()
        for one in self.ready:
            one.close()


def was_heard(there: socket.socket) -> bool:
    """Whoever was killed a moment ago takes in what it will never read. One that is still building answers later."""
    if not select.select([there], [], [], HEARD_SECONDS)[0]:
        return True
    with suppress(OSError):
        return bool(there.recv(1))
    return False


def wait_for_job(mine: socket.socket, ahead: Ahead, number: int) -> None:
    warm = None
    try:
        warm = Warm.made(ahead.kind, ahead.folder / f"{os.getpid()}-{number}")
    except (CellLost, OSError):
        logging.getLogger(__name__).exception("no sandbox could be made ahead")
    errand = receive(mine)
    with suppress(OSError):
        mine.sendall(b"!")
    mine.close()
    if errand:
        supervise(ERRAND.decode(errand), warm)
    elif warm is not None:
        warm.give_up()


def receive(here: socket.socket) -> bytes:
    """One message; nothing when whoever speaks is gone."""
    size = exactly(here, LENGTH.size)
    return exactly(here, LENGTH.unpack(size)[0]) if size else b""


def exactly(here: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        piece = here.recv(min(size - len(data), 1 << 20))
        if not piece:
            return b""
        data += piece
    return bytes(data)


def as_supervisor(do: Callable[[], None]) -> NoReturn:
    """In the child: a session of its own, so that nothing sent to the runner's group reaches the job."""
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        adopt()
        do()
        code = 0
    except BaseException:
        logging.getLogger(__name__).exception("a supervisor failed")
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
    sys.exit(0)
