"""The house as its rooms see it: a place to write and to read.

Rooms are plain synchronous functions over a `Work`. The web edge awaits `write` and `read`; background threads
call `write_now` and `read_now`. The commit happens here, before any answer leaves; a refusal rolls back.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.orm import Session

from dure.ledger.database import Bell, Database, Pending, SqliteDatabase, database_time, form_for, on_postgres
from dure.ledger.delivery import Delivery, Reaction, owed_by_kind
from dure.ledger.entry import SETTLED, Entry, EntryRef
from dure.ledger.work import Actor, Work

T = TypeVar("T")


class House:
    def __init__(self, database: Database, reactions: Iterable[Reaction] = ()) -> None:
        self.database, self.bell = database, database.bell
        self.reactions = {reaction.name: reaction for reaction in reactions}
        self.owed = owed_by_kind(self.reactions.values())
        self._answers = Answers()

    async def write(self, actor: Actor, do: Callable[[Work], T]) -> T:
        return await self._answers.wait_for(self.database.write(self._unit(actor, do)))

    async def read(self, actor: Actor, do: Callable[[Work], T]) -> T:
        return await self._answers.wait_for(self.database.read(self._unit(actor, do)))

    def write_now(self, actor: Actor, do: Callable[[Work], T]) -> T:
        return self.database.write(self._unit(actor, do)).result()

    def read_now(self, actor: Actor, do: Callable[[Work], T]) -> T:
        return self.database.read(self._unit(actor, do)).result()

    def close(self) -> None:
        self.database.close()

    def _unit(self, actor: Actor, do: Callable[[Work], T]) -> Callable[[Session], T]:
        return lambda session: do(Work(session, actor, self.owed))


class Answers:
    """Carries answers from the database's threads to the event loop, many at each waking of the loop.

    Waking a loop from outside costs a system call; a group commit answers fifty callers at once.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Future[Any]]]] = {}

    async def wait_for(self, future: "Future[T]") -> T:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()

        def done(answered: "Future[T]") -> None:
            with self._lock:
                answers = self._done.setdefault(loop, [])
                answers.append((waiter, answered))
                first = len(answers) == 1
            if first:
                self._wake(loop)

        future.add_done_callback(done)
        return await waiter

    def _wake(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.call_soon_threadsafe(self._hand_out, loop)
        except RuntimeError:
            # The loop has ended, and with it whoever waited there.
            with self._lock:
                self._done.pop(loop, None)

    def _hand_out(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            answers = self._done.pop(loop, [])
        for waiter, answered in answers:
            if waiter.done():
                continue
            problem = answered.exception()
            if isinstance(problem, StopIteration):
                # asyncio refuses to carry this one.
                problem = RuntimeError(f"the unit ran out: {problem!r}")
            if problem is not None:
                waiter.set_exception(problem)
            else:
                waiter.set_result(answered.result())


def open_database(url: str, bell: Bell | None = None) -> Database:
    """Open `sqlite:///path` or `postgresql+psycopg://...`."""
    bell = bell or Bell()
    if url.startswith("sqlite:///"):
        return SqliteDatabase(Path(url.removeprefix("sqlite:///")), bell, settle)
    # Most houses live on SQLite, and loading the driver takes a twentieth of their start.
    from dure.ledger.database.postgres import PostgresDatabase  # noqa: PLC0415

    return PostgresDatabase(url, bell, settle)


def settle(connection: Connection, pending: list[Pending]) -> set[str]:
    """Write the entries of one commit, their refs, and a delivery for each reaction owed."""
    entries = list(zip(add_entries(connection, pending), pending, strict=True))
    refs = [{"ref": ref, "entry_id": number} for number, entry in entries for ref in entry["refs"]]
    owed = [{"reaction": name, "entry_id": number} for number, entry in entries for name in entry["owed"]]
    if refs:
        form_for(connection, EntryRef, ("ref", "entry_id")).put_all(connection, refs)
    if not owed:
        return {SETTLED}
    time = database_time(connection)
    connection.execute(insert(Delivery), [delivery | {"wake_at": time} for delivery in owed])
    return {SETTLED, Delivery.__tablename__}


COLUMNS = ("at", "kind", "actor", "actor_name", "within", "facts", "about")


def add_entries(connection: Connection, pending: list[Pending]) -> Sequence[int]:
    """Returns their ids in the same order. SQLite has one writer, who may count; that is cheaper than to be told."""
    if on_postgres(connection):
        form = form_for(connection, Entry, COLUMNS)
        return [form.put_one(connection, entry) for entry in pending]
    first = (connection.execute(select(func.max(Entry.id))).scalar() or 0) + 1
    ids = range(first, first + len(pending))
    rows = [{"id": number, **entry} for number, entry in zip(ids, pending, strict=True)]
    form_for(connection, Entry, ("id", *COLUMNS)).put_all(connection, rows)
    return ids
