"""Bringing a database to the shape that this Dure knows. From an empty file, it makes the whole of it.

SQLite cannot take back half a migration, so a snapshot is put aside before one begins. A database that a newer
Dure has written is refused, because what it holds would be misread.
"""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect

from dure.kit import Refused, say
from dure.ledger.database import one_at_a_time, trouble_in_words

log = logging.getLogger(__name__)

SCRIPTS = Path(__file__).parent / "migrations"
MIGRATION_DOOR = 0x64757267


class TooNew(Refused):
    """The database was written by a newer Dure."""


def migrate(engine: Engine, snapshots: Path | None = None) -> Path | None:
    """Bring the database up to date. Returns the snapshot made before, if one was needed."""
    scripts = ScriptDirectory(str(SCRIPTS))
    newest = scripts.get_current_head()
    with trouble_in_words():
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            empty = not inspect(connection).get_table_names()
        if current == newest:
            return None
        if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
            raise TooNew(
                say(
                    "This database was last opened by a newer Dure (its schema is {revision}, which this one does "
                    "not know). Start that version again, or restore a backup made with this one.",
                    revision=current,
                )
            )
        snapshot = None if empty or snapshots is None else put_aside(engine, snapshots, current)
        upgrade(engine)
    return snapshot


@dataclass(frozen=True)
class Schema:
    """The shape a database has, and the shape this Dure knows."""

    current: str | None
    newest: str | None
    known: bool


def schema_of(engine: Engine) -> Schema:
    """Look, and change nothing."""
    scripts = ScriptDirectory(str(SCRIPTS))
    with trouble_in_words(), engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    known = current is None or current in {script.revision for script in scripts.walk_revisions()}
    return Schema(current, scripts.get_current_head(), known)


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction. Of two houses that start together, one does it."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with unreferenced(engine) as connection, connection.begin():
        one_at_a_time(connection, MIGRATION_DOOR)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if engine.dialect.name == "sqlite" and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
            raise RuntimeError(f"the migration would leave rows that point nowhere: {broken[:3]}")


@contextmanager
def unreferenced(engine: Engine) -> Iterator[Connection]:
    """A connection on which SQLite lets a migration drop a table and put its new form in its place.

    With foreign keys on, dropping the old form would take the rows that refer to it along. SQLite switches them
    only outside of transactions.
    """
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        if not isinstance(driver, sqlite3.Connection):
            yield connection
            return
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            yield connection
        finally:
            connection.rollback()
            driver.execute("PRAGMA foreign_keys=ON")


def put_aside(engine: Engine, snapshots: Path, revision: str | None) -> Path | None:
    """A copy of the SQLite file as it stood before. PostgreSQL migrates in one transaction and needs none."""
    if engine.dialect.name != "sqlite":
        return None
    snapshots.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    snapshot = snapshots / f"before-migration-{stamp}-{revision or 'none'}.db"
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute("VACUUM INTO ?", (str(snapshot),))
    snapshot.chmod(0o600)
    log.info("put a snapshot aside before migrating: %s", snapshot)
    return snapshot
