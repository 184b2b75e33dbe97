"""Where actions and other repositories come from: folders that the person names, then git, wherever it is reachable.

A tree that was fetched is kept by its commit, so that a tag or a branch is asked for once a run and its files once.
"""

import hashlib
import os
import re
import secrets
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dure.kit import Refused, Text, say
from dure.local.ground.cache import cache_directory
from dure.local.ground.working_copy import Ground

UPSTREAM = "https://github.com"
FETCH_SECONDS_MAX = 60
CONNECT_SECONDS_MAX = 5
COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
REF = re.compile(r"(?!-)[\w./@+=-]{1,255}")
NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
PASSED_OVER = {".git"}


class CannotBring(Refused):
    """What a job uses is nowhere to be had."""


@dataclass(frozen=True)
class Tree:
    """Files of a repository at one commit, in a folder that nobody changes."""

    path: Path
    sha: str = ""


@dataclass(frozen=True)
class Sources:
    here: Mapping[str, Path]
    """owner/repo@ref, and the folder to use instead."""
    folder: Path | None
    servers: Sequence[str]
    """Those that are asked, in this order."""

    def find(self, repository: str, ref: str) -> Tree:
        """The files of a repository."""
        if not NAME.fullmatch(repository) or not REF.fullmatch(ref):
            raise CannotBring(say("{name} is no name of an action.", name=f"{repository}@{ref}"))
        named = self.named(repository, ref)
        return Tree(named) if named is not None else self.fetched(repository, ref)

    def named(self, repository: str, ref: str) -> Path | None:
        said = self.here.get(f"{repository}@{ref}")
        if said is not None and not said.is_dir():
            raise CannotBring(say("There is no folder {folder}.", folder=said))
        beside = [] if self.folder is None else [self.folder / f"{repository}@{ref}", self.folder / repository]
        return said or next((place for place in beside if place.is_dir()), None)

    def fetched(self, repository: str, ref: str) -> Tree:
        kept = cache_directory() / "repositories" / f"{repository}.git"
        why: Text | None = None
        for server in self.servers:
            try:
                look(server)
                return self.unpacked(kept, repository, fetch(kept, f"{server}/{repository}", ref))
            except CannotBring as error:
                why = error.text
        sha = kept_commit(kept, ref)
        if sha is not None:
            return self.unpacked(kept, repository, sha)
        name = f"{repository}@{ref}"
        if why is None:
            raise CannotBring(say("{name} is not here. Name a folder with --actions or --local-repository.", name=name))
        raise CannotBring(
            say("{name} is not here and cannot be fetched ({why}). Name a folder with --actions.", name=name, why=why)
        )

    def unpacked(self, kept: Path, repository: str, sha: str) -> Tree:
        place = cache_directory() / "trees" / repository / sha
        if not place.is_dir():
            aside = place.with_name(f".{sha}-{secrets.token_hex(4)}")
            aside.mkdir(parents=True)
            try:
                unpack(kept, sha, aside)
                with suppress(OSError):  # Another run was quicker.
                    aside.rename(place)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        return Tree(place, sha)


def servers_of(ground: Ground) -> list[str]:
    """The server that the working copy comes from, which may be a house, and then GitHub."""
    parts = urlsplit(ground.git.configured.get("remote.origin.url", "") if ground.git else "")
    own = f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else ""
    return list(dict.fromkeys(filter(None, (own, UPSTREAM))))


def look(server: str) -> None:
    """Whether anybody answers there at all, because git waits for minutes. A proxy answers for everybody."""
    if any(name in os.environ for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY")):
        return
    parts = urlsplit(server)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), CONNECT_SECONDS_MAX).close()
    except OSError as error:
        raise CannotBring(say("{server} cannot be reached", server=server)) from error


def git(repository: Path, *words: str, seconds: float = FETCH_SECONDS_MAX) -> str:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(  # noqa: S603 - words are a list made by us, no shell reads them
            ["git", "-C", str(repository), *words],  # noqa: S607 - the git that the person uses
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise CannotBring(say("git is not installed")) from error
    except subprocess.TimeoutExpired as error:
        raise CannotBring(say("it took longer than {seconds} s", seconds=seconds)) from error
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise CannotBring(say("{words}", words=lines[-1] if lines else f"git {words[0]} failed"))
    return done.stdout.strip()


def fetch(kept: Path, url: str, ref: str) -> str:
    """The commit that the ref is now. One that is here already is not fetched again."""
    if COMMIT.fullmatch(ref) and (known := kept_commit(kept, ref)) is not None:
        return known
    if not (kept / "HEAD").exists():
        kept.mkdir(parents=True, exist_ok=True)
        git(kept, "init", "--quiet", "--bare")
    git(kept, "fetch", "--quiet", "--no-tags", "--force", "--depth=1", url, f"{ref}:refs/kept/{ref}")
    return git(kept, "rev-parse", "--verify", f"refs/kept/{ref}^{{commit}}")


def kept_commit(kept: Path, ref: str) -> str | None:
    if not (kept / "HEAD").exists():
        return None
    with suppress(CannotBring):
        return git(kept, "rev-parse", "--verify", f"refs/kept/{ref}^{{commit}}")
    return None


def unpack(kept: Path, sha: str, target: Path) -> None:
    import tarfile  # noqa: PLC0415 - few runs fetch anything, and each would pay for it

    archive = target.with_name(f"{target.name}.tar")
    try:
        git(kept, "archive", "--format=tar", f"--output={archive}", sha)
        with tarfile.open(archive) as opened:
            opened.extractall(target, filter="data")
    finally:
        archive.unlink(missing_ok=True)


def shelve(tree: Tree, shelf: Path) -> str:
    """Puts a tree among the actions that jobs may read, under the digest of what it holds."""
    digest = digest_of(tree.path)
    place = shelf / digest
    if not place.is_dir():
        aside = shelf / f".{digest[:12]}-{secrets.token_hex(4)}"
        shutil.copytree(tree.path, aside, symlinks=True, ignore=shutil.ignore_patterns(*PASSED_OVER))
        open_for_all(aside)
        with suppress(OSError):
            aside.rename(place)
        shutil.rmtree(aside, ignore_errors=True)
    return digest


def digest_of(tree: Path) -> str:
    seen = hashlib.sha256()
    for directory, directories, names in os.walk(tree):
        directories[:] = sorted(name for name in directories if name not in PASSED_OVER)
        for name in sorted(names):
            path = Path(directory, name)
            seen.update(os.fsencode(path.relative_to(tree)) + b"\0")
            if path.is_symlink():
                seen.update(os.fsencode(path.readlink()))
            elif path.is_file():
                seen.update(b"x" if os.access(path, os.X_OK) else b"-")
                with path.open("rb") as opened:
                    seen.update(hashlib.file_digest(opened, "sha256").digest())
    return seen.hexdigest()


def open_for_all(tree: Path) -> None:
    """Whoever a job runs as may read it."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            os.chmod(
                path, 0o755 if path.is_dir() or (os.access(path, os.X_OK) and path.stat().st_mode & 0o100) else 0o644
            )
