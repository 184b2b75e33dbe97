"""What a commit changed, for a page: which files, how many lines, and the lines themselves as far as one can read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pygit2
from pygit2.enums import DeltaStatus, DiffFind, DiffOption

FILES_LISTED_MAX = 1000
FILES_SHOWN_MAX = 100
LINES_SHOWN_MAX = 6000
LINES_OF_FILE_MAX = 1500
LINE_LIMIT_CHARACTERS = 1000
BLOB_BYTES_MAX = 2_000_000
RENAMES_SOUGHT_MAX = 200
STATES = {
    DeltaStatus.ADDED: "added",
    DeltaStatus.DELETED: "deleted",
    DeltaStatus.RENAMED: "renamed",
    DeltaStatus.COPIED: "copied",
}


@dataclass(frozen=True)
class Line:
    """One line: "+", "-" or " ", and where it stands on either side."""

    sign: str
    words: str
    old: int | None
    new: int | None


@dataclass(frozen=True)
class Hunk:
    head: str
    lines: Sequence[Line] = field(repr=False)


@dataclass(frozen=True)
class FileDiff:
    path: str
    old_path: str
    state: str
    """added, deleted, renamed, copied or changed"""
    blob: str = ""
    """How git calls its content; of one that was deleted, what it was."""
    added: int = 0
    removed: int = 0
    binary: bool = False
    hidden: bool = False
    """Too long to be shown here."""
    hunks: Sequence[Hunk] = field(default=(), repr=False)


@dataclass(frozen=True)
class Diff:
    files: Sequence[FileDiff]
    more: int = 0
    """How many more files there are than are listed."""

    @property
    def added(self) -> int:
        return sum(file.added for file in self.files)

    @property
    def removed(self) -> int:
        return sum(file.removed for file in self.files)


def diff_of(store: pygit2.Repository, old: pygit2.Tree | None, new: pygit2.Tree) -> Diff:
    """From one tree to another; from nothing, when there is no older one."""
    flags = DiffOption.INDENT_HEURISTIC
    made = new.diff_to_tree(flags=flags, swap=True) if old is None else old.diff_to_tree(new, flags=flags)
    # The library reads whole files for this, and asks nobody how large they are.
    if len(made) <= FILES_LISTED_MAX and not any(is_large(store, delta) for delta in made.deltas):
        made.find_similar(flags=DiffFind.FIND_RENAMES, rename_limit=RENAMES_SOUGHT_MAX)
    left = LINES_SHOWN_MAX
    files: list[FileDiff] = []
    for place, delta in enumerate(made.deltas):
        if place >= FILES_LISTED_MAX:
            break
        file = (
            file_of(delta, hidden=True)
            if is_large(store, delta)
            else file_diff(made, place, delta, left if place < FILES_SHOWN_MAX else 0)
        )
        left -= sum(len(hunk.lines) for hunk in file.hunks)
        files.append(file)
    return Diff(files, max(len(made) - len(files), 0))


def file_diff(made: pygit2.Diff, place: int, delta: pygit2.DiffDelta, lines_max: int) -> FileDiff:
    patch = made[place]
    if patch is None:
        return file_of(delta)
    if patch.delta.is_binary:
        return file_of(delta, binary=True)
    _, added, removed = patch.line_stats
    whole = sum(len(hunk.lines) for hunk in patch.hunks)
    if whole > min(LINES_OF_FILE_MAX, lines_max):
        return file_of(delta, added=added, removed=removed, hidden=True)
    hunks = [Hunk(hunk.header.strip(), [line_of(line) for line in hunk.lines]) for hunk in patch.hunks]
    return file_of(delta, added=added, removed=removed, hunks=hunks)


def file_of(delta: pygit2.DiffDelta, **facts: Any) -> FileDiff:
    state = STATES.get(delta.status, "changed")
    side = delta.old_file if state == "deleted" else delta.new_file
    return FileDiff(path_of(delta.new_file), path_of(delta.old_file), state, str(side.id), **facts)


def is_large(store: pygit2.Repository, delta: pygit2.DiffDelta) -> bool:
    """Only the heads of the objects are read. What is not here at all is a submodule's."""
    sides = (side.id for side in (delta.old_file, delta.new_file) if side.id in store)
    return any(store.odb.read_header(side)[1] > BLOB_BYTES_MAX for side in sides)


def line_of(line: pygit2.DiffLine) -> Line:
    words = line.raw_content.decode(errors="replace").rstrip("\r\n").replace("\0", "")[:LINE_LIMIT_CHARACTERS]
    sign = line.origin if line.origin in "+- " else "\\"
    old = line.old_lineno if line.old_lineno > 0 else None
    new = line.new_lineno if line.new_lineno > 0 else None
    return Line(sign, words if sign != "\\" else words.strip(), old, new)


def path_of(file: pygit2.DiffFile) -> str:
    return bytes(file.raw_path).decode(errors="replace")
