"""What the house asks of a database, whichever it is.

Lifecycle:
1. `Database(...)` opens nothing yet that a broken database could spoil; `migrate` runs on `engine` first.
2. `write(unit)` runs the unit in a transaction and answers when the commit is durable. A unit that raises
   leaves no trace. Units touch the database and nothing else, because they may be run again.
3. `read(unit)` runs the unit on a connection that cannot write.
4. A unit may add topics to `session.info["rings"]`; they are rung on every replica after the commit.
5. A unit may add rows to `session.info["pending"]`; `settle` writes those of all units in one commit together,
   and answers with topics that are rung after it in this house alone.
6. `close()` ends what is under way and lets go of every connection; later units are refused with `Closed`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from dure.kit import Refused, Text, now, say
from dure.ledger.database.bell import Bell
from dure.ledger.database.table import Moment

T = TypeVar("T")

Pending = dict[str, Any]

Settle = Callable[[Connection, list[Pending]], set[str]]
"""Write what the units left pending, once for all of them. Returns the topics to ring in this house."""


class NotSaved(Refused):
    """The database could not keep what was asked. Nothing of it was saved."""


class Closed(NotSaved):
    """The house is closing, or closed."""

    def __init__(self) -> None:
        super().__init__(say("Dure is shutting down, so this was not done. Please try again in a moment."))


class Database(ABC):
    engine: Engine
    bell: Bell

    @abstractmethod
    def write(self, unit: Callable[[Session], T]) -> "Future[T]": ...

    @abstractmethod
    def read(self, unit: Callable[[Session], T]) -> "Future[T]": ...

    @abstractmethod
    def close(self) -> None: ...


def database_time(asked: Session | Connection) -> datetime:
    """The time by which leases are judged: the database server's, so that replicas agree."""
    if on_postgres(asked):
        return asked.execute(select(func.clock_timestamp(type_=Moment))).scalar_one()
    return now()


def one_at_a_time(asked: Session | Connection, door: int, patience_seconds: int = 0) -> None:
    """From here to the commit, one house at a time. SQLite has one writer anyway; PostgreSQL has a lock for it.

    Without patience it waits for ever, else it refuses after that time.
    """
    if on_postgres(asked):
        lock = text("SELECT set_config('lock_timeout', :patience, true), pg_advisory_xact_lock(:door)")
        asked.execute(lock, {"patience": f"{patience_seconds}s", "door": door})


def on_postgres(asked: Session | Connection) -> bool:
    return (asked if isinstance(asked, Connection) else asked.get_bind()).dialect.name == "postgresql"


UNANSWERED = say("The database does not answer, so this was not saved. Please try again in a moment.")
TROUBLE: list[tuple[tuple[str, ...], Text]] = [
    (
        ("database or disk is full", "no space left", "disk full", "file too large"),
        say("The disk is full, so this was not saved. Free some space where Dure keeps its data, then try again."),
    ),
    (
        ("readonly database", "read-only", "unable to open database file", "disk i/o error"),
        say(
            "The database cannot be written, so this was not saved. Check the disk and the owner of Dure's data "
            "directory; `dure doctor` says more."
        ),
    ),
    (
        ("database is locked", "lock timeout", "deadlock detected", "could not serialize"),
        say("Many changes came at once and this one had to give way. Nothing was saved; please try again."),
    ),
    (
        (
            "connection refused",
            "connection timeout",
            "connection to server",
            "is starting up",
            "is shutting down",
            "too many clients",
        ),
        UNANSWERED,
    ),
]


@contextmanager
def trouble_in_words() -> Iterator[None]:
    """Turn what a database driver says about a bad day into a sentence. Other errors are bugs and pass."""
    try:
        yield
    except DBAPIError as error:
        said = everything_said(error)
        for signs, words in TROUBLE:
            if any(sign in said for sign in signs):
                raise NotSaved(words) from error
        if error.connection_invalidated:
            raise NotSaved(UNANSWERED) from error
        raise


def everything_said(error: BaseException) -> str:
    """What the driver said first may hide behind what it said of the attempt to roll back."""
    words: list[str] = []
    met: BaseException | None = error
    while met is not None:
        if isinstance(met, DBAPIError):
            words.append(str(met.orig).lower())
        met = met.__context__
    return "\n".join(words)
