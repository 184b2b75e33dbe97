"""Merging in a bare repository: no files are laid out, git works on trees alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dure.code.repositories.git import GitFailed, git
from dure.code.repositories.refs import signed
from dure.ledger import HOUSE, Actor

CONFLICTS_TOLD_MAX = 100
CONFLICTED = NONE = 1
"""What git ends with when both sides changed the same lines, and when there is nothing to tell."""
CRUD = "".join(map(chr, range(33))) + ".,:;<>\"\\'"
"""What git takes from both ends of a name; it makes no commit for one of which nothing is left."""
UNRELATED = "/"
"""What is told as the conflict of two commits without a common history: all of it."""


@dataclass(frozen=True)
class Merged:
    """The tree that two commits come to, or the files in which they conflict."""

    tree: str
    conflicts: tuple[str, ...] = ()


def merge_trees(folder: Path, ours: str, theirs: str) -> Merged:
    """What comes of merging `theirs` into `ours`. Nothing moves."""
    words = ("merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", "--end-of-options", ours, theirs)
    try:
        tree, *names = git(folder, *words, well=(0, CONFLICTED)).decode(errors="replace").split("\0")
    except GitFailed:
        if git(folder, "merge-base", "--end-of-options", ours, theirs, well=(0, NONE)):
            raise
        return Merged("", (UNRELATED,))
    conflicts = tuple(dict.fromkeys(name for name in names if name))
    return Merged(tree.strip(), conflicts[:CONFLICTS_TOLD_MAX])


def write_commit(
    folder: Path, tree: str, parents: Sequence[str], message: str, actor: Actor, email: str, at: datetime
) -> str:
    """A commit of this tree. The same words at the same moment make the same commit, so that it may be made twice."""
    moment = f"{int(at.timestamp())} +0000"
    name = actor.name if actor.name.strip(CRUD) else "Dure"
    author = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_AUTHOR_DATE": moment}
    committer = {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": email, "GIT_COMMITTER_DATE": moment}
    words = ["-c", "commit.gpgSign=false", "commit-tree", tree, *(word for one in parents for word in ("-p", one))]
    return git(folder, *words, "-F", "-", typed=message.encode(), more=author | committer).decode().strip()


def move_ref(folder: Path, ref: str, new: str, old: str | None, actor: Actor = HOUSE) -> bool:
    """Let a ref point to another commit, if it still stands where we think. Git's journal says who did it."""
    words = ["update-ref", "--create-reflog", "-m", "dure", "--end-of-options", ref, new]
    try:
        git(folder, *words, *([old] if old is not None else []), more=signed(actor))
    except GitFailed:
        return False
    return True


def drop_ref(folder: Path, ref: str) -> None:
    """Told twice, it is gone once."""
    git(folder, "update-ref", "-d", "--end-of-options", ref)
