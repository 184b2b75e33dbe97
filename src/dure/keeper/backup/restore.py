"""`dure restore`: a backup becomes a house again, or nothing changes.

Everything is taken out beside the old data and checked there: the digests, the database file, the chain of the
ledger. Only then does it take its place; what was there before is put aside, never deleted.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import DBAPIError

from dure.keeper.backup import archive
from dure.keeper.backup.archive import Manifest, unpack
from dure.keeper.backup.make import LOGS, ask_postgres
from dure.keeper.backup.repositories import FOLDER, unbundle
from dure.keeper.options import data_option
from dure.keeper.place import BLOBS, LOCK, MASTER_KEY, RESTORING, held, make_private
from dure.keeper.reading import looking, reading_engine, reading_file
from dure.kit import Progress, Refused, say, told
from dure.ledger import Chain, Tampered, schema_of, verify
from dure.settings import FILE, Settings, read_settings

PUT_ASIDE = "before-restore"
NOT_DATA = {LOCK, RESTORING, FILE, "lost+found"}
"""What may lie in a directory that still counts as empty."""
DATABASE = "dure.db"


class NotEmpty(Refused):
    """There is data where the backup should go."""


class BadBackup(Refused):
    """The file is whole, and what it holds cannot be a house's."""


@click.command(
    help=told(
        say(
            "Brings back what FILE holds into an empty data directory; with --force into one that is in use no more, "
            "whose old content is put aside in it. Everything is checked first: digests, database, ledger."
        )
    )
)
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@data_option
@click.option("--force", is_flag=True, help=told(say("Put what is there aside, and go on.")))
def restore(file: Path, data: Path | None, force: bool) -> None:
    settings = read_settings(os.environ, data=data)
    make_private(settings.data)
    progress = Progress()
    with held(settings.data), beside(settings.data, force=force) as fresh:
        progress.say(say("Unpacking and checking {file} …", file=file))
        manifest = unpack(file, fresh)
        progress.say(say("Checking the database and the ledger …"))
        chain = checked(settings, manifest, fresh)
        unbundle(fresh)
        aside = take_place(settings, fresh)
        progress.end()
    print(
        told(
            say(
                "Restored into {data}: {entries} ledger entries, the chain holds.",
                data=settings.data,
                entries=chain.entries,
            )
        )
    )
    if aside is not None:
        print(told(say("What was there before lies in {folder}.", folder=aside)))
    if not (settings.master_key_file or settings.data / MASTER_KEY).exists():
        print(
            told(
                say(
                    "The backup held no master key. Put yours to {file} before `dure up`, or secrets stay locked.",
                    file=settings.data / MASTER_KEY,
                )
            )
        )


@contextmanager
def beside(data: Path, *, force: bool) -> Iterator[Path]:
    """An empty folder in the directory, in which the backup is made ready. A restore that fails leaves nothing."""
    if not force and any(path.name not in NOT_DATA for path in data.iterdir()):
        raise NotEmpty(
            say(
                "{data} is not empty. Name another directory with --data, or put its content aside with --force.",
                data=data,
            )
        )
    fresh = data / RESTORING
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    with ExitStack() as clearing:
        clearing.callback(shutil.rmtree, fresh, ignore_errors=True)
        yield fresh


def checked(settings: Settings, manifest: Manifest, fresh: Path) -> Chain:
    """Whether this can be a house: the database opens, is of a kind we know, and its ledger holds."""
    if manifest.database == "postgresql":
        return checked_dump(settings, manifest, fresh)
    if settings.database:
        raise BadBackup(
            say("This backup holds an SQLite database, and the setting `database` names PostgreSQL. Leave it empty.")
        )
    file = fresh / archive.SQLITE
    try:
        with closing(sqlite3.connect(file)) as connection:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    if said != ["ok"]:
        raise BadBackup(say("The database in the backup is damaged: {what}", what="; ".join(said)))
    engine = reading_file(file)
    if not schema_of(engine).known:
        raise BadBackup(
            say("The backup was made by a newer Dure ({version}). Restore it with that one.", version=manifest.dure)
        )
    with looking(engine) as work:
        return expect_same(verify(work), manifest)


def checked_dump(settings: Settings, manifest: Manifest, fresh: Path) -> Chain:
    """PostgreSQL takes the dump in one transaction, so a database that cannot be filled stays empty."""
    if not settings.database:
        raise BadBackup(
            say("This backup holds a PostgreSQL database. Make an empty one, and name it in the setting `database`.")
        )
    expect_empty(settings)
    argv = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    ask_postgres([*argv, str(fresh / archive.POSTGRES)], settings)
    with looking(reading_engine(settings)) as work:
        return expect_same(verify(work), manifest)


def expect_empty(settings: Settings) -> None:
    engine = create_engine(settings.database_url)
    try:
        tables = inspect(engine).get_table_names()
    except DBAPIError as error:
        raise BadBackup(say("The database cannot be read: {why}", why=str(error.orig).strip())) from error
    finally:
        engine.dispose()
    if tables:
        raise NotEmpty(say("The database in `database` is not empty. Make a new one for the backup, and name that."))


def expect_same(chain: Chain, manifest: Manifest) -> Chain:
    if (chain.head, chain.entries + chain.unsealed) != (manifest.head, manifest.entries):
        raise Tampered(say("The ledger in the backup is not the one that was backed up."))
    return chain


def take_place(settings: Settings, fresh: Path) -> Path | None:
    """Put the old content aside and the new in its place; the database last. Returns where the old content is.

    Settings and master key stay when the backup brings none. Settings that are here already stay in any case: they
    belong to this machine.
    """
    data = settings.data
    brought = {path.name for path in fresh.iterdir()}
    kept = {LOCK, RESTORING, FILE, "lost+found"} | ({MASTER_KEY} - brought)
    old = [path for path in data.iterdir() if path.name not in kept and not path.name.startswith(PUT_ASIDE)]
    aside = data / f"{PUT_ASIDE}-{datetime.now(UTC):%Y%m%dT%H%M%S}" if old else None
    if aside is not None:
        aside.mkdir(mode=0o700)
        for path in old:
            path.rename(aside / path.name)
    moves = [
        (BLOBS, archive.BLOBS),
        (FOLDER, archive.REPOSITORIES),
        (LOGS, archive.LOGS),
        (MASTER_KEY, archive.KEYS),
        (FILE, archive.SETTINGS),
        (DATABASE, archive.SQLITE),
    ]
    for name, member in moves:
        if (fresh / member).exists() and not (data / name).exists():
            (fresh / member).rename(data / name)
    folder = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(folder)
    os.close(folder)
    return aside
