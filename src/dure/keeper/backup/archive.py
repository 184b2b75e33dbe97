"""What a backup is: one tar file whose last member, the manifest, names every other with its digest.

A file that was cut off has no manifest, and one that was changed does not fit it. Nothing is believed by its name:
only the names below are taken out, and none may point outside.
"""

import gzip
import hashlib
import io
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal, cast

import msgspec

from dure.kit import Refused, say

FORMAT = 1
MANIFEST = "manifest.json"
MANIFEST_BYTES_MAX = 200_000_000
SQLITE = "database/dure.db"
POSTGRES = "database/dure.pgdump"
SETTINGS = "dure.toml"
KEYS = "master.key"
BLOBS = "blobs"
REPOSITORIES = "repositories"
LOGS = "logs"
NAMES = re.compile(
    r"manifest\.json|database/dure\.(db|pgdump)|dure\.toml|master\.key|blobs(/[A-Za-z0-9._-]+)+"
    r"|repositories/[0-9]+\.bundle|logs/[A-Za-z0-9._-]+"
)
PIECE_BYTES = 1 << 20
GZIP_LEVEL = 4


class Member(msgspec.Struct, frozen=True):
    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the backup holds, as it was when it was made."""

    format: int
    dure: str
    made_at: datetime
    database: Literal["sqlite", "postgresql"]
    schema: str | None
    entries: int
    seals: int
    head: str
    members: list[Member] = []


class NotABackup(Refused):
    """The file is no backup of ours, or not a whole one."""


class Writing:
    """A backup that is being written. Each member is hashed on its way in."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self.tar = tar
        self.members: list[Member] = []

    def add(self, name: str, file: Path) -> None:
        with file.open("rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            hashing = Hashing(opened)
            self.tar.addfile(entry(name, size), hashing)
        self.members.append(Member(name, size, hashing.digest.hexdigest()))

    def finish(self, manifest: Manifest) -> None:
        content = msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(manifest, members=self.members)))
        self.tar.addfile(entry(MANIFEST, len(content)), io.BytesIO(content))


class Hashing(io.RawIOBase):
    """A file that is hashed while it is read."""

    def __init__(self, opened: IO[bytes]) -> None:
        super().__init__()
        self.opened = opened
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self.opened.read(size)
        self.digest.update(piece)
        return piece


def entry(name: str, size: int) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.size, found.mode, found.mtime = size, 0o600, int(datetime.now(UTC).timestamp())
    return found


@contextmanager
def written(target: Path) -> Iterator[Writing]:
    """A new backup file, there under its name only when it is whole and on the disk."""
    half = target.with_name(f".{target.name}.half")
    half.unlink(missing_ok=True)
    file = os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "wb") as raw:
            with packing(target, raw) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
                yield Writing(tar)
            raw.flush()
            os.fsync(raw.fileno())
        half.rename(target)
    finally:
        half.unlink(missing_ok=True)


@contextmanager
def packing(target: Path, raw: IO[bytes]) -> Iterator[IO[bytes]]:
    """Packed, unless the name asks for a plain tar."""
    if target.suffix == ".tar":
        yield raw
        return
    with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=GZIP_LEVEL) as packed:
        yield cast(IO[bytes], packed)


def unpack(source: Path, folder: Path) -> Manifest:
    """Take everything out into an empty folder, and check it against the manifest."""
    found: dict[str, Member] = {}
    manifest, begun = b"", False
    try:
        with tarfile.open(source, mode="r:*") as tar:
            for info in tar:
                check_name(source, info, found)
                begun = True
                opened = tar.extractfile(info)
                if opened is None:
                    raise foreign(source)
                if info.name == MANIFEST:
                    manifest = opened.read(MANIFEST_BYTES_MAX)
                else:
                    found[info.name] = take_out(info.name, opened, folder)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise cut_off(source) if begun else foreign(source) from error
    return fitting(source, manifest, found)


def check_name(source: Path, info: tarfile.TarInfo, found: dict[str, Member]) -> None:
    parts = info.name.split("/")
    if not info.isreg() or not NAMES.fullmatch(info.name) or {".", ".."} & set(parts) or info.name in found:
        raise NotABackup(
            say("{file} holds something that a backup of Dure never holds: {name}.", file=source, name=info.name[:200])
        )


def take_out(name: str, opened: IO[bytes], folder: Path) -> Member:
    target = folder / name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as out:
        while piece := opened.read(PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
            out.write(piece)
        out.flush()
        os.fsync(out.fileno())
    return Member(name, size, digest.hexdigest())


def fitting(source: Path, written_manifest: bytes, found: dict[str, Member]) -> Manifest:
    """The manifest, if everything is there and is what it says."""
    if not written_manifest:
        raise cut_off(source) if found else foreign(source)
    try:
        manifest = msgspec.json.decode(written_manifest, type=Manifest)
    except msgspec.DecodeError as error:
        raise damaged(source, MANIFEST) from error
    if manifest.format > FORMAT:
        raise NotABackup(
            say(
                "{file} was made by a newer Dure ({version}). Restore it with that version.",
                file=source,
                version=manifest.dure,
            )
        )
    for member in manifest.members:
        if found.pop(member.name, None) != member:
            raise damaged(source, member.name)
    if found:
        raise damaged(source, next(iter(found)))
    return manifest


def foreign(source: Path) -> NotABackup:
    return NotABackup(say("{file} is not a backup made by `dure backup`.", file=source))


def cut_off(source: Path) -> NotABackup:
    return NotABackup(say("{file} is damaged or was cut off. Use another copy of it, or an older backup.", file=source))


def damaged(source: Path, name: str) -> NotABackup:
    return NotABackup(
        say("{file} is damaged: {name} is not what was backed up. Use another copy.", file=source, name=name[:200])
    )
