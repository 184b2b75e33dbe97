"""Collecting rubbish: blobs that no row names any more, and whatever else grows old on this disk.

A room says that it has a blob by a row with its digest in a column that is called `digest`. It puts the blob first and
writes the row second, so what is younger than a day is left alone. A house that is killed in between leaves a blob
that nobody names, and it goes the next day.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import islice

from sqlalchemy import Column, select

from dure.kit import now
from dure.ledger import HOUSE, Hands, Table, Work
from dure.storage.blobs import Blob, Blobs

log = logging.getLogger(__name__)

FIRST_SECONDS = 300.0
ROUND_SECONDS = 3600.0
YOUNG = timedelta(days=1)
AT_ONCE = 500
COLUMN = "digest"


class Sweeper:
    """Once an hour. Several houses on one database may do it at the same time."""

    def __init__(self, house: Hands, blobs: Blobs, also: Sequence[Callable[[], object]] = ()) -> None:
        self.house, self.blobs, self.also = house, blobs, also
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name="sweeper", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        if self.thread.is_alive():
            self.thread.join(10)

    def run(self) -> None:
        pause = FIRST_SECONDS
        while not self.stopping.wait(pause):
            pause = ROUND_SECONDS
            try:
                self.once()
            except Exception:
                log.exception("what nobody needs could not be swept away; trying again in an hour")

    def once(self, young: timedelta = YOUNG) -> int:
        """How many blobs went."""
        for tidy in self.also:
            tidy()
        before = now() - young
        old = (blob for blob in self.blobs.all() if blob.kept_at < before)
        gone = 0
        while (some := list(islice(old, AT_ONCE))) and not self.stopping.is_set():
            for blob in self.unnamed(some):
                gone += self.blobs.delete(blob.digest, untouched_since=before)
        return gone

    def unnamed(self, some: Sequence[Blob]) -> Iterator[Blob]:
        digests = [str(blob.digest) for blob in some]
        named = self.house.read_now(HOUSE, lambda work: named_in(work, digests))
        return (blob for blob in some if blob.digest not in named)


def named_in(work: Work, digests: Sequence[str]) -> set[str]:
    """Those of the digests that some row of some room names."""
    found: set[str] = set()
    for column in columns():
        found |= set(work.session.scalars(select(column).where(column.in_(digests)).distinct()))
    return found


def columns() -> list[Column[str]]:
    """Every column that may name a blob."""
    return [table.columns[COLUMN] for table in Table.metadata.sorted_tables if COLUMN in table.columns]
