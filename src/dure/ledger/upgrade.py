"""Running the migrations that a database lacks. Only this file and the migrations know Alembic."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from dure.ledger.database import one_at_a_time

MIGRATION_DOOR = 0x64757267


def upgrade(engine: Engine, scripts: Path, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction. Of two houses that start together, one does it."""
    config = Config()
    config.set_main_option("script_location", str(scripts))
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
