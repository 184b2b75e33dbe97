"""The folder that workflows are run for: where it begins, and what git knows of it, if it knows it at all."""

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dure.kit import Refused, say

NO_COMMIT = "0" * 40
GIT_SECONDS_MAX = 60.0
BRANCH_UNSAID = "refs/heads/main"
ADDRESS = re.compile(r"(?:.*[/:])?([^/:]+/[^/:]+?)(?:\.git)?/?")
"""The last two words of the address of a repository, of whatever kind it is."""
NAME = re.compile(r"[^A-Za-z0-9_.-]+")
ASKED = r"^(remote\..*\.url|user\.name|extensions\..*|core\.repositoryformatversion)$"


class GitSaysNo(Refused):
    """Git is here, and does not do what we need of it."""


@dataclass(frozen=True)
class Git:
    """A working copy's two git directories: its own, and the one that it shares with others of its kind."""

    own: Path
    shared: Path
    configured: dict[str, str] = field(default_factory=dict)

    @property
    def objects(self) -> Path:
        return self.shared / "objects"


@dataclass(frozen=True)
class Ground:
    root: Path
    git: Git | None = None
    sha: str = NO_COMMIT
    ref: str = BRANCH_UNSAID

    @property
    def project(self) -> str:
        """owner/name: from where it was cloned, else from its own name."""
        url = self.git.configured.get("remote.origin.url", "") if self.git else ""
        found = ADDRESS.fullmatch(url)
        if found and not url.startswith(("/", ".", "file:")):
            return found[1]
        return f"local/{NAME.sub('-', self.root.name).strip('-.') or 'folder'}"

    @property
    def actor(self) -> str:
        said = self.git.configured.get("user.name", "") if self.git else ""
        return said or os.environ.get("USER") or "local"

    @property
    def has_commits(self) -> bool:
        return self.sha != NO_COMMIT


def ground_at(directory: Path) -> Ground:
    """The repository that the directory lies in, or the directory itself where there is none."""
    directory = directory.resolve()
    if not any((place / ".git").exists() for place in (directory, *directory.parents)):
        return Ground(directory)
    words = ("rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir", "--git-common-dir", "HEAD")
    try:
        asked = start(directory, *words, "--symbolic-full-name", "HEAD")
        configured = start(directory, "config", "--null", "--get-regexp", ASKED)
    except FileNotFoundError:
        # Without the program there are only files.
        return Ground(directory)
    told, complaint = asked.communicate(timeout=GIT_SECONDS_MAX)
    settings = settings_in(configured.communicate(timeout=GIT_SECONDS_MAX)[0])
    lines = os.fsdecode(told).splitlines()
    if len(lines) < 3 or not lines[0]:
        raise GitSaysNo(say("Git does not open {folder}: {words}", folder=directory, words=first_line(complaint)))
    root, git = Path(lines[0]), Git(Path(lines[1]), Path(lines[2]), settings)
    if asked.returncode != 0:
        return Ground(root, git, ref=head_of(root))
    return Ground(root, git, lines[3], lines[4] if lines[4:] and lines[4].startswith("refs/") else lines[3])


def head_of(root: Path) -> str:
    """The branch that the first commit will be on."""
    return git_says(root, "symbolic-ref", "-q", "HEAD", may_fail=True).strip() or BRANCH_UNSAID


def settings_in(told: bytes) -> dict[str, str]:
    pairs = (entry.partition("\n") for entry in os.fsdecode(told).split("\0") if entry)
    return {name: value for name, _, value in pairs}


def start(root: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - words are a list made by us, no shell reads them
        ["git", "-C", str(root), *words],  # noqa: S607 - the git that the person uses
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def git_says(root: Path, *words: str, may_fail: bool = False) -> str:
    """What git prints. Where it fails, its own words are the reason."""
    process = start(root, *words)
    told, complaint = process.communicate(timeout=GIT_SECONDS_MAX)
    if process.returncode != 0:
        if may_fail:
            return ""
        raise GitSaysNo(say("git {word} failed: {words}", word=words[0], words=first_line(complaint)))
    return os.fsdecode(told)


def git_lists(root: Path, *words: str) -> Sequence[str]:
    """The paths that git prints with a NUL after each."""
    return [path for path in git_says(root, *words).split("\0") if path]


def first_line(complaint: bytes) -> str:
    lines = [line.strip() for line in complaint.decode(errors="replace").splitlines() if line.strip()]
    return lines[0] if lines else "it did not say why"
