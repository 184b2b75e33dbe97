"""A merge request: a branch that shall come into another. A machine, since git is asked outside of any transaction.

trying   git is asked what the two branches come to together
open     that is known; it waits for people and checks
merging  git is told to do it
merged, closed: over
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, policy
from dure.code.commit import commit_ref
from dure.code.push import HEADS
from dure.kit import Missing, kept, say
from dure.ledger import BIG, Machine, Moment, Table, Work
from dure.people import Role
from dure.plan import Project

TRYING, OPEN, MERGING, MERGED, CLOSED = "trying", "open", "merging", "merged", "closed"
UNDER_WAY = (TRYING, OPEN, MERGING)
Manner = Literal["merge", "squash"]
NUMBER_MAX = 2**31 - 1
PAGE = 50
LEASE_SECONDS = 10.0
"""A house that is killed in the middle holds a merge up no longer than this."""

policy.action("code.request", Role.DEVELOPER, say("open and edit merge requests"))
policy.action("code.merge", Role.DEVELOPER, say("merge"))


class MergeRequest(Machine, Table):
    __tablename__ = "code_request"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        Index("ix_code_request_phase", "project_id", "phase", "number"),
        Index("ix_code_request_head_sha", "project_id", "head_sha"),
        Index("ix_code_request_merged_sha", "project_id", "merged_sha"),
    )

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    repository_id: Mapped[int] = mapped_column(BIG)
    number: Mapped[int]
    title: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    source: Mapped[str]
    """The branch with the change."""
    target: Mapped[str]
    """The branch that it shall come into."""
    author: Mapped[str]
    author_name: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    head_sha: Mapped[str]
    before_sha: Mapped[str]
    """What the head was before the last push to it."""
    target_sha: Mapped[str]
    action: Mapped[str] = mapped_column(default="")
    """What those who listen are told once the branches have been tried: opened, synchronize, reopened, or nothing."""
    merge_sha: Mapped[str] = mapped_column(default="")
    """The commit that the two come to, which no branch holds yet. Empty: not known, or they conflict."""
    conflicts: Mapped[str] = mapped_column(Text, default="[]")
    manner: Mapped[str] = mapped_column(default="merge")
    onto: Mapped[str] = mapped_column(default="")
    """Where the target stood when git was told to merge."""
    tested_sha: Mapped[str] = mapped_column(default="")
    """The commit that a queue has tested: merging is to move the target there. Empty: git makes one."""
    left_queue: Mapped[str] = mapped_column(Text, default="")
    """Why it had to leave the queue when it last stood there."""
    closed_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    merged_sha: Mapped[str] = mapped_column(default="")
    ended_by: Mapped[str] = mapped_column(default="")
    ended_by_name: Mapped[str] = mapped_column(default="")

    @property
    def ref(self) -> str:
        return request_ref(self.id)

    @property
    def scope(self) -> str:
        return f"project:{self.project_id}"

    @property
    def is_open(self) -> bool:
        return self.phase in UNDER_WAY

    @property
    def state(self) -> str:
        """In the words of people: open, merged, closed."""
        return OPEN if self.is_open else self.phase

    @property
    def conflicting(self) -> list[str]:
        """The files that both sides changed in the same places."""
        return msgspec.json.decode(self.conflicts, type=list[str])

    @property
    def why_left(self) -> kit.Text | None:
        return kept(self.left_queue)

    @property
    def about(self) -> list[str]:
        return [self.ref, self.scope, commit_ref(self.project_id, self.head_sha)]


def request_ref(request_id: int) -> str:
    return f"request:{request_id}"


def find_request(work: Work, project: Project, number: int, *, to_change: bool = False) -> MergeRequest:
    """The merge request with this number."""
    policy.require(work, "code.read", project.scope)
    query = select(MergeRequest).where(MergeRequest.project_id == project.id, MergeRequest.number == number)
    if to_change:
        query = query.with_for_update()
    found = work.session.scalars(query).one_or_none() if 0 < number <= NUMBER_MAX else None
    if found is None:
        raise Missing(say("There is no merge request !{number} here.", number=number))
    return found


# open: whoever has its id from an event of the ledger; the caller asks for the project.
def request_with(work: Work, request_id: int) -> MergeRequest | None:
    return work.session.get(MergeRequest, request_id)


def requests_of(
    work: Work,
    project: Project,
    *,
    state: str | None = None,
    head_sha: str | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> Sequence[MergeRequest]:
    """The latest first: those that are open, merged or closed, or all."""
    policy.require(work, "code.read", project.scope)
    query = select(MergeRequest).where(MergeRequest.project_id == project.id)
    if state is not None:
        query = query.where(MergeRequest.phase.in_(UNDER_WAY if state == OPEN else (state,)))
    if head_sha is not None:
        query = query.where(MergeRequest.head_sha == head_sha)
    if before is not None:
        query = query.where(MergeRequest.number < before)
    return work.session.scalars(query.order_by(MergeRequest.number.desc()).limit(limit)).all()


# open: for the reactions of this room; those who read the answer are asked then.
def open_of_branch(work: Work, project_id: int, ref: str) -> Sequence[MergeRequest]:
    """The open ones that this branch is a side of."""
    branch = ref.removeprefix(HEADS)
    sides = (MergeRequest.source == branch) | (MergeRequest.target == branch)
    query = select(MergeRequest).where(MergeRequest.project_id == project_id, MergeRequest.phase.in_(UNDER_WAY), sides)
    return work.session.scalars(query.order_by(MergeRequest.id).with_for_update()).all()
