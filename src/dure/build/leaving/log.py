"""Logs of jobs: one file for each attempt, appended to at its end and readable from its first line all the while."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PIECE_BYTES = 256 << 10
SECONDS_PER_DAY = 86_400


class Gap(Exception):
    """Bytes before these are missing. `wanted` says from where to go on."""

    def __init__(self, wanted: int) -> None:
        super().__init__(f"bytes from {wanted} on are missing")
        self.wanted = wanted


class Logs:
    """The folder of all logs. Made once and handed to whoever needs it; it touches no database."""

    def __init__(self, root: Path, bytes_max: int) -> None:
        self.root, self.bytes_max = root, bytes_max
        self._lock = threading.Lock()
        self._locks: dict[Path, tuple[threading.Lock, int]] = {}

    def path(self, job_id: int, attempt: int) -> Path:
        return self.root / f"{job_id}-{attempt}.log"

    def topic(self, job_id: int, attempt: int) -> str:
        """The bell that rings in this house when there is more of a log."""
        return f"build_log:{job_id}-{attempt}"

    def size(self, job_id: int, attempt: int) -> int:
        try:
            return self.path(job_id, attempt).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, job_id: int, attempt: int, offset: int, data: bytes) -> int:
        """Put these bytes where they belong; how long the log is then.

        What is there already is passed over, so that bytes may be sent twice. What goes beyond the limit is dropped:
        the length then says that it was taken, and nobody sends it again.
        """
        path = self.path(job_id, attempt)
        with self._alone(path):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                length = os.fstat(file).st_size
                if offset > length and length < self.bytes_max:
                    raise Gap(length)
                rest = memoryview(data)[length - offset : self.bytes_max - offset] if length >= offset else b""
                written = 0
                while written < len(rest):
                    written += os.write(file, rest[written:])
            finally:
                os.close(file)
        return max(length + written, offset + len(data) if length + written >= self.bytes_max else 0)

    def read(self, job_id: int, attempt: int, start: int, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `stop`, in pieces."""
        try:
            with self.path(job_id, attempt).open("rb") as file:
                file.seek(start)
                left = PIECE_BYTES if stop is None else stop - start
                while left > 0 and (piece := file.read(min(PIECE_BYTES, left))):
                    yield piece
                    left = PIECE_BYTES if stop is None else left - len(piece)
        except FileNotFoundError:
            return

    def forget_older(self, days: int) -> int:
        """Remove the logs of jobs that wrote the last word of them so long ago; how many."""
        before, gone = time.time() - days * SECONDS_PER_DAY, 0
        for path in self.root.glob("*.log"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
                    gone += 1
        return gone

    def piece(self, job_id: int, attempt: int, start: int) -> bytes:
        """What there is from `start` on, a piece at most."""
        return next(self.read(job_id, attempt, start, start + PIECE_BYTES), b"")

    @contextmanager
    def _alone(self, path: Path) -> Iterator[None]:
        """One at a time for each file; a lock is forgotten when nobody wants it any more."""
        with self._lock:
            lock, users = self._locks.get(path, (threading.Lock(), 0))
            self._locks[path] = lock, users + 1
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, users = self._locks[path]
                if users == 1:
                    del self._locks[path]
                else:
                    self._locks[path] = lock, users - 1
