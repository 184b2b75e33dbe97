"""Commits as the house received them: when, with which push, and which issues they say they fix.

What a commit holds is git's to say; what is kept here is what git cannot know, and what must be found without it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import ForeignKey, Index, UniqueConstraint, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import policy
from dure.code.repositories import CommitInfo
from dure.ledger import BIG, Moment, Table, Work
from dure.plan import Project

T = TypeVar("T")

HEX = re.compile(r"[0-9a-f]{7,64}")
ASKED_AT_ONCE = 500
"""How many shas one question names; SQLite takes only so many values."""
FIXES_PER_COMMIT_MAX = 20
NUMBER_MAX = 2**31 - 1
FIXING = re.compile(
    r"\b(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?):?\s+(#\d{1,20}\b(?:\s*(?:,|&|and)\s*#\d{1,20}\b)*)", re.IGNORECASE
)


class Commit(Table):
    """One commit of a project. The first push that brought it is the one that counts."""

    __tablename__ = "code_commit"
    __table_args__ = (
        UniqueConstraint("project_id", "sha"),
        Index("ix_code_commit_received", "project_id", "received_at"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    sha: Mapped[str]
    push_id: Mapped[int] = mapped_column(BIG, ForeignKey("code_push.id"), index=True)
    title: Mapped[str]
    author_name: Mapped[str]
    author_email: Mapped[str]
    authored_at: Mapped[datetime] = mapped_column(Moment)
    received_at: Mapped[datetime] = mapped_column(Moment)

    @property
    def ref(self) -> str:
        return commit_ref(self.project_id, self.sha)


class CodeFix(Table):
    """A commit whose message says that it fixes an issue."""

    __tablename__ = "code_fix"

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    sha: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)


@dataclass(frozen=True)
class Fix:
    sha: str
    number: int


def commit_ref(project_id: int, sha: str) -> str:
    """What entries about a commit are about."""
    return f"commit:{project_id}/{sha}"


def commit_of(work: Work, project: Project, sha: str) -> Commit | None:
    """The commit of this name, of which the first seven letters are enough. Two that fit are none."""
    policy.require(work, "code.read", project.scope)
    sha = sha.lower()
    if not HEX.fullmatch(sha):
        return None
    fitting = select(Commit).where(Commit.project_id == project.id, Commit.sha >= sha, Commit.sha < sha + "g")
    found = work.session.scalars(fitting.limit(2)).all()
    return found[0] if len(found) == 1 else None


def received_commits(work: Work, project: Project, shas: Collection[str]) -> dict[str, Commit]:
    """Those of the commits that were received, by sha."""
    policy.require(work, "code.read", project.scope)
    found: dict[str, Commit] = {}
    for some in portions(shas):
        query = select(Commit).where(Commit.project_id == project.id, Commit.sha.in_(some))
        found |= {commit.sha: commit for commit in work.session.scalars(query)}
    return found


def fixes_of(work: Work, project: Project, shas: Collection[str]) -> list[Fix]:
    """Which issues these commits say they fix."""
    policy.require(work, "code.read", project.scope)
    found: list[Fix] = []
    for some in portions(shas):
        query = select(CodeFix).where(CodeFix.project_id == project.id, CodeFix.sha.in_(some))
        found += [Fix(fix.sha, fix.number) for fix in work.session.scalars(query)]
    return sorted(found, key=lambda fix: (fix.number, fix.sha))


def fixing_commits(work: Work, project: Project, number: int, limit: int = 50) -> Sequence[Commit]:
    """The received commits that say they fix this issue, the latest first."""
    policy.require(work, "code.read", project.scope)
    query = (
        select(Commit)
        .join(CodeFix, (CodeFix.project_id == Commit.project_id) & (CodeFix.sha == Commit.sha))
        .where(CodeFix.project_id == project.id, CodeFix.number == number)
        .order_by(Commit.id.desc())
    )
    return work.session.scalars(query.limit(limit)).all()


def keep_commits(work: Work, project: Project, push_id: int, commits: Iterable[CommitInfo], at: datetime) -> set[int]:
    """Write down those that were not received before. Returns the numbers of the issues that they fix."""
    policy.require(work, "code.read", project.scope)
    numbers: set[int] = set()
    for some in portions({commit.sha: commit for commit in commits}.values()):
        known = select(Commit.sha).where(Commit.project_id == project.id, Commit.sha.in_([each.sha for each in some]))
        there = set(work.session.scalars(known))
        fresh = [commit for commit in some if commit.sha not in there]
        fixes = [
            {"project_id": project.id, "sha": commit.sha, "number": number}
            for commit in fresh
            for number in numbers_fixed(commit.message)
        ]
        if fresh:
            work.session.execute(insert(Commit), [row_of(project.id, push_id, commit, at) for commit in fresh])
        if fixes:
            work.session.execute(insert(CodeFix), fixes)
        numbers |= {int(str(fix["number"])) for fix in fixes}
    return numbers


def row_of(project_id: int, push_id: int, commit: CommitInfo, at: datetime) -> dict[str, object]:
    return {
        "project_id": project_id,
        "sha": commit.sha,
        "push_id": push_id,
        "title": commit.title,
        "author_name": commit.author_name,
        "author_email": commit.author_email,
        "authored_at": commit.authored_at,
        "received_at": at,
    }


def numbers_fixed(message: str) -> list[int]:
    """The issues that a message says it fixes: "Fixes #12", "closes #3 and #4", "Resolved: #5"."""
    found: dict[int, None] = {}
    for phrase in FIXING.finditer(message):
        for word in re.findall(r"#(\d+)", phrase[1]):
            if 0 < int(word) <= NUMBER_MAX and len(found) < FIXES_PER_COMMIT_MAX:
                found[int(word)] = None
    return list(found)


def portions(things: Iterable[T]) -> Iterator[list[T]]:
    """As many at a time as one question may name."""
    rest = iter(things)
    while some := list(islice(rest, ASKED_AT_ONCE)):
        yield some
