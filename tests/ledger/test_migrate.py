"""Migrations: from nothing to the newest shape, with a way back, and never over what a newer Dure wrote."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from dure import app
from dure.ledger import HOUSE, Database, House, Table, TooNew, migrate, open_database
from dure.ledger.migrate import REVISIONS, SCRIPTS, schema_of
from tests.ledger.notes import ADA, NoteWritten, entries

assert app.ROOMS, "the app imports every room, so that every table is known"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(open_database(database_url)) as database:
        yield database


def ours(name: str | None) -> bool:
    """Tests have tables of their own, and databases some for themselves (the words of a full-text index)."""
    return name in Table.metadata.tables and not str(name).startswith("test_")


def test_from_nothing_to_the_shape_the_code_knows(database: Database) -> None:
    assert migrate(database.engine) is None
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_name": lambda name, kind, _: kind != "table" or ours(name),
                "include_object": lambda _, name, kind, *__: kind != "table" or ours(name),
            },
        )
        assert compare_metadata(context, Table.metadata) == []


def test_the_shapes_are_known_without_asking_alembic() -> None:
    scripts = ScriptDirectory(str(SCRIPTS))
    assert [script.revision for script in scripts.walk_revisions()] == REVISIONS[::-1]


def test_a_house_works_on_a_migrated_database(database: Database) -> None:
    migrate(database.engine)
    house = House(database)
    event = NoteWritten(note=1, words="milk")
    house.write_now(ADA, lambda work: work.record(event, about=["pile:1"], within="house"))
    (entry,) = house.read_now(HOUSE, entries)
    assert entry.event() == event


def test_migrating_again_does_nothing(database: Database, tmp_path: Path) -> None:
    migrate(database.engine)
    assert migrate(database.engine, tmp_path / "snapshots") is None
    assert not (tmp_path / "snapshots").exists()
    schema = schema_of(database.engine)
    assert schema.current == schema.newest


def test_a_database_of_a_newer_dure_is_refused_and_left_as_it_is(database: Database, tmp_path: Path) -> None:
    migrate(database.engine)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from-the-future'"))
    with pytest.raises(TooNew, match=r"newer Dure .*from-the-future"):
        migrate(database.engine, tmp_path / "snapshots")
    assert not schema_of(database.engine).known
    assert not (tmp_path / "snapshots").exists()


def test_a_snapshot_is_put_aside_before_sqlite_is_migrated(tmp_path: Path) -> None:
    """Here from a database that no migration has touched yet, but that holds something."""
    with closing(open_database(f"sqlite:///{tmp_path}/dure.db")) as database:
        with database.engine.begin() as connection:
            connection.execute(text("CREATE TABLE older (words VARCHAR)"))
            connection.execute(text("INSERT INTO older VALUES ('milk')"))
        snapshot = migrate(database.engine, tmp_path / "snapshots")
        assert inspect(database.engine).has_table("ledger_entry")

    assert snapshot is not None
    assert snapshot.stat().st_mode & 0o777 == 0o600
    assert snapshot.parent.stat().st_mode & 0o777 == 0o700
    with closing(sqlite3.connect(snapshot)) as copy:
        assert copy.execute("SELECT name FROM sqlite_master").fetchall() == [("older",)]
        assert copy.execute("SELECT words FROM older").fetchall() == [("milk",)]


def test_houses_that_start_together_migrate_once(database_url: str) -> None:
    databases = [open_database(database_url) for _ in range(4)]
    try:
        with ThreadPoolExecutor(len(databases)) as pool:
            list(pool.map(lambda database: migrate(database.engine), databases))
        assert schema_of(databases[0].engine).current is not None
    finally:
        for database in databases:
            database.close()


def test_foreign_keys_hold_again_after_a_migration(tmp_path: Path) -> None:
    with closing(open_database(f"sqlite:///{tmp_path}/dure.db")) as database:
        migrate(database.engine)
        with database.engine.connect() as connection:
            assert connection.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_numbers_that_are_given_once_are_so_after_a_migration_too(tmp_path: Path) -> None:
    once = {name for name, table in Table.metadata.tables.items() if table.dialect_options["sqlite"]["autoincrement"]}
    assert "build_artifact" in once
    with closing(open_database(f"sqlite:///{tmp_path}/dure.db")) as database:
        migrate(database.engine)
        with database.engine.connect() as connection:
            found = connection.execute(text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"))
            assert set(found.scalars()) == once
