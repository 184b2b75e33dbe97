"""What the doctor looks at in the house: its directory, disk, port, key and database."""

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Engine, select, text

from dure.keeper.doctor.finding import Finding, bad, good, note
from dure.keeper.doctor.machine import judged_drift, judged_past
from dure.keeper.place import FREE_BYTES_MIN, card_of, key_path
from dure.keeper.port import CannotListen, listening
from dure.keeper.reading import looking, reading_engine, sqlite_file
from dure.kit import Refused, Text, now, say, say_count
from dure.ledger import Entry, Work, database_time, schema_of, stuck_deliveries
from dure.settings import Settings

FREE_BYTES_WISHED = 1_000_000_000
INODES_MIN = 10_000
WAL_BYTES_MAX = 256_000_000


def check_directory(settings: Settings) -> Iterable[Finding]:
    data = settings.data
    if not data.exists():
        yield note("data", say("{data} is not there yet; `dure up` makes it.", data=data))
        return
    found = data.stat()
    mode = stat.S_IMODE(found.st_mode)
    if found.st_uid != os.getuid() and os.getuid() != 0:
        yield bad(
            "data",
            say(
                "{data} belongs to user number {owner}, and you are {user}.",
                data=data,
                owner=found.st_uid,
                user=os.getuid(),
            ),
            say("Run Dure as the owner, or give it the directory: chown -R {user} {data}", user=os.getuid(), data=data),
        )
    elif not os.access(data, os.W_OK | os.X_OK):
        yield bad(
            "data",
            say("{data} cannot be written.", data=data),
            say("Run: chmod u+rwx {data}; and see that its disk is not mounted read-only.", data=data),
        )
    elif mode & 0o077:
        yield bad(
            "data",
            say("{data} is open to others on this machine (mode {mode}).", data=data, mode=f"{mode:04o}"),
            say("Run: chmod 700 {data}", data=data),
        )
    else:
        yield good("data", say("{data} is ours alone.", data=data.resolve()))


def check_disk(settings: Settings) -> Iterable[Finding]:
    place = nearest(settings.data)
    free = shutil.disk_usage(place).free
    megabytes = free // 1_000_000
    remedy = say("Free some space, or move {data} to a bigger disk.", data=settings.data)
    if free < FREE_BYTES_MIN:
        yield bad("disk", say("Only {free} MB are free on the disk; Dure does not start.", free=megabytes), remedy)
    elif free < FREE_BYTES_WISHED:
        yield bad("disk", say("Only {free} MB are free on the disk.", free=megabytes), remedy)
    else:
        yield good("disk", say("{free} MB are free on the disk.", free=megabytes))
    inodes = os.statvfs(place)
    if inodes.f_files and inodes.f_favail < INODES_MIN:
        yield bad(
            "inodes",
            say("Only {free} more files fit on the disk.", free=inodes.f_favail),
            say("Remove files you do not need, or make the file system anew with more inodes."),
        )


def nearest(path: Path) -> Path:
    """The directory, or the nearest one above it that is there already."""
    return next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())


def check_port(settings: Settings) -> Iterable[Finding]:
    card = card_of(settings.data)
    if card is not None:
        yield good("port", say("Dure answers on {listen} (process {pid}).", listen=card.listen, pid=card.pid))
        return
    try:
        listening(settings.host, settings.port).close()
    except CannotListen as taken:
        yield bad(
            "port", taken.text, say("Stop the other program, or set `listen` in dure.toml to a port that is free.")
        )
    else:
        yield good("port", say("{listen} is free.", listen=settings.listen))


def check_master_key(settings: Settings) -> Iterable[Finding]:
    path = key_path(settings)
    if not path.exists():
        yield note("key", say("There is no master key yet; `dure up` makes it."))
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield bad(
            "key",
            say("{path} can be used by others on this machine (mode {mode}).", path=path, mode=f"{mode:04o}"),
            say("Run: chmod 600 {path}", path=path),
        )
    else:
        yield good("key", say("The master key is ours alone."))


def check_database(settings: Settings) -> Iterable[Finding]:
    file = sqlite_file(settings)
    if file is not None and not file.exists():
        yield note("database", say("There is no database yet; `dure up` makes it."))
        return
    try:
        yield from look_into(settings, file)
    except Refused as refused:
        yield bad("database", refused.text, remedy_for(file))


def remedy_for(file: Path | None) -> Text:
    if file is None:
        return say("See that PostgreSQL runs and that the address in `database` is right.")
    return say("Restore the newest backup: dure restore FILE --force. The damaged data is kept beside it.")


def judged_commits(mode: str) -> Finding:
    """What PostgreSQL promises when it says that a commit is done."""
    if mode == "off":
        return bad(
            "commits",
            say(
                "PostgreSQL answers before a commit is safe (synchronous_commit = {mode}); a crash loses it.", mode=mode
            ),
            say("Run: ALTER DATABASE … SET synchronous_commit = on"),
        )
    return good("commits", say("PostgreSQL keeps what it has acknowledged."))


def look_into(settings: Settings, file: Path | None) -> Iterator[Finding]:
    engine = reading_engine(settings)
    with looking(engine) as work:
        yield judged_schema(engine)
        if file is not None:
            yield from look_into_file(work, file)
        else:
            yield judged_commits(work.session.execute(text("SHOW synchronous_commit")).scalar_one())
        drift = judged_drift(now(), database_time(work.session)) or judged_newest(work)
        if drift is not None:
            yield drift
        stuck = [delivery for delivery, _ in stuck_deliveries(work) if delivery.stuck_at is not None]
        if stuck:
            yield bad(
                "deliveries",
                say_count("{count} delivery is stuck.", "{count} deliveries are stuck.", len(stuck)),
                say("Look at /admin/deliveries: it says why, and lets you try again."),
            )


def judged_schema(engine: Engine) -> Finding:
    schema = schema_of(engine)
    if not schema.known:
        return bad(
            "database",
            say("The database was last opened by a newer Dure (schema {revision}).", revision=schema.current),
            say("Start that version again, or restore a backup made with this one."),
        )
    if schema.current != schema.newest:
        return note(
            "database",
            say(
                "The database is older than this Dure; `dure up` brings it up to date and keeps a copy of the old one."
            ),
        )
    return good("database", say("The database opens; its schema is {revision}.", revision=schema.current or "-"))


def look_into_file(work: Work, file: Path) -> Iterator[Finding]:
    said = [str(row[0]) for row in work.session.execute(text("PRAGMA quick_check(5)"))]
    if said == ["ok"]:
        yield good("integrity", say("The database file is whole."))
    else:
        yield bad("integrity", say("The database file is damaged: {what}", what="; ".join(said)), remedy_for(file))
    log = file.with_name(f"{file.name}-wal")
    size = log.stat().st_size if log.exists() else 0
    if size > WAL_BYTES_MAX:
        yield bad(
            "log",
            say("The write-ahead log has grown to {size} MB.", size=size // 1_000_000),
            say("Something reads without an end. `dure down` and `dure up` bring the log back to its size."),
        )


def judged_newest(work: Work) -> Finding | None:
    newest = work.session.scalars(select(Entry.at).order_by(Entry.at.desc()).limit(1)).first()
    return judged_past(now(), newest) if newest else None
