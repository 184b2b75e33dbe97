"""SQLite: one writer thread with group commit, a few reader threads.

Callers that wait at the same time share one transaction, one session and one fsync. Each unit stands in a SAVEPOINT
of its own, so that one refusal does not spoil the others. When the database itself refuses a unit, the batch is
run again with a session for each.
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from dure.ledger.database.bell import Bell
from dure.ledger.database.insert import expect_unbroken
from dure.ledger.database.port import Closed, Database, Pending, Settle, trouble_in_words

T = TypeVar("T")
Info = dict[str, Any]

BATCH_MAX = 256
READERS = 4
BUSY_TIMEOUT_MS = 30_000
LOCKED_SECONDS = 0.02
CACHE_KIB = 16_384


class Unit:
    """One caller's work on its way through the writer."""

    def __init__(self, work: Callable[[Session], Any]) -> None:
        self.work = work
        self.future: Future[Any] = Future()
        self.result: Any = None
        self.refusal: BaseException | None = None

    def run(self, session: Session) -> None:
        self.result = self.work(session)
        session.flush()
        expect_unbroken(session)

    def answer(self, failure: BaseException | None = None) -> None:
        problem = self.refusal or failure
        if problem is not None:
            self.future.set_exception(problem)
        else:
            self.future.set_result(self.result)


Run = Callable[[Session, sqlite3.Connection, Unit], Info]


class SqliteDatabase(Database):
    def __init__(self, path: Path, bell: Bell, settle: Settle) -> None:
        self.path, self.bell, self.settle = path, bell, settle
        self.engine = engine_on(path)
        self._reading = engine_on(path, read_only=True)
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._queue: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        self._closed = False
        self._closing = threading.Lock()
        self._connection: Connection | None = None
        """The writer's own, which it gives back only after trouble: borrowing one for each batch takes longer."""
        self._writer = threading.Thread(target=self._write_all, name="writer", daemon=True)
        self._writer.start()

    def write(self, unit: Callable[[Session], T]) -> "Future[T]":
        waiting = Unit(unit)
        waiting.future.set_running_or_notify_cancel()
        with self._closing:
            if self._closed:
                raise Closed
            self._queue.put(waiting)
        return waiting.future

    def read(self, unit: Callable[[Session], T]) -> "Future[T]":
        with self._closing:
            if self._closed:
                raise Closed
            return self._readers.submit(self._read, unit)

    def close(self) -> None:
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._writer.join()
        if self._connection is not None:
            self._connection.close()
        self._readers.shutdown()
        self._reading.dispose()
        self.engine.dispose()

    def _read(self, unit: Callable[[Session], T]) -> T:
        with trouble_in_words(), Session(self._reading, autoflush=False) as session:
            return unit(session)

    def _write_all(self) -> None:
        while (first := self._queue.get()) is not None:
            batch = [first]
            last = False
            while len(batch) < BATCH_MAX and not self._queue.empty():
                unit = self._queue.get()
                if unit is None:
                    last = True
                    break
                batch.append(unit)
            self._write_batch(batch)
            if last:
                return

    def _write_batch(self, batch: list[Unit]) -> None:
        """Run the units in one transaction, and tell each caller once it is durable."""
        failure: BaseException | None = None
        rings: set[str] = set()
        try:
            with trouble_in_words():
                try:
                    rings = self._run_batch(batch)
                except Spoiled:
                    rings = self._run_batch(batch, one_by_one=True)
        except BaseException as error:
            failure = error
        for unit in batch:
            unit.answer(failure)
        if failure is None:
            self.bell.ring(rings)

    def _run_batch(self, batch: list[Unit], *, one_by_one: bool = False) -> set[str]:
        run = run_in_own_session if one_by_one else run_in_shared_session
        connection, self._connection = self._connection or self.engine.connect(), None
        with ExitStack() as trouble:
            trouble.callback(connection.close)
            rings = self._commit(connection, batch, run)
            trouble.pop_all()
        self._connection = connection
        return rings

    def _commit(self, connection: Connection, batch: list[Unit], run: Run) -> set[str]:
        with connection.begin():
            pending: list[Pending] = []
            rings: set[str] = set()
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            with Session(connection, expire_on_commit=False) as session:
                for unit in batch:
                    info = run(session, driver, unit)
                    pending += info.get("pending", ())
                    rings.update(info.get("rings", ()))
            if pending:
                rings |= self.settle(connection, pending)
        return rings


class Spoiled(Exception):
    """A unit broke the transaction it shared with others; run them again, each in a session of its own."""


def run_in_shared_session(session: Session, driver: sqlite3.Connection, unit: Unit) -> Info:
    """The quick way. A unit that says no is undone alone; one that the database refuses spoils the session."""
    driver.execute("SAVEPOINT unit")
    session.info.clear()
    try:
        unit.run(session)
    except DBAPIError as error:
        raise Spoiled from error
    except BaseException as error:
        if not session.is_active:
            raise Spoiled from error
        unit.refusal = error
        driver.execute("ROLLBACK TO unit")
        session.info.clear()
    driver.execute("RELEASE unit")
    info = dict(session.info)
    session.expunge_all()
    return info


def run_in_own_session(shared: Session, driver: sqlite3.Connection, unit: Unit) -> Info:
    """The sure way: a session in a SAVEPOINT for each unit."""
    unit.result, unit.refusal = None, None
    session = Session(shared.connection(), join_transaction_mode="create_savepoint", expire_on_commit=False)
    try:
        with trouble_in_words():
            unit.run(session)
            session.commit()
    except BaseException as error:
        if not driver.in_transaction:
            # On a full disk SQLite may take back the whole transaction. Then nobody in it may be told it was saved.
            raise
        session.close()
        unit.refusal = error
        return {}
    session.close()
    return dict(session.info)


def begin_wal(cursor: DBAPICursor) -> None:
    """SQLite does not wait in this one place, where two houses open a new file at the same moment."""
    give_up_at = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up_at:
                raise
        time.sleep(LOCKED_SECONDS)


def engine_on(path: Path, *, read_only: bool = False) -> Engine:
    """An engine whose transactions are ours: WAL, every commit on disk, writers begin as writers."""
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
        pool_size=READERS + 2,
    )

    def on_connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        begin_wal(cursor)
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine
