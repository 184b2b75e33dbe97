"""The thread of an issue: what was said and what was done, from all rooms, in the order it happened."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dure import policy
from dure.ledger import Entry, EntryRef, Work, thread
from dure.plan.issue.comment import Comment
from dure.plan.issue.issue import Issue
from dure.plan.project import Project

THREAD_ENTRIES = 100
QUIET = ("plan.comment_edited", "plan.comment_deleted")
"""The comment itself says these."""


@dataclass(frozen=True)
class Item:
    """One step of the thread: an entry of the ledger, and the comment it tells of, if it does."""

    entry: Entry
    comment: Comment | None = None


@dataclass(frozen=True)
class Thread:
    """The latest part of a thread, oldest first, and from where the part before it would end."""

    items: tuple[Item, ...]
    earlier: int | None = None


def thread_of(
    work: Work, project: Project, issue: Issue, *, before: int | None = None, limit: int = THREAD_ENTRIES
) -> Thread:
    """The latest entries about an issue, or those before one of them."""
    policy.require(work, "project.read", project.scope)
    entries = latest(work, issue.ref, before=before, limit=limit + 1)
    earlier = entries[-2].id if len(entries) > limit else None
    shown = readable_of(work, entries[:limit])
    said = comments_told(work, shown)
    items = [Item(entry, said.get(comment_in(entry))) for entry in reversed(shown) if entry.kind not in QUIET]
    return Thread(tuple(items), earlier)


@dataclass(frozen=True)
class Told:
    """Entries about an issue, oldest first, what was said in them by entry, and where to go on."""

    entries: Sequence[Entry]
    said: dict[int, Comment]
    next: int | None


def entries_of(work: Work, project: Project, issue: Issue, *, after: int = 0, limit: int = THREAD_ENTRIES) -> Told:
    """The entries of the ledger about an issue, oldest first, from after one of them on."""
    policy.require(work, "project.read", project.scope)
    entries = thread(work, issue.ref, after=after, limit=limit + 1)
    shown = readable_of(work, entries[:limit])
    comments = comments_told(work, shown)
    said = {entry.id: found for entry in shown if (found := comments.get(comment_in(entry)))}
    return Told(shown, said, entries[limit - 1].id if len(entries) > limit else None)


def latest(work: Work, ref: str, *, before: int | None = None, limit: int) -> Sequence[Entry]:
    """The newest entries about one thing, newest first. The caller has asked the policy."""
    query = select(Entry).join(EntryRef, EntryRef.entry_id == Entry.id).where(EntryRef.ref == ref)
    if before is not None:
        query = query.where(EntryRef.entry_id < before)
    return work.session.scalars(query.order_by(EntryRef.entry_id.desc()).limit(limit)).all()


def readable_of(work: Work, entries: Sequence[Entry]) -> list[Entry]:
    """Without what happened in places that the actor may not look into: another project may have spoken of this one."""
    readable = policy.readable(work)
    return [entry for entry in entries if readable(entry.within)]


def comment_in(entry: Entry) -> int:
    event = entry.event() if entry.kind == "plan.commented" else None
    return int(getattr(event, "comment", 0))


def comments_told(work: Work, entries: Sequence[Entry]) -> dict[int, Comment]:
    ids = [comment_id for entry in entries if (comment_id := comment_in(entry))]
    if not ids:
        return {}
    return {said.id: said for said in work.session.scalars(select(Comment).where(Comment.id.in_(ids)))}
