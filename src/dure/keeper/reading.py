"""Looking into the database from beside the house: read only, and all from one moment."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from dure.kit import Refused, say
from dure.ledger import HOUSE, Work
from dure.settings import Settings

BUSY_SECONDS = 30.0


class NoDatabase(Refused):
    """There is nothing to look into."""


def sqlite_file(settings: Settings) -> Path | None:
    """The SQLite file of these settings; None when they name PostgreSQL."""
    return Path(settings.database_url.removeprefix("sqlite:///")) if not settings.database else None


def reading_engine(settings: Settings) -> Engine:
    """An engine that cannot write, and sees in each transaction what was committed when it began."""
    file = sqlite_file(settings)
    if file is None:
        engine = create_engine(settings.database_url, isolation_level="REPEATABLE READ")
        return engine.execution_options(postgresql_readonly=True)
    if not file.exists():
        raise NoDatabase(
            say("There is no database in {data} yet. `dure up --data {data}` makes it.", data=settings.data)
        )
    return reading_file(file)


def reading_file(file: Path) -> Engine:
    """The same for one SQLite file."""

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    event.listen(engine, "begin", on_begin)
    return engine


@contextmanager
def looking(engine: Engine) -> Iterator[Work]:
    """A piece of work that only reads. A database that cannot be opened says so in a sentence."""
    try:
        with Session(engine, autoflush=False) as session:
            yield Work(session, HOUSE)
    except DBAPIError as error:
        raise NoDatabase(say("The database cannot be read: {why}", why=str(error.orig).strip())) from error
    finally:
        engine.dispose()
