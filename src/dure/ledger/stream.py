"""The live stream: what happens, as it happens, in the order of the seals, for as many readers as there are pages.

One reader asks the database once for each seal and hands the entries round. Somebody who was away resumes after
the last entry seen; who was away too long is told to load the page anew.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select, tuple_

from dure.ledger.entry import Entry, EntryRef
from dure.ledger.house import House
from dure.ledger.seal import SEALED
from dure.ledger.work import HOUSE, Work

log = logging.getLogger(__name__)

BATCH_MAX = 500
WAITING_MAX = 1000
"""Entries kept for a slow reader; beyond that it has fallen behind and must load anew."""
TROUBLE_SECONDS = 1.0
STOPPING = "stopping"
"""The bell that rings, in this house alone, when it is about to stop."""


@dataclass(frozen=True, order=True)
class Place:
    """A place in the stream: a seal, and an entry under it."""

    seal: int
    entry: int


class FellBehind(Exception):
    """More happened than can be told; load the page anew."""


@dataclass(eq=False)
class Reader:
    """One page that follows."""

    wanted: Callable[[Entry], bool]
    queue: "asyncio.Queue[Entry | None]" = field(default_factory=lambda: asyncio.Queue(WAITING_MAX))

    def offer(self, entry: Entry) -> None:
        if self.queue.full():
            return
        # The last place says that something was left out.
        self.queue.put_nowait(None if self.queue.qsize() == WAITING_MAX - 1 else entry)

    def end(self) -> None:
        if not self.queue.full():
            self.queue.put_nowait(None)


class Stream:
    """Runs on the event loop of the web edge."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.readers: set[Reader] = set()
        self._place = Place(0, 0)
        self._news = asyncio.Event()
        self._end_hearing: Callable[[], None] = lambda: None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._place = await self.house.read(HOUSE, last_place)

        def hear() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._news.set)

        self._end_hearing = self.house.bell.hear(SEALED, hear)
        self._news.set()
        self._task = asyncio.create_task(self._hand_round())

    async def stop(self) -> None:
        self._end_hearing()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._stopped = True
        for reader in self.readers:
            reader.end()
        self.house.bell.ring([STOPPING])

    @property
    def stopped(self) -> bool:
        """Whoever answers for long ends its answer now. `STOPPING` has been rung."""
        return self._stopped

    async def follow(
        self, *, after: int | None, about: frozenset[str], readable: Callable[[str], bool]
    ) -> AsyncIterator[Entry]:
        """Entries about these things (all things, if none is named), from after an entry or from now on.

        `readable` says of a scope whether this reader may see what happens in it.
        """

        def wanted(entry: Entry) -> bool:
            return (not about or not about.isdisjoint(entry.refs)) and readable(entry.within)

        reader = Reader(wanted)
        self.readers.add(reader)
        try:
            seen = Place(0, 0)
            if after is not None:
                seen, entries = await self.house.read(HOUSE, lambda work: missed(work, after, about))
                for entry in entries:
                    seen = place_of(entry)
                    if wanted(entry):
                        yield entry
            # Who begins to follow while the house stops is told nothing more, not even the end.
            while not self._stopped and (news := await reader.queue.get()) is not None:
                if place_of(news) > seen:
                    yield news
            if not self._stopped:
                raise FellBehind
        finally:
            self.readers.discard(reader)

    async def _hand_round(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                while entries := await self.house.read(HOUSE, lambda work: sealed_after(work, self._place)):
                    for entry in entries:
                        for reader in self.readers:
                            if reader.wanted(entry):
                                reader.offer(entry)
                    self._place = place_of(entries[-1])
            except Exception:
                log.exception("the live stream stumbled; trying again")
                await asyncio.sleep(TROUBLE_SECONDS)
                self._news.set()


def place_of(entry: Entry) -> Place:
    return Place(entry.seal or 0, entry.id)


def last_place(work: Work) -> Place:
    query = select(Entry.seal, Entry.id).where(Entry.seal.is_not(None))
    row = work.session.execute(query.order_by(Entry.seal.desc(), Entry.id.desc()).limit(1)).first()
    return Place(row.seal or 0, row.id) if row else Place(0, 0)


def sealed_after(work: Work, place: Place) -> Sequence[Entry]:
    after = tuple_(Entry.seal, Entry.id) > (place.seal, place.entry)
    query = select(Entry).where(after).order_by(Entry.seal, Entry.id).limit(BATCH_MAX)
    return work.session.scalars(query).all()


def missed(work: Work, after: int, about: frozenset[str]) -> tuple[Place, Sequence[Entry]]:
    """Where a returning reader stood, and what it has not seen since.

    Raises `FellBehind` when that is too much, or when nobody knows the entry.
    """
    last = work.session.get(Entry, after)
    if last is None or last.seal is None:
        raise FellBehind
    query = select(Entry).where(tuple_(Entry.seal, Entry.id) > (last.seal, last.id))
    if about:
        query = query.where(Entry.id.in_(select(EntryRef.entry_id).where(EntryRef.ref.in_(about))))
    entries = work.session.scalars(query.order_by(Entry.seal, Entry.id).limit(BATCH_MAX + 1)).all()
    if len(entries) > BATCH_MAX:
        raise FellBehind
    return place_of(last), entries
