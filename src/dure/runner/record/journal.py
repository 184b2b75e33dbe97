"""What happened in a job, one record on each line: the place of a line is its number in what the house is told."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from dure.runner.place import is_full
from dure.wire import Happening

RESERVE_BYTES = 256 << 10
"""Kept free, so that even a full disk takes the last words of a job."""


class Journal:
    def __init__(self, path: Path, rung: Callable[[], None]) -> None:
        self.rung = rung
        self.lock = threading.Lock()
        self.reserve = path.with_name("reserve")
        self.file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.mend(path)
        handle = os.open(self.reserve, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, RESERVE_BYTES)
        finally:
            os.close(handle)

    def mend(self, path: Path) -> None:
        """Drops a line that whoever wrote here before could not finish."""
        data = path.read_bytes()
        if data and not data.endswith(b"\n"):
            os.ftruncate(self.file, data.rfind(b"\n") + 1)

    def add(self, happening: Happening) -> None:
        line = msgspec.json.encode(happening) + b"\n"
        with self.lock:
            try:
                self.write(line)
            except OSError as error:
                if not is_full(error):
                    raise
                self.reserve.unlink(missing_ok=True)
                self.write(line)
        self.rung()

    def write(self, line: bytes) -> None:
        """The whole line or nothing of it."""
        before = os.fstat(self.file).st_size
        try:
            written = os.write(self.file, line)
            while written < len(line):
                written += os.write(self.file, line[written:])
        except OSError:
            os.ftruncate(self.file, before)
            raise


def happenings(path: Path, start: int = 0) -> Iterator[tuple[int, Happening]]:
    """What the journal says from this byte on, and where each ends. A line that was not finished has not been said."""
    try:
        with path.open("rb") as opened:
            opened.seek(start)
            data = opened.read()
    except FileNotFoundError:
        return
    read = start
    for line in data.splitlines(keepends=True):
        if line.endswith(b"\n"):
            read += len(line)
            yield read, msgspec.json.decode(line, type=Happening)
