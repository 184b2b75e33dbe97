"""PostgreSQL: a pool of connections, several houses at once, bells over LISTEN and NOTIFY."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

import psycopg
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from dure.ledger.database.bell import Bell
from dure.ledger.database.insert import expect_unbroken
from dure.ledger.database.port import Closed, Database, Settle, trouble_in_words

T = TypeVar("T")
log = logging.getLogger(__name__)

WORKERS = 12
CHANNEL = "dure"
TRIES = 4
LISTEN_SECONDS = 1.0
RECONNECT_SECONDS = 1.0
LINE = {"connect_timeout": "10", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
"""A server that vanished without a word is noticed within a minute."""
NOTIFY = text("SELECT pg_notify(:channel, :topic)")
AGAIN_SECONDS = 0.05
AGAIN = ("40001", "40P01")
"""SQLSTATE of a lost race (serialization, deadlock): the unit may simply be run again."""


class PostgresDatabase(Database):
    def __init__(self, url: str, bell: Bell, settle: Settle) -> None:
        self.bell, self.settle = bell, settle
        self.engine = create_engine(make_url(url).update_query_dict(LINE), pool_size=WORKERS + 2, pool_pre_ping=True)
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="database")
        self._stop = threading.Event()
        self._closing = threading.Lock()
        self._listener = threading.Thread(target=self._listen, name="listener", daemon=True)
        self._listener.start()

    def write(self, unit: Callable[[Session], T]) -> "Future[T]":
        return self._submit(self._write, unit)

    def read(self, unit: Callable[[Session], T]) -> "Future[T]":
        return self._submit(self._read, unit)

    def close(self) -> None:
        with self._closing:
            self._stop.set()
        self._workers.shutdown()
        # A last ring, so that the listener hears at once that it may go; a dead server cannot pass it on.
        with suppress(DBAPIError), self.engine.begin() as connection:
            connection.execute(NOTIFY, {"channel": CHANNEL, "topic": "closing"})
        self._listener.join()
        self.engine.dispose()

    def _submit(self, run: Callable[[Callable[[Session], T]], T], unit: Callable[[Session], T]) -> "Future[T]":
        with self._closing:
            if self._stop.is_set():
                raise Closed
            return self._workers.submit(run, unit)

    def _read(self, unit: Callable[[Session], T]) -> T:
        with trouble_in_words(), Session(self.engine, autoflush=False) as session:
            # One moment for the whole unit, as on SQLite: its questions must not see different worlds.
            session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            return unit(session)

    def _write(self, unit: Callable[[Session], T]) -> T:
        with trouble_in_words():
            for number in range(1, TRIES + 1):
                try:
                    return self._write_once(unit)
                except OperationalError as error:
                    if number == TRIES or getattr(error.orig, "sqlstate", None) not in AGAIN:
                        raise
                # Whoever won the race needs a moment to finish, or the same race begins anew.
                time.sleep(number * AGAIN_SECONDS)
        raise AssertionError("unreachable: the last try returns or raises")

    def _write_once(self, unit: Callable[[Session], T]) -> T:
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            result = unit(session)
            session.flush()
            expect_unbroken(session)
            pending = session.info.get("pending")
            near = self.settle(session.connection(), pending) if pending else set()
            for topic in session.info.get("rings", ()):
                session.execute(NOTIFY, {"channel": CHANNEL, "topic": topic})
        # NOTIFY takes a lock that all committing writers share, so the common bells ring in this house alone.
        self.bell.ring(near)
        return result

    def _listen(self) -> None:
        """Hear the bells of every house on this database. Our own come back to us the same way."""
        url = self.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while not self._stop.is_set():
            try:
                with psycopg.connect(url, autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self.bell.ring_all()
                    while not self._stop.is_set():
                        for notice in connection.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                            self.bell.ring([notice.payload])
            except psycopg.Error as error:
                log.warning("lost the bell line to PostgreSQL (%s); calling again", error)
                self._stop.wait(RECONNECT_SECONDS)
