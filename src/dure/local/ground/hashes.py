"""What git would call the files of the working copy, were they committed as they lie. So a house calls them."""

import os
import stat
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from dure.local.ground.working_copy import GIT_SECONDS_MAX, Ground, git_lists

LINK, PROGRAM, PLAIN, MODULE = "120000", "100755", "100644", "160000"
CHANGED = "changed"
"""In the place of a submodule's commit: something in it is not committed."""


def hashes_of(ground: Ground) -> dict[str, str]:
    """Each path with its mode and hash. Files that git would not take are left out, and so are those that are gone."""
    root = ground.root
    found: dict[str, str] = {}
    for entry in git_lists(root, "ls-files", "--stage", "-z"):
        words, _, path = entry.partition("\t")
        mode, sha, _ = words.split(" ")
        found[path] = f"{mode} {sha}"
    changed = set(git_lists(root, "diff-files", "--name-only", "-z"))
    fresh = git_lists(root, "ls-files", "-z", "--others", "--exclude-standard")
    for path in changed:
        mode = found.pop(path).partition(" ")[0]
        if mode == MODULE and (root / path).is_dir():
            found[path] = f"{MODULE} {CHANGED}"
    wanted = [path for path in (*changed, *fresh) if path not in found and is_kept(root / path)]
    return {**found, **dict(zip(wanted, hashed(root, wanted), strict=True))}


def is_kept(place: Path) -> bool:
    try:
        mode = place.lstat().st_mode
    except OSError:
        return False
    return stat.S_ISREG(mode) or stat.S_ISLNK(mode)


def hashed(root: Path, paths: Sequence[str]) -> list[str]:
    links = [path for path in paths if (root / path).is_symlink()]
    plain = [path for path in paths if path not in set(links)]
    known = dict(zip(plain, hash_files(root, plain), strict=True))
    known |= {path: f"{LINK} {hash_link(root, path)}" for path in links}
    return [known[path] for path in paths]


def hash_files(root: Path, paths: Sequence[str]) -> Iterable[str]:
    """By git, which may take their lines to end otherwise (`autocrlf`) or keep them elsewhere (LFS)."""
    shas: list[str] = []
    for start in range(0, len(paths), 500):
        some = paths[start : start + 500]
        shas += asked(root, "hash-object", "--", *some).split()
    return [f"{PROGRAM if is_program(root / path) else PLAIN} {sha}" for path, sha in zip(paths, shas, strict=True)]


def is_program(place: Path) -> bool:
    return bool(place.stat().st_mode & stat.S_IXUSR)


def hash_link(root: Path, path: str) -> str:
    return asked(root, "hash-object", "--stdin", given=os.fsencode(os.readlink(root / path))).strip()


def asked(root: Path, *words: str, given: bytes = b"") -> str:
    done = subprocess.run(  # noqa: S603 - words are a list made by us, no shell reads them
        ["git", "-C", str(root), *words],  # noqa: S607 - the git that the person uses
        input=given,
        capture_output=True,
        timeout=GIT_SECONDS_MAX,
        check=True,
    )
    return os.fsdecode(done.stdout)
