"""Suspects: the commits that may have led to an incident, the likeliest first, each with its reasons.

A suspect is a commit, never a person. The ranking adds up small reasons that anybody can check, and shows them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath

import msgspec
from sqlalchemy import ForeignKey, select
from sqlalchemy import Text as Words
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import Text, say, whole
from dure.ledger import BIG, Table, Work

SUSPECTS_MAX = 20
QUIET = re.compile(r"(docs?|test|tests|chore|ci|style)(\(.*\))?:", re.IGNORECASE)
"""Kinds of commits that seldom change what a service does."""
FILE_IN_ERROR = re.compile(r"[\w./-]+\.(?:py|js|ts|go|rs|rb|java|kt|php|cs|c|cc|cpp|h|sql|html)\b")
OUTSIDE = ("test", "tests", "docs", ".github", ".dure")
"""Folders whose files do not run in a service."""


class Suspect(Table):
    __tablename__ = "incident_suspect"

    incident_id: Mapped[int] = mapped_column(BIG, ForeignKey("incident.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    sha: Mapped[str]
    title: Mapped[str]
    author: Mapped[str]
    score: Mapped[int]
    told: Mapped[str] = mapped_column(Words)
    """The reasons as data, each to be shown in the language of who reads it."""

    @property
    def reasons(self) -> list[Text]:
        return [whole(one) for one in msgspec.json.decode(self.told, type=list[Text])]


@dataclass(frozen=True)
class Candidate:
    """A commit that came into the environment with the version that went wrong."""

    sha: str
    title: str
    author: str
    paths: Sequence[str]

    @cached_property
    def running_paths(self) -> list[str]:
        """Those of its files that can matter to a running service."""
        return [path for path in self.paths if not is_outside(path)]


@dataclass(frozen=True)
class Reason:
    words: Text
    points: int


@dataclass(frozen=True)
class Ranked:
    candidate: Candidate
    reasons: Sequence[Reason]

    @property
    def score(self) -> int:
        return sum(reason.points for reason in self.reasons)


def rank(candidates: Sequence[Candidate], service: str, named: Sequence[str]) -> list[Ranked]:
    """The likeliest first. Candidates come oldest first; `named` are files that errors of the service spoke of."""
    ranked = [
        Ranked(candidate, reasons_against(candidate, service, named, is_last=place == len(candidates) - 1))
        for place, candidate in enumerate(candidates)
    ]
    newest_first = ranked[::-1]
    return sorted(newest_first, key=lambda one: -one.score)[:SUSPECTS_MAX]


def reasons_against(candidate: Candidate, service: str, named: Sequence[str], *, is_last: bool) -> list[Reason]:
    reasons = [Reason(say("It is new in this version."), 1)]
    spoken_of = [path for path in candidate.running_paths if any(ends_alike(path, name) for name in named)]
    if spoken_of:
        reasons.append(Reason(say("Errors of this version speak of {file}, which it changes.", file=spoken_of[0]), 5))
    near = [path for path in candidate.running_paths if service and is_of(path, service)]
    if near:
        reasons.append(Reason(say("It changes {file}, a part of {service}.", file=near[0], service=service), 3))
    if not candidate.running_paths:
        reasons.append(Reason(say("It changes nothing that runs."), -4))
    elif QUIET.match(candidate.title):
        reasons.append(Reason(say("By its title it should change nothing that runs."), -1))
    if is_last:
        reasons.append(Reason(say("It is the last one."), 1))
    return reasons


def files_named(lines: Sequence[str]) -> list[str]:
    """Files that lines of a log speak of."""
    return sorted({name for line in lines for name in FILE_IN_ERROR.findall(line[:2000])})


def is_of(path: str, service: str) -> bool:
    """Whether a file lies in the folder of a service, or is called like it."""
    parts = PurePosixPath(path)
    return service in parts.parts[:-1] or parts.stem == service


def is_outside(path: str) -> bool:
    parts = PurePosixPath(path)
    if any(part in OUTSIDE for part in parts.parts[:-1]):
        return True
    return parts.suffix in {".md", ".rst", ".txt"} or parts.stem.startswith("test_") or parts.stem.endswith("_test")


def ends_alike(path: str, name: str) -> bool:
    """`/srv/releases/ab12/web.py` in a trace is `web.py` in the repository."""
    there, here = PurePosixPath(name).parts, PurePosixPath(path).parts
    return there[-len(here) :] == here or here[-len(there) :] == there


# open: whoever holds the incident has been let in.
def suspects_of(work: Work, incident_id: int) -> Sequence[Suspect]:
    """The likeliest first."""
    query = select(Suspect).where(Suspect.incident_id == incident_id).order_by(Suspect.place)
    return work.session.scalars(query).all()


def suspects_for(incident_id: int, ranked: Sequence[Ranked]) -> list[Suspect]:
    return [
        Suspect(
            incident_id=incident_id,
            place=place,
            sha=one.candidate.sha,
            title=one.candidate.title[:500],
            author=one.candidate.author[:200],
            score=one.score,
            told=msgspec.json.encode([reason.words for reason in one.reasons]).decode(),
        )
        for place, one in enumerate(ranked)
    ]
