"""Pushes: what moved in a repository, written down once, whoever is killed in between.

`code_ref` is what the house has written down of the repository's branches and tags. Git's refs move first; `receive`
then makes the row say the same, only from the value that the move began at. So a move is written once, however often
it is found: after the push, at the next start, or by whoever comes next.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ForeignKey, Index, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from dure import plan, policy
from dure.code.commit import commit_ref, keep_commits
from dure.code.repositories import CommitInfo
from dure.code.repository import Repository, find_repository
from dure.kit import Missing, Text, say, say_count
from dure.ledger import BIG, Actor, Event, Moment, Table, Work
from dure.plan import Project

ZEROS = "0" * 40
"""How git writes that a ref is not there."""
HEADS, TAGS = "refs/heads/", "refs/tags/"
COMMITS_TOLD_MAX = 50
ISSUES_TOLD_MAX = 50


class Ref(Table):
    """A branch or a tag as it was last written down."""

    __tablename__ = "code_ref"

    repository_id: Mapped[int] = mapped_column(ForeignKey("code_repository.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    target: Mapped[str]
    """What git's ref points to: a commit, or the tag object of a tag with a message."""
    sha: Mapped[str]
    """The commit behind it."""
    moved_at: Mapped[datetime] = mapped_column(Moment)


class Push(Table):
    """One ref that moved."""

    __tablename__ = "code_push"
    __table_args__ = (Index("ix_code_push_after", "project_id", "after"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    ref: Mapped[str]
    before: Mapped[str]
    after: Mapped[str]
    forced: Mapped[bool]
    is_default: Mapped[bool]
    actor: Mapped[str]
    actor_name: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True)
class PushedCommit:
    sha: str
    title: str
    author: str
    authored_at: datetime


@dataclass(frozen=True, kw_only=True)
class Pushed(Event, kind="code.pushed"):
    """A branch or a tag moved. `before` and `after` are commits; of a tag with a message, the commit it names."""

    project: int
    path: str
    repository: int
    ref: str
    before: str
    after: str
    created: bool = False
    deleted: bool = False
    forced: bool = False
    default: bool = False
    """Whether it is the branch that releases are made of."""
    commits: tuple[PushedCommit, ...] = ()
    """The latest first, fifty at most."""
    more: int = 0
    received_at: datetime

    def sentence(self) -> Text:
        name, count = self.ref.removeprefix(HEADS).removeprefix(TAGS), len(self.commits) + self.more
        if self.ref.startswith(TAGS):
            return say("deleted the tag {name}", name=name) if self.deleted else say("pushed the tag {name}", name=name)
        if self.deleted:
            return say("deleted the branch {name}", name=name)
        if self.forced:
            return say("rewrote the branch {name}; it is now at {sha}", name=name, sha=self.after[:10])
        if not count:
            return say("set the branch {name} to {sha}", name=name, sha=self.after[:10])
        return say_count("pushed {count} commit to {name}", "pushed {count} commits to {name}", count, name=name)


@dataclass(frozen=True)
class Move:
    """One ref that moved from one target to another, by whom, and what came with it."""

    ref: str
    before: str
    """The target of the ref before: not always a commit."""
    after: str
    before_sha: str
    after_sha: str
    actor: Actor
    at: datetime
    forced: bool = False
    quiet: bool = False
    """The house's own doing: written down, but told to nobody."""
    commits: Sequence[CommitInfo] = ()
    """Those that the ref did not have before, the latest first."""


def receive(
    work: Work, repository_id: int, moves: Sequence[Move], received: Sequence[CommitInfo], default: str | None = None
) -> int:
    """Write down moves of refs, in their order, and the commits that came with them. Returns how many were new."""
    repository = work.session.scalars(
        select(Repository).where(Repository.id == repository_id).with_for_update()
    ).one_or_none()
    if repository is None:
        return 0
    project = plan.project_of(work, repository.project_id)
    policy.require(work, "code.push", project.scope)
    if default is not None and default != repository.default_branch:
        changed = update(Repository).where(Repository.id == repository_id).values(default_branch=default)
        work.session.execute(changed)
        work.session.refresh(repository)
    taken, left = 0, list(received)
    for move in moves:
        if not set_ref(work, repository_id, move):
            continue
        push = keep_push(work, project, repository, move)
        # The commits are kept with the first move that was written down; they came with it.
        fixed = keep_commits(work, project, push.id, left, move.at)
        left = []
        if not move.quiet:
            tell(work, project, repository, move, fixed)
        taken += 1
    return taken


def set_ref(work: Work, repository_id: int, move: Move) -> bool:
    """Compare and set. False when the row does not stand where the move began: somebody else has written it down."""
    here = (Ref.repository_id == repository_id) & (Ref.name == move.ref)
    row = work.session.scalars(select(Ref).where(here)).one_or_none()
    if (ZEROS if row is None else row.target) != move.before:
        return False
    if move.after == ZEROS:
        work.session.execute(delete(Ref).where(here))
        work.session.expire_all()
    elif row is None:
        work.add(
            Ref(repository_id=repository_id, name=move.ref, target=move.after, sha=move.after_sha, moved_at=move.at)
        )
    else:
        row.target, row.sha, row.moved_at = move.after, move.after_sha, move.at
        work.session.flush()
    return True


def keep_push(work: Work, project: Project, repository: Repository, move: Move) -> Push:
    return work.add(
        Push(
            project_id=project.id,
            ref=move.ref,
            before=move.before_sha,
            after=move.after_sha,
            forced=move.forced,
            is_default=move.ref == repository.default_ref,
            actor=move.actor.ref,
            actor_name=move.actor.name,
            received_at=move.at,
        )
    )


def tell(work: Work, project: Project, repository: Repository, move: Move, fixed: set[int]) -> None:
    """The event, about the project, the commits, the one who pushed, and the issues that are said to be fixed."""
    told = move.commits[:COMMITS_TOLD_MAX]
    event = Pushed(
        project=project.id,
        path=project.path,
        repository=repository.id,
        ref=move.ref,
        before=move.before_sha,
        after=move.after_sha,
        created=move.before == ZEROS,
        deleted=move.after == ZEROS,
        forced=move.forced,
        default=move.ref == repository.default_ref,
        commits=tuple(PushedCommit(each.sha, each.title, each.author_name, each.authored_at) for each in told),
        more=len(move.commits) - len(told),
        received_at=move.at,
    )
    commits = {each.sha for each in told} | ({move.after_sha} if move.after != ZEROS else set())
    about = [project.scope, move.actor.ref, *(commit_ref(project.id, sha) for sha in commits)]
    about += issue_refs(work, project, fixed)
    replace(work, actor=move.actor).record(event, about=about, within=project.scope)


def issue_refs(work: Work, project: Project, numbers: set[int]) -> list[str]:
    """The threads of the issues that there are of these numbers."""
    found: list[str] = []
    for number in sorted(numbers)[:ISSUES_TOLD_MAX]:
        with suppress(Missing):
            found.append(plan.find_issue(work, project, number).ref)
    return found


def head_of(work: Work, project: Project, branch: str) -> str | None:
    """The commit that a branch was last pushed to."""
    policy.require(work, "code.read", project.scope)
    query = (
        select(Ref.sha)
        .join(Repository, Repository.id == Ref.repository_id)
        .where(Repository.project_id == project.id, Ref.name == HEADS + branch)
    )
    return work.session.scalars(query).one_or_none()


def refs_of(work: Work, project: Project) -> dict[str, str]:
    """Every branch and tag that was written down, with its commit."""
    policy.require(work, "code.read", project.scope)
    query = (
        select(Ref.name, Ref.sha)
        .join(Repository, Repository.id == Ref.repository_id)
        .where(Repository.project_id == project.id)
        .order_by(Ref.name)
    )
    return {row.name: row.sha for row in work.session.execute(query)}


@dataclass(frozen=True)
class Standing:
    """What was written down of a repository."""

    default_branch: str
    refs: dict[str, tuple[str, str]]
    """For each branch and tag its target and its commit."""


def standing(work: Work, repository_id: int) -> Standing | None:
    found = find_repository(work, repository_id)
    if found is None:
        return None
    policy.require(work, "code.read", found[0].scope)
    query = select(Ref).where(Ref.repository_id == repository_id)
    refs = {ref.name: (ref.target, ref.sha) for ref in work.session.scalars(query)}
    return Standing(found[1].default_branch, refs)


def pushes_of(
    work: Work, project: Project, *, sha: str | None = None, default: bool | None = None, limit: int = 50
) -> Sequence[Push]:
    """The latest pushes first: those that ended at this commit, those to the default branch, or all."""
    policy.require(work, "code.read", project.scope)
    query = select(Push).where(Push.project_id == project.id)
    if sha is not None:
        query = query.where(Push.after == sha)
    if default is not None:
        query = query.where(Push.is_default.is_(default))
    return work.session.scalars(query.order_by(Push.id.desc()).limit(limit)).all()
