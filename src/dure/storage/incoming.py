"""A blob on its way in: a file in the spool that nobody can see until the whole of it is there and checked.

The writer holds a lock on its file for as long as it lives. When the process is killed the lock goes with it, so the
next sweep knows a leftover from work in progress without asking a clock.
"""

import fcntl
import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from dure.storage.digests import Digest
from dure.storage.refusals import BlobTooLarge, DigestDiffers, in_words


class Incoming:
    """Write to it, then `keep()` it; leaving the `with` block without that drops what was written."""

    def __init__(
        self, spool: Path, take: Callable[[Digest, Path], None], *, expected: Digest | None, bytes_max: int
    ) -> None:
        self.size = 0
        self._spool, self._take, self._expected, self._bytes_max = spool, take, expected, bytes_max
        self._hash = hashlib.sha256()
        self._closed = self._dropped = False
        self._lock = threading.Lock()
        with in_words(str(spool)):
            self._file, self.path = _locked_file(spool)

    def write(self, piece: bytes) -> None:
        with self._at_work():
            if self.size + len(piece) > self._bytes_max:
                raise BlobTooLarge(self._bytes_max)
            with in_words(str(self._spool)):
                _write_all(self._file, piece)
            self._hash.update(piece)
            self.size += len(piece)

    def keep(self) -> Digest:
        """The whole is here: check it and put it on the shelf in one step."""
        with self._at_work():
            found = Digest(f"sha256:{self._hash.hexdigest()}")
            if self._expected is not None and found != self._expected:
                raise DigestDiffers(self._expected, found)
            with in_words(str(self._spool)):
                os.fsync(self._file)
            self._take(found, self.path)
            self._close()
            return found

    def drop(self) -> None:
        """Forget what was written. Harmless after `keep`.

        A cancelled upload is dropped from the event loop while a thread may still be at work on it: that thread then
        does the dropping when it is through, so that nobody waits here.
        """
        self._dropped = True
        if self._lock.acquire(blocking=False):
            try:
                self._close()
            finally:
                self._lock.release()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        try:
            with self._lock:
                if self._closed or self._dropped:
                    raise ValueError("This upload was already kept or dropped.")
                yield
        finally:
            if self._dropped:
                self.drop()

    def _close(self) -> None:
        if not self._closed:
            self._closed = True
            # A shelf on the same disk has moved the file away; any other has copied it.
            self.path.unlink(missing_ok=True)
            os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.drop()


def sweep(spool: Path) -> int:
    """Remove what killed writers left behind; the number of files removed."""
    removed = 0
    for path in spool.glob("*.part"):
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            path.unlink(missing_ok=True)
            removed += 1
        finally:
            os.close(file)
    return removed


def _locked_file(spool: Path) -> tuple[int, Path]:
    while True:
        path = spool / f"{secrets.token_hex(16)}.part"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX)
        # A sweep that ran between the two lines above took the file for a leftover: make another.
        if os.fstat(file).st_nlink:
            return file, path
        os.close(file)


def _write_all(file: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(file, rest) :]
