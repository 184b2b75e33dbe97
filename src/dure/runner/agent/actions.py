"""Actions on the runner's disk: each tree once, under its digest, whoever uses it. No job can change it."""

import hashlib
import os
import secrets
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from dure.kit import Refused, say
from dure.wire import ACTION_BYTES_MAX, ACTION_FILES_MAX

UNPACKED_BYTES_MAX = 4 * ACTION_BYTES_MAX
READABLE, RUNNABLE = 0o644, 0o755


def unpacked(actions: Path, digest: str, fetch: Callable[[], Iterator[bytes]]) -> Path:
    """Where the tree lies. Half of one is never seen: it is made aside and then put in its place."""
    name = digest.removeprefix("sha256:")
    place = actions / name
    if place.is_dir():
        with suppress(OSError):
            os.utime(place)
        return place
    aside = actions / f".{name[:12]}-{secrets.token_hex(4)}"
    aside.mkdir(mode=RUNNABLE, parents=True)
    try:
        archive = aside / "tree.tar.gz"
        take(archive, digest, fetch())
        tree = aside / "tree"
        tree.mkdir(mode=RUNNABLE)
        unpack(archive, tree)
        with suppress(OSError):  # Another job of this runner was quicker.
            tree.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return place


def take(archive: Path, digest: str, pieces: Iterator[bytes]) -> None:
    seen = hashlib.sha256()
    with archive.open("wb") as file:
        for piece in pieces:
            seen.update(piece)
            file.write(piece)
    if f"sha256:{seen.hexdigest()}" != digest:
        raise Refused(say("The action came with another digest than {digest}.", digest=digest))


def unpack(archive: Path, tree: Path) -> None:
    """Plain files, folders and links that stay inside; all of it belongs to the runner."""
    count = size = 0
    try:
        with archive.open("rb") as file, opened(file) as members:
            for member in members:
                count, size = count + 1, size + member.size
                if count > ACTION_FILES_MAX or size > UNPACKED_BYTES_MAX:
                    raise Refused(say("The action holds too much to be unpacked."))
                members.extract(member, tree, set_attrs=False, filter=guarded)
                if member.isfile():
                    (tree / member.name).chmod(RUNNABLE if member.mode & 0o100 else READABLE)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Refused(say("The action could not be unpacked: {why}.", why=str(error)[:300])) from error


def opened(file: IO[bytes]) -> tarfile.TarFile:
    return tarfile.open(fileobj=file, mode="r|gz")


def guarded(member: tarfile.TarInfo, place: str) -> tarfile.TarInfo | None:
    """What leads out of its place, and devices, end the unpacking."""
    if member.name in ("", ".") or member.type == tarfile.XGLTYPE:
        return None
    return tarfile.data_filter(member, place)
