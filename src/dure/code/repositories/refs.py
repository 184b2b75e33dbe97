"""Branches and tags as git has them, and git's own journal of how they moved."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote

import pygit2

from dure.code.repositories.commit import moment_of
from dure.code.repositories.git import QUEUE_REFS, git
from dure.ledger import Actor

JOURNAL_BYTES_MAX = 1 << 20
LINE = re.compile(rb"([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [^<]*<([^>]*)> (\d+) [-+]\d+(?:\t.*)?")
NAME = re.compile(
    r"(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)|/\.|\.$|\.lock$))[^\x00-\x20\x7f~^:?*\[\\.][^\x00-\x20\x7f~^:?*\[\\]{0,199}"
)


def is_ref_name(name: bytes) -> bool:
    """Whether this can be the name of a branch or a tag: text, and short enough to be found by."""
    try:
        return NAME.fullmatch(name.decode()) is not None
    except UnicodeDecodeError:
        return False


@dataclass(frozen=True)
class GitRef:
    """A branch or a tag: what it points to, and the commit behind that."""

    name: str
    target: str
    sha: str


@dataclass(frozen=True)
class Step:
    """One line of the journal: from where to where, by whom and when, to the second."""

    before: str
    after: str
    actor: Actor | None
    """None: nobody who came through the house."""
    at: datetime


def refs_in(folder: Path, store: pygit2.Repository) -> dict[str, GitRef]:
    """All branches and tags."""
    told = git(folder, "for-each-ref", "--format=%(objectname) %(objecttype) %(refname)", "refs/heads/", "refs/tags/")
    found: dict[str, GitRef] = {}
    # Git refuses a line feed in a name, and takes everything else that text calls the end of a line.
    for line in told.decode(errors="replace").split("\n")[:-1]:
        target, kind, name = line.split(" ", 2)
        if name.startswith(f"{QUEUE_REFS}/"):
            # It is no branch of anybody's.
            continue
        found[name] = GitRef(name, target, target if kind == "commit" else behind(store, target))
    return found


def refs_below(folder: Path, prefix: str) -> dict[str, str]:
    """The refs of the house's own below this, with the commit of each."""
    told = git(folder, "for-each-ref", "--format=%(objectname) %(refname)", prefix).decode(errors="replace")
    return {name: sha for sha, name in (line.split(" ", 1) for line in told.split("\n")[:-1])}


def behind(store: pygit2.Repository, target: str) -> str:
    """The commit that a tag stands for. A tag may also name a file; that one stands for itself."""
    try:
        return str(store[target].peel(pygit2.Commit).id)
    except (KeyError, ValueError, pygit2.GitError):
        return target


def signed(actor: Actor) -> dict[str, str]:
    """Lets git write into its journal who moves the refs, so that it is known whatever happens to us."""
    return {
        "GIT_COMMITTER_NAME": "Dure",
        "GIT_COMMITTER_EMAIL": f"{quote(actor.ref, safe=':')}/{quote(actor.name, safe='')}/dure",
    }


def signer(email: bytes) -> Actor | None:
    ref, _, rest = email.decode(errors="replace").partition("/")
    name = rest.removesuffix("/dure")
    return Actor(unquote(ref), unquote(name)) if ref and name and rest.endswith("/dure") else None


def journal(folder: Path, ref: str) -> list[Step]:
    """The latest moves of a ref, oldest first. A ref that is gone has taken its journal with it."""
    try:
        with (folder / "logs" / ref).open("rb") as file:
            file.seek(max(file.seek(0, 2) - JOURNAL_BYTES_MAX, 0))
            lines = file.read().splitlines()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return []
    found = (LINE.fullmatch(line) for line in lines)
    return [
        Step(each[1].decode(), each[2].decode(), signer(each[3]), moment_of(each[4]))
        for each in found
        if each is not None
    ]


def steps_between(steps: list[Step], before: str, after: str) -> list[Step]:
    """The moves that led from one target to another. None when the journal does not tell how.

    Read from its end: a line was written before its ref moved, so one whose move was cut off leads nowhere.
    """
    way: list[Step] = []
    wanted = after
    for step in reversed(steps):
        if wanted == before:
            break
        if step.after == wanted and step.before != step.after:
            way.append(step)
            wanted = step.before
    return list(reversed(way)) if wanted == before else []
