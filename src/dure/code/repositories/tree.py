"""Trees and files at one commit."""

from collections.abc import Iterator
from dataclasses import dataclass

import pygit2
from pygit2.enums import FileMode

FILE_BYTES_MAX = 50_000_000
ENTRIES_MAX = 5_000
KINDS = {
    FileMode.TREE: "tree",
    FileMode.BLOB: "file",
    FileMode.BLOB_EXECUTABLE: "executable",
    FileMode.LINK: "link",
    FileMode.COMMIT: "submodule",
}


@dataclass(frozen=True)
class TreeEntry:
    """One name in a folder."""

    name: str
    path: str
    kind: str
    """tree, file, executable, link or submodule"""
    sha: str
    size: int | None = None

    @property
    def is_tree(self) -> bool:
        return self.kind == "tree"


def tidy(path: str) -> str | None:
    """A path inside a repository, or nothing when it is none."""
    parts = [part for part in path.split("/") if part]
    return None if any(part in (".", "..") or "\0" in part for part in parts) else "/".join(parts)


def at(store: pygit2.Repository, sha: str, path: str) -> pygit2.Object | None:
    """What is found at a path of a commit; at the empty path, its whole tree."""
    commit = commit_at(store, sha)
    inside = tidy(path)
    if commit is None or inside is None:
        return None
    tree = commit.tree
    if not inside:
        return tree
    try:
        return tree[inside]
    except (KeyError, ValueError, pygit2.GitError):
        return None


def commit_at(store: pygit2.Repository, sha: str) -> pygit2.Commit | None:
    try:
        found = store.get(sha)
        return None if found is None else found.peel(pygit2.Commit)
    except (ValueError, KeyError, pygit2.GitError):
        return None


def entries_of(store: pygit2.Repository, tree: pygit2.Tree, folder: str) -> list[TreeEntry]:
    """What is in a folder: the folders in it first, then the files."""
    found: list[TreeEntry] = []
    for entry in tree:
        if len(found) >= ENTRIES_MAX:
            break
        name = (entry.raw_name or b"").decode(errors="replace")
        kind = KINDS.get(FileMode(entry.filemode), "file")
        # Only the head of the object is read.
        size = store.odb.read_header(entry.id)[1] if kind in ("file", "executable") else None
        found.append(TreeEntry(name, f"{folder}/{name}" if folder else name, kind, str(entry.id), size))
    return sorted(found, key=lambda entry: (not entry.is_tree, entry.name))


def hashes_in(store: pygit2.Repository, tree: pygit2.Tree, folder: str = "") -> Iterator[tuple[str, str]]:
    """Every file below a folder, with its mode and hash."""
    for entry in tree:
        path = folder + (entry.raw_name or b"").decode(errors="replace")
        if entry.filemode == FileMode.TREE:
            yield from hashes_in(store, store[entry.id].peel(pygit2.Tree), f"{path}/")
        else:
            yield path, f"{int(entry.filemode):o} {entry.id}"
