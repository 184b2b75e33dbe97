"""`dure backup`: everything a house keeps, in one file, from one moment, also while it runs.

The database comes first and the blobs after it: a blob is put before the row that names it, so every blob that the
copy of the database names is already there.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click
import msgspec
from sqlalchemy import Engine, func, make_url, select, text

from dure.keeper.backup import archive
from dure.keeper.backup.archive import Manifest, written
from dure.keeper.backup.repositories import bundles_of
from dure.keeper.options import data_option, json_option
from dure.keeper.place import BLOBS, key_path
from dure.keeper.reading import NoDatabase, looking, reading_engine, reading_file, sqlite_file
from dure.kit import NotFound, Progress, Refused, now, run, say, say_count, told
from dure.ledger import Entry, Seal, Work, schema_of
from dure.settings import FILE, Settings, read_settings

DUMP_SECONDS_MAX = 24 * 3600.0
FIRST = "0" * 64
LOGS = "logs"


class AlreadyThere(Refused):
    """A file of this name exists."""


@dataclass(frozen=True)
class Copied:
    """The database as one file, and what it knew of itself at that moment."""

    name: str
    file: Path
    manifest: Manifest


class Done(msgspec.Struct, kw_only=True):
    """What `dure backup --json` says."""

    file: str
    size: int
    entries: int
    blobs: int
    repositories: int
    head: str
    with_keys: bool
    left_out: list[str]


@click.command(
    help=told(
        say(
            "Writes the database, the repositories, the blobs, the logs of jobs and the settings into one file that "
            "only you may read. The house may run meanwhile. A name that ends in .tar is not packed. Without "
            "--with-keys the master key stays out: keep a copy of it elsewhere, because the secrets in the backup open "
            "with nothing else."
        )
    )
)
@click.argument("file", type=click.Path(path_type=Path))
@data_option
@click.option("--with-keys", is_flag=True, help=told(say("Put the master key into the backup too.")))
@json_option
def backup(file: Path, data: Path | None, with_keys: bool, as_json: bool) -> None:
    settings = read_settings(os.environ, data=data)
    done = back_up(settings, target_of(file), with_keys=with_keys)
    print(msgspec.json.format(msgspec.json.encode(done)).decode() if as_json else in_words(done))


def target_of(file: Path) -> Path:
    """A directory takes a file named after the day and hour."""
    target = file / f"dure-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz" if file.is_dir() else file
    if target.exists():
        raise AlreadyThere(
            say("{file} is there already, and a backup is never overwritten. Name another.", file=target)
        )
    return target


def back_up(settings: Settings, target: Path, *, with_keys: bool) -> Done:
    progress = Progress()
    left_out = [] if with_keys else ["master.key"]
    if settings.storage:
        left_out.append(settings.storage)
    progress.say(say("Copying the database …"))
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".dure-backup-") as folder, written(target) as writing:
        database = copied(settings, Path(folder))
        writing.add(database.name, database.file)
        blobs = list(blobs_of(settings))
        for count, (name, path) in enumerate(blobs, 1):
            progress.say(say("Writing blob {count} of {total} …", count=count, total=len(blobs)))
            writing.add(name, path)
        repositories = 0
        for name, path in bundles_of(settings, Path(folder)):
            repositories += 1
            progress.say(say("Writing repository {count} …", count=repositories))
            writing.add(name, path)
        for name, path in logs_of(settings):
            writing.add(name, path)
        for name, path in small_files(settings, with_keys=with_keys):
            writing.add(name, path)
        writing.finish(database.manifest)
    progress.end()
    return Done(
        file=str(target),
        size=target.stat().st_size,
        entries=database.manifest.entries,
        blobs=len(blobs),
        repositories=repositories,
        head=database.manifest.head,
        with_keys=with_keys,
        left_out=left_out,
    )


def blobs_of(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The blobs on this disk; those in a bucket are the bucket's to keep."""
    if settings.storage:
        return
    folder = settings.data / BLOBS
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"{archive.BLOBS}/{path.relative_to(folder).as_posix()}", path


def logs_of(settings: Settings) -> Iterator[tuple[str, Path]]:
    """The logs of jobs. One that still grows is taken as far as it has come."""
    for path in sorted((settings.data / LOGS).glob("*")):
        if path.is_file() and not path.is_symlink():
            yield f"{archive.LOGS}/{path.name}", path


def small_files(settings: Settings, *, with_keys: bool) -> Iterator[tuple[str, Path]]:
    config = settings.data / FILE
    if config.exists():
        yield archive.SETTINGS, config
    key = key_path(settings)
    if with_keys:
        if not key.exists():
            raise Refused(say("There is no master key at {file} to back up.", file=key))
        yield archive.KEYS, key


def copied(settings: Settings, folder: Path) -> Copied:
    """The database in one file, as it was in one moment."""
    file = sqlite_file(settings)
    return copy_of_file(settings, file, folder) if file is not None else dump_of_server(settings, folder)


def copy_of_file(settings: Settings, file: Path, folder: Path) -> Copied:
    reading_engine(settings).dispose()
    copy = folder / "dure.db"
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as source:
            source.execute("VACUUM INTO ?", (str(copy),))
    except sqlite3.Error as error:
        raise NoDatabase(say("The database cannot be copied: {why}", why=str(error))) from error
    engine = reading_file(copy)
    with looking(engine) as work:
        return Copied(archive.SQLITE, copy, known_of(work, engine, "sqlite"))


def dump_of_server(settings: Settings, folder: Path) -> Copied:
    """Let pg_dump see exactly the moment that we count in."""
    dump = folder / "dure.pgdump"
    engine = reading_engine(settings)
    with looking(engine) as work:
        manifest = known_of(work, engine, "postgresql")
        moment = work.session.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        argv = ["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={moment}", f"--file={dump}"]
        ask_postgres(argv, settings)
    return Copied(archive.POSTGRES, dump, manifest)


def ask_postgres(argv: list[str], settings: Settings) -> None:
    """Run one of PostgreSQL's own tools on the database. The password is not put where `ps` shows it."""
    address = make_url(settings.database_url).set(drivername="postgresql")
    environment = dict(os.environ)
    if address.password:
        environment["PGPASSWORD"] = str(address.password)
    where = address.set(password=None).render_as_string()
    try:
        ran = run([*argv, f"--dbname={where}"], timeout_seconds=DUMP_SECONDS_MAX, environment=environment)
    except NotFound as error:
        raise Refused(
            say(
                "{program} is needed for this and is not installed: apt install postgresql-client",
                program=argv[0],
            )
        ) from error
    if not ran.well:
        raise Refused(say("{program} could not do it: {why}", program=argv[0], why=ran.err.strip()[-500:]))


def known_of(work: Work, engine: Engine, kind: str) -> Manifest:
    seal = work.session.execute(select(Seal.number, Seal.digest).order_by(Seal.number.desc()).limit(1)).first()
    return msgspec.convert(
        {
            "format": archive.FORMAT,
            "dure": version("dure"),
            "made_at": now(),
            "database": kind,
            "schema": schema_of(engine).current,
            "entries": work.session.scalar(select(func.count()).select_from(Entry)),
            "seals": seal.number if seal else 0,
            "head": seal.digest if seal else FIRST,
        },
        Manifest,
    )


def in_words(done: Done) -> str:
    lines = [
        told(say("{file}: {size} MB", file=done.file, size=round(done.size / 1_000_000, 1))),
        told(say_count("{count} ledger entry", "{count} ledger entries", done.entries)),
        told(say_count("{count} blob", "{count} blobs", done.blobs)),
        told(say_count("{count} repository", "{count} repositories", done.repositories)),
    ]
    if not done.with_keys:
        lines.append(
            told(say("The master key is not in it. Keep a copy of it elsewhere; secrets open with nothing else."))
        )
    if len(done.left_out) > (not done.with_keys):
        lines.append(
            told(say("The blobs in {place} are not in it; back up the bucket itself.", place=done.left_out[-1]))
        )
    return "\n".join(lines)
