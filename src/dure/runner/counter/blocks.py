"""Uploads in blocks, as Azure's block blobs have them: blocks in any order, then the list that makes them one.

Every block is a file of its own, and nothing of it is ever held in memory. All of it lies in the job's directory, so
what a killed job leaves goes away with that.
"""

import hashlib
import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dure.runner.counter.refusing import No
from dure.wire import ARTIFACT_BYTES_MAX

PIECE_BYTES = 1 << 20
BLOCKS_MAX = 50_000
UPLOADS_MAX = 1_000
LIST_BYTES_MAX = 16 << 20
BLOCK_ID_CHARACTERS_MAX = 200
LISTED = re.compile(rb"<(?:Latest|Uncommitted|Committed)>([^<]{1,400})</")


@dataclass
class Upload:
    """One file on its way in. `key` is whatever it will be called by those who asked for it."""

    key: tuple[str, ...]
    folder: Path
    kind: str = ""
    days: int | None = None
    sizes: dict[str, int] = field(default_factory=dict)
    digest: str = ""
    size: int | None = None
    """Of the whole; None as long as it is not there."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def whole(self) -> Path:
        return self.folder / "whole"

    def block(self, name: str) -> Path:
        return self.folder / f"block-{hashlib.sha256(name.encode()).hexdigest()}"


class Uploads:
    """All that are under way in one job, by a number that stands in their addresses."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._known: dict[str, Upload] = {}
        self._count = 0

    def begin(self, key: tuple[str, ...], kind: str = "", days: int | None = None) -> str:
        """A new upload; one of the same key that was not finished is forgotten."""
        with self._lock:
            for number, known in list(self._known.items()):
                if known.key == key:
                    self._forget(number)
            if len(self._known) >= UPLOADS_MAX:
                raise No(413, f"A job has {UPLOADS_MAX} uploads under way at most.")
            self._count += 1
            number = str(self._count)
            folder = self.root / number
            folder.mkdir(mode=0o700, parents=True)
            self._known[number] = Upload(key, folder, kind, days)
            return number

    def at(self, number: str) -> Upload:
        found = self._known.get(number)
        if found is None:
            raise No(404, "There is no such upload, or it is finished.")
        return found

    def of(self, key: tuple[str, ...]) -> tuple[str, Upload]:
        for number, known in list(self._known.items()):
            if known.key == key:
                return number, known
        raise No(404, f"Nothing was created under the name {key[-1][:200]}.")

    def done(self, number: str) -> None:
        with self._lock:
            self._forget(number)

    def _forget(self, number: str) -> None:
        gone = self._known.pop(number, None)
        if gone is not None:
            shutil.rmtree(gone.folder, ignore_errors=True)


def put_block(upload: Upload, name: str, pieces: Iterator[bytes]) -> None:
    """One block. Sent again it takes the place of the first."""
    if not 0 < len(name) <= BLOCK_ID_CHARACTERS_MAX:
        raise No(400, "A block needs a blockid.")
    with upload.lock:
        if name not in upload.sizes and len(upload.sizes) >= BLOCKS_MAX:
            raise No(413, f"There can be {BLOCKS_MAX} blocks at most.")
        room = ARTIFACT_BYTES_MAX - sum(upload.sizes.values()) + upload.sizes.get(name, 0)
    fresh = upload.folder / f"fresh-{threading.get_ident()}"
    size, _ = written(fresh, pieces, room)
    with upload.lock:
        fresh.replace(upload.block(name))
        upload.sizes[name] = size
        if sum(upload.sizes.values()) > ARTIFACT_BYTES_MAX:
            upload.block(upload_drop(upload, name)).unlink(missing_ok=True)
            raise too_large()


def upload_drop(upload: Upload, name: str) -> str:
    del upload.sizes[name]
    return name


def put_whole(upload: Upload, pieces: Iterator[bytes]) -> None:
    """All of it in one go."""
    fresh = upload.folder / f"fresh-{threading.get_ident()}"
    size, digest = written(fresh, pieces, ARTIFACT_BYTES_MAX)
    with upload.lock:
        fresh.replace(upload.whole)
        upload.size, upload.digest = size, digest


def put_list(upload: Upload, words: bytes) -> None:
    """The blocks, in this order, are the whole. Each is let go as soon as it stands in its place."""
    names = [name.decode("latin-1") for name in LISTED.findall(words)]
    with upload.lock:
        missing = [name for name in names if name not in upload.sizes]
        if missing:
            if upload.size is not None and not upload.sizes:
                return  # Said twice.
            raise No(400, f"The block {missing[0][:100]} was not sent.")
        seen, size = hashlib.sha256(), 0
        last = {name: place for place, name in enumerate(names)}
        fresh = upload.folder / "fresh-whole"
        with fresh.open("wb") as whole:
            for place, name in enumerate(names):
                for piece in pieces_of(upload.block(name)):
                    seen.update(piece)
                    whole.write(piece)
                    size += len(piece)
                if last[name] == place:
                    upload.block(name).unlink()
        if size > ARTIFACT_BYTES_MAX:
            fresh.unlink()
            raise too_large()
        fresh.replace(upload.whole)
        upload.size, upload.digest = size, f"sha256:{seen.hexdigest()}"
        for name in upload.sizes.keys() - last.keys():
            upload.block(name).unlink(missing_ok=True)
        upload.sizes.clear()


def hand_over(upload: Upload, size: int | None, digest: str, target: Path) -> None:
    """The whole goes to where the runner takes it from, if it is what its sender says it is."""
    with upload.lock:
        if upload.size is None:
            raise No(400, "Nothing was uploaded yet.")
        if size is not None and size != upload.size:
            raise No(400, f"{upload.size} bytes were uploaded, not {size}.")
        if digest and digest != upload.digest:
            raise No(400, f"What was uploaded has the digest {upload.digest}, not {digest[:100]}.")
        if upload.whole.exists():
            os.link(upload.whole, target)


def written(file: Path, pieces: Iterator[bytes], bytes_max: int) -> tuple[int, str]:
    seen, size = hashlib.sha256(), 0
    try:
        with file.open("wb") as sink:
            for piece in pieces:
                size += len(piece)
                if size > bytes_max:
                    raise too_large()
                seen.update(piece)
                sink.write(piece)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return size, f"sha256:{seen.hexdigest()}"


def pieces_of(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(PIECE_BYTES):
            yield piece


def too_large() -> No:
    return No(413, f"An upload has {ARTIFACT_BYTES_MAX:,} bytes at most.")
