"""The data directory: whose it is, who is at home in it, and one house at a time.

`house.lock` is held by the kernel for as long as a house lives, however it ends; the file itself stays. `house.json`
says what else there is to know of the house that holds it.
"""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from dure.kit import Refused, say
from dure.settings import Settings

LOCK = "house.lock"
CARD = "house.json"
MASTER_KEY = "master.key"
BLOBS = "blobs"
RESTORING = ".restoring"
PRIVATE = 0o700
FREE_BYTES_MIN = 64 * 1024 * 1024
"""Below this a house does not start: the first bad day would follow within minutes."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What `house.json` says of the house that runs."""

    pid: int
    url: str
    listen: str
    started_at: datetime
    version: str


class AlreadyRunning(Refused):
    """Another house is at home in this directory."""


class NotOurs(Refused):
    """The directory cannot be used."""


def key_path(settings: Settings) -> Path:
    return settings.master_key_file or settings.data / MASTER_KEY


def make_private(data: Path) -> None:
    """Make the directory, or see that it is ours to write and closed to others."""
    try:
        data.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        if stat.S_IMODE(data.stat().st_mode) & 0o077:
            data.chmod(PRIVATE)
    except FileExistsError as error:
        raise NotOurs(say("{data} is a file; Dure needs a directory for its data.", data=data)) from error
    except PermissionError as error:
        raise not_writable(data) from error
    except OSError as error:
        raise NotOurs(say("{data} cannot be used: {why}.", data=data, why=error.strerror or str(error))) from error
    if not os.access(data, os.W_OK | os.X_OK):
        raise not_writable(data)


def not_writable(data: Path) -> NotOurs:
    return NotOurs(
        say(
            "{data} cannot be written by this user (number {user}). Give the directory to it, run Dure as its owner, "
            "or name another with --data.",
            data=data,
            user=os.getuid(),
        )
    )


def expect_room(data: Path) -> None:
    """Refuse to start on a disk that is as good as full."""
    free = shutil.disk_usage(data).free
    if free < FREE_BYTES_MIN:
        raise NotOurs(
            say(
                "Only {free} MB are free on the disk of {data}, too little to start. Free at least {needed} MB.",
                free=free // 1_000_000,
                data=data,
                needed=FREE_BYTES_MIN // 1_000_000,
            )
        )


def expect_whole(data: Path) -> None:
    """Refuse to start on what a restore that was killed left behind: half a house would look like an empty one."""
    if (data / RESTORING).exists():
        raise NotOurs(
            say("A restore into {data} was cut off. Do it again: dure restore FILE --force --data {data}", data=data)
        )


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Be at home in the directory, alone."""
    try:
        file = os.open(data / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise not_writable(data) from error
    except OSError as error:
        raise NotOurs(say("{data} cannot be used: {why}.", data=data, why=error.strerror or str(error))) from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(
                say(
                    "A Dure already uses {data} (process {pid}). Stop it with `dure down --data {data}`, or give this "
                    "one a directory of its own with --data.",
                    data=data,
                    pid=pid_in(data) or "?",
                )
            ) from error
        with suppress(OSError):
            # On a full disk the number is not written; the lock holds all the same.
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(file)


def somebody_home(data: Path) -> bool:
    """Whether a house lives here now. Asks the kernel, so a house that was killed does not count."""
    try:
        file = os.open(data / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def pid_in(data: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int((data / LOCK).read_text())
    return None


def card_of(data: Path) -> Card | None:
    """The card of the house that runs here; None when none runs, or it has not finished starting."""
    if not somebody_home(data):
        return None
    with suppress(OSError, msgspec.DecodeError):
        card = msgspec.json.decode((data / CARD).read_bytes(), type=Card)
        if card.pid == pid_in(data):
            return card
    return None


@contextmanager
def card_shown(data: Path, card: Card) -> Iterator[None]:
    """The card, for as long as the house answers."""
    write_private(data / CARD, msgspec.json.format(msgspec.json.encode(card)) + b"\n")
    try:
        yield
    finally:
        (data / CARD).unlink(missing_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """A small file for our eyes only, there in one step."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(content)
    fresh.replace(path)
