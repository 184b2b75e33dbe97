"""The queue of a branch: merge requests that go into it one after another, each tested on top of those ahead of it.

The rows alone, and the bell: who sets a check need not know what a queue does with it.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from dure.code.repositories import QUEUE_REFS
from dure.ledger import BIG, Machine, Moment, Table, Work, wake

WATCHING = "watching"


class MergeQueue(Machine, Table):
    """A machine with one phase: it looks at who stands in it, and does what is next."""

    __tablename__ = "code_queue"
    __table_args__ = (UniqueConstraint("project_id", "branch"),)

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    repository_id: Mapped[int] = mapped_column(BIG)
    branch: Mapped[str]

    @property
    def refs(self) -> str:
        """Where the commits stand that it tests."""
        return f"{QUEUE_REFS}/{self.branch}/"


class Queued(Table):
    """A merge request that stands in a queue. Once it has left there is no such row any more."""

    __tablename__ = "code_queued"
    __table_args__ = (
        UniqueConstraint("request_id"),
        Index("ix_code_queued_group_sha", "group_sha"),
        Index("ix_code_queued_head_sha", "head_sha"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    queue_id: Mapped[int] = mapped_column(ForeignKey("code_queue.id"), index=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("code_request.id"))
    head_sha: Mapped[str]
    """The commit that somebody wants to see merged, and no later one."""
    manner: Mapped[str]
    by: Mapped[str]
    by_name: Mapped[str]
    queued_at: Mapped[datetime] = mapped_column(Moment)
    ready_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """When nothing stood in its way any more. Its place in the queue counts from here."""
    base_sha: Mapped[str] = mapped_column(default="")
    """What it is tested on top of: where the branch stands, or the commit of the one ahead."""
    group_sha: Mapped[str] = mapped_column(default="")
    """The commit that is tested, and that the branch moves to."""
    first_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """Since when it is its turn, and everybody waits for its checks."""
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often git could not work it out since it is its turn."""


# open: whoever sets a check has asked; this only lets the house look.
def wake_waiting(work: Work, project_id: int, sha: str) -> None:
    """A check of this commit is over: the queues that may have waited for it look again."""
    about = (Queued.group_sha == sha) | (Queued.head_sha == sha)
    query = select(MergeQueue).join(Queued, Queued.queue_id == MergeQueue.id)
    for queue in work.session.scalars(query.where(MergeQueue.project_id == project_id, about)).unique():
        wake(work, queue)
