"""Looking into a job that failed: its shell, on this terminal."""

import fcntl
import os
import select
import signal
import socket
import struct
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dure.kit import Refused, say

HEAD = struct.Struct("<cI")
PIECE_BYTES = 65_536
END_OF_WORDS = b"\x04"


class NobodyThere(Refused):
    """The job is not held, or somebody else was there before."""


def visit(job: Path) -> None:
    """Until the shell ends, or the job does."""
    with connected(job) as door, raw(sys.stdin.fileno()) as terminal:
        tell_size(door, terminal)
        signal.signal(signal.SIGWINCH, lambda *_: tell_size(door, terminal))
        sources: list[int | socket.socket] = [door, terminal]
        while True:
            readable, _, _ = select.select(sources, [], [])
            if door in readable:
                shown = door.recv(PIECE_BYTES)
                if not shown:
                    return
                os.write(sys.stdout.fileno(), shown)
            if terminal in readable:
                pressed = os.read(terminal, PIECE_BYTES)
                send(door, b"d", pressed or END_OF_WORDS)
                if not pressed:
                    sources.remove(terminal)


@contextmanager
def connected(job: Path) -> Iterator[socket.socket]:
    """By way of an open directory, because the name of a socket must be short."""
    with socket.socket(socket.AF_UNIX) as door:
        try:
            directory = os.open(job, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                door.connect(f"/proc/self/fd/{directory}/shell")
            finally:
                os.close(directory)
        except OSError as error:
            raise NobodyThere(say("No job is held in {folder}.", folder=job)) from error
        yield door


@contextmanager
def raw(terminal: int) -> Iterator[int]:
    """Keys go to the shell as they are pressed, Ctrl-C among them."""
    if not os.isatty(terminal):
        yield terminal
        return
    before = termios.tcgetattr(terminal)
    tty.setraw(terminal)
    try:
        yield terminal
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def tell_size(door: socket.socket, terminal: int) -> None:
    with suppress(OSError):
        rows, columns = struct.unpack("HHHH", fcntl.ioctl(terminal, termios.TIOCGWINSZ, bytes(8)))[:2]
        send(door, b"s", f"{rows} {columns}".encode())


def send(door: socket.socket, kind: bytes, data: bytes) -> None:
    with suppress(BrokenPipeError):
        door.sendall(HEAD.pack(kind, len(data)) + data)
