"""What git would call the files of the working copy, were they committed as they lie. So a house calls them."""

import os
import stat
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from dure.kit import say
from dure.local.ground.copying import known_to_git
from dure.local.ground.working_copy import GIT_SECONDS_MAX, GitSaysNo, Ground, first_line, git_lists

LINK, PROGRAM, PLAIN, MODULE = "120000", "100755", "100644", "160000"
SKIPPED = "S"
CHANGED = "changed"
"""In the place of a hash: what lies there is no content of this repository, or not what others would find there."""


def hashes_of(ground: Ground) -> dict[str, str]:
    """Each path with its mode and hash. Files that git would not take are left out, and so are those that are gone."""
    root = ground.root
    found, unwatched = in_index(root)
    fresh = git_lists(root, "ls-files", "-z", "--others", "--exclude-standard")
    changed = {*git_lists(root, "diff-files", "--name-only", "-z"), *unwatched}
    for path in changed:
        mode, place = found.pop(path, "").partition(" ")[0], root / path
        if (mode == MODULE and place.is_dir()) or (path in unwatched and not os.path.lexists(place)):
            found[path] = f"{mode} {CHANGED}"
    modules = [path for path, known in found.items() if known.startswith(MODULE)]
    found |= inside(root, (*modules, *(path for path in fresh if path.endswith("/"))))
    wanted = [path for path in (*changed, *fresh) if path not in found and is_kept(root / path)]
    return {**found, **dict(zip(wanted, hashed(root, wanted), strict=True))}


def in_index(root: Path) -> tuple[dict[str, str], set[str]]:
    """All that git tracks, and of that the files it was told not to look at, so that it does not see their changes."""
    found: dict[str, str] = {}
    unwatched: set[str] = set()
    for entry in git_lists(root, "ls-files", "-v", "--stage", "-z"):
        words, _, path = entry.partition("\t")
        tag, mode, sha, _ = words.split(" ")
        found[path] = f"{mode} {sha}"
        if tag.islower() or tag == SKIPPED:
            unwatched.add(path)
    return found, unwatched


def inside(root: Path, folders: Iterable[str]) -> dict[str, str]:
    """The files of repositories that lie in this one: jobs find them here, and an empty folder or none in a house."""
    names = [folder.rstrip("/") for folder in folders if (root / folder / ".git").exists()]
    files = [f"{name}/{path}" for name in names for path in known_to_git(root / name)]
    return dict.fromkeys((*names, *files), f"{MODULE} {CHANGED}")


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
        check=False,
    )
    if done.returncode != 0:
        raise GitSaysNo(say("git {word} failed: {words}", word=words[0], words=first_line(done.stderr)))
    return os.fsdecode(done.stdout)
