"""Blobs: bytes under the name of their digest, and the port behind which they lie.

A blob is never changed. It is put (streamed in, checked, visible in one step), read (streamed out, checked again)
and deleted. Putting what is already there is welcome: it refreshes `kept_at` and heals damage.

Collecting rubbish: walk `all()`, ask who still names each digest, and `delete(digest, untouched_since=...)` the rest.
A room puts the blob first and writes its digest into the database second, so leave at least a day between the two.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from dure.kit import Missing, say
from dure.storage.digests import Digest, digest_at, expect_digest, key_of, parse_digest
from dure.storage.incoming import Incoming, sweep
from dure.storage.refusals import BlobDamaged, in_words

# Small pieces are gathered before a thread is asked to write them: a hand-over costs as much as 100 KiB of hashing.
GATHER_BYTES = 1 << 20


@dataclass(frozen=True)
class Lying:
    """What a shelf knows of one thing on it."""

    key: str
    size: int
    kept_at: datetime


class Shelf(Protocol):
    """Where blobs lie: a disk, a bucket. The port that each engine fulfils.

    The life of one blob on a shelf:
        take    a whole, checked file comes in under a key; readers see all of it or nothing, also after a kill -9.
                The shelf may move the file away. Taking a key again replaces it, and its `kept_at` becomes now
        look    its size and when it was taken, or None
        open    its bytes from `start` up to `stop` (None: the end) in pieces; FileNotFoundError when it is not there
        drop    it is gone, also when it was not there before
    and of the shelf itself:
        all     everything that lies here, in no order, found piece by piece
        place   where this is, in words for a person
    Only `take` must be atomic. A shelf offers no locks and no compare-and-set: buckets differ too much in those.
    """

    @property
    def place(self) -> str: ...

    def take(self, key: str, whole: Path) -> None: ...

    def look(self, key: str) -> Lying | None: ...

    def open(self, key: str, start: int, stop: int | None) -> Iterator[bytes]: ...

    def drop(self, key: str) -> None: ...

    def all(self) -> Iterator[Lying]: ...


@dataclass(frozen=True)
class Blob:
    """One blob that is kept."""

    digest: Digest
    size: int
    kept_at: datetime


class Blobs:
    """All blobs of this house. Made once by `open_blobs` and passed to whoever needs it."""

    def __init__(self, shelf: Shelf, spool: Path, bytes_max: int) -> None:
        self._shelf, self._spool, self._bytes_max = shelf, spool, bytes_max

    def begin(self, expected: str | None = None, bytes_max: int | None = None) -> Incoming:
        """Open an upload by hand: `with blobs.begin() as incoming: incoming.write(...); incoming.keep()`."""
        announced = None if expected is None else expect_digest(expected)
        limit = self._bytes_max if bytes_max is None else min(bytes_max, self._bytes_max)
        return Incoming(self._spool, self._take, expected=announced, bytes_max=limit)

    def put(self, pieces: Iterable[bytes], expected: str | None = None, bytes_max: int | None = None) -> Digest:
        """Keep what these pieces say together. For threads; the web edge uses `receive`."""
        with self.begin(expected, bytes_max) as incoming:
            for piece in pieces:
                incoming.write(piece)
            return incoming.keep()

    async def receive(
        self, pieces: AsyncIterable[bytes], expected: str | None = None, bytes_max: int | None = None
    ) -> Digest:
        """Keep an upload as it arrives. An upload that breaks off leaves nothing."""
        with self.begin(expected, bytes_max) as incoming:
            gathered = bytearray()
            async for piece in pieces:
                gathered += piece
                if len(gathered) >= GATHER_BYTES:
                    await asyncio.to_thread(incoming.write, bytes(gathered))
                    gathered.clear()
            await asyncio.to_thread(incoming.write, bytes(gathered))
            return await asyncio.to_thread(incoming.keep)

    def read(self, digest: str) -> Iterator[bytes]:
        """The whole blob in pieces. The last piece is given out only when all of them together are found right."""
        known = self._known(digest)
        seen = hashlib.sha256()
        held_back = b""
        for piece in self._pieces(known, 0, None):
            if held_back:
                yield held_back
            seen.update(piece)
            held_back = piece
        if seen.hexdigest() != known.removeprefix("sha256:"):
            raise BlobDamaged(known, self._shelf.place)
        if held_back:
            yield held_back

    def read_part(self, digest: str, start: int, stop: int) -> Iterator[bytes]:
        """Bytes from `start` up to `stop`. A part cannot be checked against the digest of the whole."""
        if not 0 <= start <= stop:
            raise ValueError(f"There is no part from {start} to {stop}.")
        known = self._known(digest)
        if start < min(stop, self.size(known)):
            yield from self._pieces(known, start, stop)

    async def send(self, digest: str) -> AsyncIterator[bytes]:
        """`read` for the web edge: the disk and the checking stay off the event loop."""
        pieces = self.read(digest)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece

    async def send_part(self, digest: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """`read_part` for the web edge."""
        pieces = self.read_part(digest, start, stop)
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            yield piece

    def check(self, digest: str) -> int:
        """Read the whole blob and check it; its size."""
        return sum(len(piece) for piece in self.read(digest))

    def look(self, digest: str) -> Blob | None:
        """What is known of a blob, or None when it is not here."""
        known = parse_digest(digest)
        if known is None:
            return None
        with in_words(self._shelf.place):
            lying = self._shelf.look(key_of(known))
        return None if lying is None else Blob(known, lying.size, lying.kept_at)

    def exists(self, digest: str) -> bool:
        return self.look(digest) is not None

    def size(self, digest: str) -> int:
        found = self.look(digest)
        if found is None:
            raise no_such_blob(digest)
        return found.size

    def delete(self, digest: str, untouched_since: datetime | None = None) -> bool:
        """Let a blob go, unless it was put again since `untouched_since`; whether it went."""
        found = self.look(digest)
        if found is None or (untouched_since is not None and found.kept_at > untouched_since):
            return False
        with in_words(self._shelf.place):
            self._shelf.drop(key_of(found.digest))
        return True

    def all(self) -> Iterator[Blob]:
        """Every blob, in no order. What else lies on the shelf is passed over."""
        with in_words(self._shelf.place):
            for lying in self._shelf.all():
                digest = digest_at(lying.key)
                if digest is not None:
                    yield Blob(digest, lying.size, lying.kept_at)

    def sweep(self) -> int:
        """Remove what uploads that were killed left in the spool; how many."""
        with in_words(str(self._spool)):
            return sweep(self._spool)

    def _known(self, digest: str) -> Digest:
        known = parse_digest(digest)
        if known is None:
            raise no_such_blob(digest)
        return known

    def _pieces(self, digest: Digest, start: int, stop: int | None) -> Iterator[bytes]:
        with in_words(self._shelf.place):
            try:
                yield from self._shelf.open(key_of(digest), start, stop)
            except FileNotFoundError:
                raise no_such_blob(digest) from None

    def _take(self, digest: Digest, whole: Path) -> None:
        with in_words(self._shelf.place):
            self._shelf.take(key_of(digest), whole)


def open_blobs(shelf: Shelf, spool: Path, bytes_max: int) -> Blobs:
    """The blobs on this shelf. What a killed house left in the spool is swept away first.

    The spool is a folder on a local disk; for the shelf `disk` it must be the same disk.
    """
    with in_words(str(spool)):
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    blobs = Blobs(shelf, spool, bytes_max)
    blobs.sweep()
    return blobs


def no_such_blob(digest: str) -> Missing:
    return Missing(say("There is no blob {digest} here.", digest=digest[:80]))
