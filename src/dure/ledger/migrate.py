"""Bringing a database to the shape that this Dure knows. From an empty file, it makes the whole of it.

SQLite cannot take back half a migration, so a snapshot is put aside before one begins. A database that a newer
Dure has written is refused, because what it holds would be misread.
"""

import logging
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from dure.kit import Refused, say
from dure.ledger.database import trouble_in_words

log = logging.getLogger(__name__)

SCRIPTS = Path(__file__).parent / "migrations"
REVISIONS = sorted(script.name.partition("_")[0] for script in (SCRIPTS / "versions").glob("[0-9]*.py"))
"""The shapes this Dure knows, oldest first: the file of a migration begins with its number."""


class TooNew(Refused):
    """The database was written by a newer Dure."""


def migrate(engine: Engine, snapshots: Path | None = None) -> Path | None:
    """Bring the database up to date. Returns the snapshot made before, if one was needed."""
    schema = schema_of(engine)
    if schema.current == schema.newest:
        return None
    if not schema.known:
        raise TooNew(
            say(
                "This database was last opened by a newer Dure (its schema is {revision}, which this one does "
                "not know). Start that version again, or restore a backup made with this one.",
                revision=schema.current,
            )
        )
    # Hardly any start finds something to do here, and loading Alembic takes a tenth of it.
    from dure.ledger.upgrade import upgrade  # noqa: PLC0415

    with trouble_in_words():
        snapshot = None if schema.empty or snapshots is None else put_aside(engine, snapshots, schema.current)
        upgrade(engine, SCRIPTS)
    return snapshot


@dataclass(frozen=True)
class Schema:
    """The shape a database has, and the shape this Dure knows."""

    current: str | None
    newest: str | None
    known: bool
    empty: bool


def schema_of(engine: Engine) -> Schema:
    """Look, and change nothing."""
    with trouble_in_words(), engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        current = written_revision(connection) if "alembic_version" in tables else None
    known = current is None or current in REVISIONS
    return Schema(current, max(REVISIONS, default=None), known, empty=not tables)


def written_revision(connection: Connection) -> str | None:
    """What the last migration wrote down; nothing, where all of them were taken back."""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


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
