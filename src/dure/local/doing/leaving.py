"""What jobs leave for others: artifacts for the jobs of this run, caches for the runs to come. Folders of this machine.

Answers are made by several processes at once, so whoever changes a folder holds its lock.
"""

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from dure.kit import Refused, say
from dure.wire import ArtifactCard, CacheCard

ZIP = "application/zip"
CACHE_BYTES_MAX = 5 << 30
"""Of all caches of one folder that workflows are run for. The one that was used longest ago goes first."""
NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_. -]*")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest_of(file: Path) -> str:
    with file.open("rb") as opened:
        return f"sha256:{hashlib.file_digest(opened, 'sha256').hexdigest()}"


@dataclass(frozen=True)
class Artifacts:
    files: Path
    """Where people find them."""
    cards: Path

    def keep(self, name: str, kind: str, file: Path, job: int) -> ArtifactCard:
        if not NAME.fullmatch(name):
            raise Refused(say("{name} cannot be the name of an artifact.", name=name))
        self.files.mkdir(parents=True, exist_ok=True)
        with locked(self.cards):
            number = 1 + len(list(self.cards.glob("*.json")))
            size, kind = file.stat().st_size, kind or ZIP
            card = ArtifactCard(
                id=number,
                name=name,
                digest=digest_of(file),
                size=size,
                kind=kind,
                job_id=job,
                kept_at=datetime.now(UTC),
            )
            shutil.move(file, self.place(card))
            (self.cards / f"{name}.json").write_bytes(msgspec.json.encode(card))
        return card

    def place(self, card: ArtifactCard) -> Path:
        return self.files / (f"{card.name}.zip" if card.kind == ZIP else card.name)

    def all(self) -> list[ArtifactCard]:
        found = (msgspec.json.decode(file.read_bytes(), type=ArtifactCard) for file in self.cards.glob("*.json"))
        return sorted(found, key=lambda card: card.name)

    def named(self, name: str) -> ArtifactCard | None:
        return next((card for card in self.all() if card.name == name), None)

    def of_job(self, job: int) -> list[ArtifactCard]:
        return [card for card in self.all() if card.job_id == job]

    def drop(self, name: str) -> None:
        with locked(self.cards):
            card = self.named(name)
            if card is not None:
                (self.cards / f"{name}.json").unlink(missing_ok=True)
                self.place(card).unlink(missing_ok=True)


class Kept(Struct, kw_only=True):
    """One cache; its bytes lie beside it."""

    card: CacheCard
    version: str


@dataclass(frozen=True)
class Caches:
    folder: Path

    def all(self) -> list[Kept]:
        """The newest first."""
        found = []
        for file in self.folder.glob("*.json"):
            with suppress(OSError, msgspec.MsgspecError):
                found.append(msgspec.json.decode(file.read_bytes(), type=Kept))
        return sorted(found, key=lambda kept: -kept.card.id)

    def find(self, keys: list[str], version: str, *, exactly: bool) -> CacheCard | None:
        """The one of the first key, else the newest whose key begins as one of them, in their order."""
        fitting = [kept.card for kept in self.all() if kept.version == version]
        found = next((card for card in fitting if keys and card.key == keys[0]), None)
        for key in () if found is not None or exactly else keys:
            found = found or next((card for card in fitting if card.key.startswith(key)), None)
        if found is not None:
            with suppress(OSError):
                os.utime(self.bytes_of(found.id))
        return found

    def bytes_of(self, number: int) -> Path:
        return self.folder / f"{number}.bytes"

    def keep(self, key: str, version: str, file: Path) -> tuple[int, bool]:
        """Its number, and whether it was taken: one that is there is never changed."""
        with locked(self.folder):
            there = self.find([key], version, exactly=True)
            if there is not None:
                return there.id, False
            number = 1 + max((kept.card.id for kept in self.all()), default=0)
            card = CacheCard(id=number, key=key, size=file.stat().st_size, digest=digest_of(file))
            shutil.move(file, self.bytes_of(number))
            (self.folder / f"{number}.json").write_bytes(msgspec.json.encode(Kept(card=card, version=version)))
            self.make_room()
        return number, True

    def make_room(self) -> None:
        used = sorted(self.folder.glob("*.bytes"), key=lambda file: file.stat().st_mtime)
        size = sum(file.stat().st_size for file in used)
        for file in used[:-1]:
            if size <= CACHE_BYTES_MAX:
                return
            size -= file.stat().st_size
            file.with_suffix(".json").unlink(missing_ok=True)
            file.unlink(missing_ok=True)
