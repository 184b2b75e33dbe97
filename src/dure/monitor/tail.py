"""Tails: what instances add to their logs, read from where we stopped, over rotations and restarts of the house."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

LINE_BYTES_MAX = 256 * 1024
"""Of a line that does not end, so much is its head and the rest is passed over: it must not fill the memory."""
READ_BYTES_MAX = 1024 * 1024
"""How much of one log is read at once."""
HEAD_BYTES = 48
BEHIND_BYTES_MAX = 16 * 1024 * 1024
"""Whoever writes faster than can be read is followed from the newest on."""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """How far one log was read: the file, the byte, and whether that is in the middle of a line too long."""

    inode: int = 0
    head: bytes = b""
    """How the file began: the number of one that was deleted is soon given to another."""
    offset: int = 0
    is_cutting: bool = False

    def is_in(self, file: BinaryIO) -> bool:
        """Whether this is the file that was read so far."""
        now = os.fstat(file.fileno())
        if now.st_ino != self.inode or now.st_size < self.offset:
            return False
        file.seek(0)
        return file.read(len(self.head)) == self.head


@dataclass(frozen=True)
class Found:
    """What was added since, and how far that is."""

    lines: list[bytes]
    position: Position
    skipped_bytes: int = 0


def read_on(path: Path, position: Position, bytes_max: int = READ_BYTES_MAX) -> Found:
    """The whole lines after this position. A log that was begun anew is first read to its end under its old name."""
    lines: list[bytes] = []
    skipped, bytes_max = 0, max(bytes_max, LINE_BYTES_MAX)
    with suppress(FileNotFoundError), path.open("rb") as file:
        if not position.is_in(file):
            with suppress(FileNotFoundError), path.with_name(f"{path.name}.1").open("rb") as old:
                if position.is_in(old):
                    rest = take(old, position, bytes_max, is_final=True)
                    if rest.position.offset < os.fstat(old.fileno()).st_size:
                        return rest
                    lines, skipped, bytes_max = (
                        rest.lines,
                        rest.skipped_bytes,
                        max(bytes_max - size_of(rest.lines), LINE_BYTES_MAX),
                    )
            file.seek(0)
            position = Position(inode=os.fstat(file.fileno()).st_ino, head=file.read(HEAD_BYTES))
        found = take(file, position, bytes_max)
        return Found([*lines, *found.lines], found.position, skipped + found.skipped_bytes)
    return Found([], position)


def size_of(lines: list[bytes]) -> int:
    return sum(len(line) + 1 for line in lines)


def take(file: BinaryIO, position: Position, bytes_max: int, *, is_final: bool = False) -> Found:
    """Whole lines of one file. `is_final`: nobody writes it any more, so what it ends with is a line, too."""
    offset, cutting = position.offset, position.is_cutting
    size = os.fstat(file.fileno()).st_size
    skipped = max(size - offset - BEHIND_BYTES_MAX, 0)
    if skipped:
        offset, cutting = offset + skipped, True
    file.seek(offset)
    piece = file.read(min(bytes_max, size - offset))
    ends = piece.rfind(b"\n") + 1
    reached_end = is_final and offset + len(piece) >= size
    if reached_end or (not ends and len(piece) >= LINE_BYTES_MAX):
        ends = len(piece)
    whole = piece[:ends]
    lines = list(split(whole, is_cutting=cutting))
    if whole:
        cutting = not whole.endswith(b"\n") and not reached_end
    return Found(lines, msgspec.structs.replace(position, offset=offset + ends, is_cutting=cutting), skipped)


def split(whole: bytes, *, is_cutting: bool) -> Iterator[bytes]:
    if is_cutting:
        # The rest of a line whose head was read, or passed over, before.
        _, _, whole = whole.partition(b"\n")
    yield from filter(None, whole.split(b"\n"))
