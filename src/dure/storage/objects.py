"""What every shelf made of an obstore object store has in common: reading, looking, listing, dropping.

How a file comes in is left to each engine, because only that differs.
"""

from collections.abc import Iterator
from pathlib import Path

import obstore
from obstore.store import LocalStore, MemoryStore, S3Store

from dure.storage.blobs import Lying

READ_BYTES = 1 << 20
# A bucket takes 10,000 parts at most, so this allows 160 GB in one blob and 64 MiB in memory while it goes up.
PART_BYTES = 16 << 20
PARTS_AT_ONCE = 4
LIST_AT_ONCE = 500


class ObjectShelf:
    """A shelf over one object store."""

    def __init__(self, store: LocalStore | MemoryStore | S3Store, place: str) -> None:
        self._store = store
        self._place = place

    @property
    def place(self) -> str:
        return self._place

    def take(self, key: str, whole: Path) -> None:
        obstore.put(self._store, key, whole, chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE)

    def look(self, key: str) -> Lying | None:
        try:
            found = obstore.head(self._store, key)
        except FileNotFoundError:
            return None
        return Lying(key, found["size"], found["last_modified"])

    def open(self, key: str, start: int, stop: int | None) -> Iterator[bytes]:
        if stop is not None:
            result = obstore.get(self._store, key, options={"range": (start, stop)})
        elif start:
            result = obstore.get(self._store, key, options={"range": {"offset": start}})
        else:
            result = obstore.get(self._store, key)
        yield from result.stream(min_chunk_size=READ_BYTES)

    def drop(self, key: str) -> None:
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return

    def all(self) -> Iterator[Lying]:
        for found in obstore.list(self._store, chunk_size=LIST_AT_ONCE):
            for each in found:
                yield Lying(each["path"], each["size"], each["last_modified"])
