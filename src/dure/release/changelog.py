"""What a release is called and what is new in it, read from its conventional commits by git-cliff."""

import os
import re
import shutil
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from dure.kit import Refused, run, say

RULES = Path(__file__).with_name("cliff.toml")
READING_SECONDS_MAX = 120.0
CHANGELOG_BYTES_MAX = 200_000
HEADINGS = ("Features", "Fixes", "Faster", "Taken back", "Documentation", "Behind the scenes", "Other changes")
VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)\.([0-9]+)")
FIRST = "0.1.0"
NO_TITLE = "(no message)"


class Told(msgspec.Struct):
    """One commit, as git-cliff tells of it."""

    id: str
    message: str
    group: str | None = None
    scope: str | None = None
    breaking: bool = False
    breaking_description: str | None = None

    @property
    def line(self) -> str:
        scope = f"**{self.scope}**: " if self.scope else ""
        broken = "**breaking** " if self.breaking else ""
        title, *_ = self.message.replace("\0", "").strip().splitlines() or [NO_TITLE]
        return f"- {broken}{scope}{title} ({self.id[:10]})"


class Chapter(msgspec.Struct):
    version: str | None = None
    commits: list[Told] = []


@dataclass(frozen=True)
class News:
    """The next version, and its changelog as Markdown."""

    version: str
    changelog: str


def argv(git: Path, sha: str, since: str | None) -> list[str]:
    """How git-cliff is asked for the commits up to `sha`, after the tag `since`."""
    asked = f"{since}..{sha}" if since else sha
    return [
        program(),
        "--offline",
        "--config",
        str(RULES),
        "--repository",
        str(git),
        "--context",
        "--bump",
        "--",
        asked,
    ]


def program() -> str:
    """The git-cliff that was installed with Dure."""
    beside = Path(sysconfig.get_path("scripts")) / "git-cliff"
    found = str(beside) if beside.exists() else shutil.which("git-cliff")
    if found is None:
        raise Refused(say("The program {name} is not installed here.", name="git-cliff"))
    return found


def read_news(git: Path, sha: str, since: str | None, taken: Sequence[str]) -> News:
    """`taken` are the versions that were given already: none is given twice."""
    # git-cliff asks git nothing, but libgit2 would read the settings of whoever runs the house.
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", "NO_COLOR": "1"}
    ran = run(argv(git, sha, since), timeout_seconds=READING_SECONDS_MAX, environment=environment)
    if not ran.well:
        raise Refused(say("The commits could not be read: {why}", why=ran.err.strip()[-500:]))
    chapters = msgspec.json.decode(ran.out, type=list[Chapter])
    chapter = next((one for one in chapters if any(commit.id == sha for commit in one.commits)), Chapter())
    return News(next_version(chapter.version, taken), in_markdown(chapter.commits))


def next_version(wanted: str | None, taken: Sequence[str]) -> str:
    """What git-cliff wants, or the next patch after the highest that was given."""
    found = VERSION.fullmatch(wanted or "")
    numbers = (int(found[1]), int(found[2]), int(found[3])) if found else None
    given = [tuple(int(part) for part in one.split(".")) for one in taken]
    highest = max(given, default=None)
    if numbers is not None and (highest is None or numbers > highest):
        return ".".join(map(str, numbers))
    if highest is None:
        return FIRST
    return f"{highest[0]}.{highest[1]}.{highest[2] + 1}"


def in_markdown(commits: Sequence[Told]) -> str:
    chapters = []
    for heading in HEADINGS:
        lines = [commit.line for commit in commits if (commit.group or HEADINGS[-1]) == heading]
        if lines:
            chapters.append("\n".join([f"### {heading}", "", *lines]))
    whole = "\n\n".join(chapters)
    return whole if len(whole) <= CHANGELOG_BYTES_MAX else whole[:CHANGELOG_BYTES_MAX].rpartition("\n")[0] + "\n\n…"
