"""A job that failed is held: its sandbox stays as it is, and whoever asked for that gets a shell in it.

`held` in the job's directory says that it waits, and `shell` beside it is the door: a socket that takes one visitor,
who sends frames (a byte for the kind, four for the length, and as much) and gets what the terminal shows.

    d   keys that were pressed        s   rows and columns of the visitor's terminal, as `24 80`

When the shell ends, the job goes on to its own end. Nobody waits here once the job is cancelled.
"""

import fcntl
import os
import shutil
import socket
import struct
import termios
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

from dure.kit import Refused, say
from dure.runner.job.desk import Desk
from dure.runner.job.given import environment
from dure.runner.sandbox import SYSTEM_PATH
from dure.wire import StepOrder

HELD, DOOR = "held", "shell"
HEAD = struct.Struct("<cI")
FRAME_BYTES_MAX = 1 << 20
PIECE_BYTES = 65_536
LAST_WORDS_SECONDS_MAX = 1.0


def hold_open(desk: Desk, step: StepOrder) -> None:
    """After a step that failed, until a visitor has been there."""
    desk.log.tell(str(say("The job failed and is held: it goes on when somebody has looked into it.")))
    with closing(door(desk)) as server:
        desk.place.put(HELD, str(step.index).encode())
        desk.place.ring("bell")
        visitors: list[socket.socket] = []

        def came() -> bool:
            with suppress(BlockingIOError):
                visitors.append(server.accept()[0])
            return bool(visitors)

        desk.watch.wait(came)
    for name in (HELD, DOOR):
        (desk.place.path / name).unlink(missing_ok=True)
    if visitors:
        with closing(visitors[0]) as visitor:
            show_round(desk, step, visitor)


def door(desk: Desk) -> socket.socket:
    """By way of an open directory, because the name of a socket must be short."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    directory = os.open(desk.place.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        before = os.umask(0o177)
        server.bind(f"/proc/self/fd/{directory}/{DOOR}")
        os.umask(before)
    finally:
        os.close(directory)
    server.listen(1)
    return server


def show_round(desk: Desk, step: StepOrder, visitor: socket.socket) -> None:
    """A shell where the step was, with what the step saw."""
    ours, theirs = os.openpty()
    here = {**surroundings(desk, step), "TERM": "xterm-256color"}
    shell = next((name for name in ("bash", "sh") if shutil.which(name, path=SYSTEM_PATH)), "sh")
    watch = desk.watch
    shows, presses = (threading.Thread(target=work, args=(visitor, ours), daemon=True) for work in (show, press))
    try:
        visitor.setblocking(True)
        number = desk.cell.run([shell], here, desk.scope.workspace, into=theirs, terminal=True, wake=watch.wake)
        os.close(theirs)
        shows.start()
        presses.start()
        watch.attend(number)
        # Its last words are on their way. What it left running may hold the terminal open.
        shows.join(LAST_WORDS_SECONDS_MAX)
    finally:
        with suppress(OSError):
            visitor.shutdown(socket.SHUT_RDWR)
        os.close(ours)


def surroundings(desk: Desk, step: StepOrder) -> dict[str, str]:
    try:
        return environment(desk, step, desk.scope.texts(step.env))
    except Refused:
        return {"PATH": SYSTEM_PATH, "HOME": f"{desk.scope.room}/home"}


def show(visitor: socket.socket, terminal: int) -> None:
    with suppress(OSError):
        while piece := os.read(terminal, PIECE_BYTES):
            visitor.sendall(piece)
    with suppress(OSError):
        visitor.shutdown(socket.SHUT_RDWR)


def press(visitor: socket.socket, terminal: int) -> None:
    with suppress(OSError, ValueError):
        for kind, data in frames(visitor):
            if kind == b"d":
                os.write(terminal, data)
            elif kind == b"s":
                rows, columns = (int(word) for word in data.split()[:2])
                fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def frames(visitor: socket.socket) -> Iterator[tuple[bytes, bytes]]:
    while len(head := visitor.recv(HEAD.size, socket.MSG_WAITALL)) == HEAD.size:
        kind, size = HEAD.unpack(head)
        if size > FRAME_BYTES_MAX:
            return
        yield kind, visitor.recv(size, socket.MSG_WAITALL) if size else b""
