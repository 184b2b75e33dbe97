"""Mirrors: trees of actions that the house has, each under the words by which workflows ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Index, UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, people
from dure.build.actions.packing import Tree
from dure.build.actions.uses import UsesWords
from dure.kit import Missing, now, say
from dure.ledger import BIG, Event, Moment, Table, Work
from dure.wire import STAND_INS, ActionSource

UNUSED_DAYS_MAX = 30
"""So long stays what the house has fetched or packed by itself; it can do so again."""
NOTED_EVERY = timedelta(hours=1)


class Mirror(Table):
    """A tree under owner/repo@ref. What somebody keeps here goes before what was fetched."""

    __tablename__ = "build_action"
    __table_args__ = (UniqueConstraint("name", "ref", "source"), Index("ix_build_action_digest", "digest"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    name: Mapped[str]
    """owner/repo, in small letters."""
    ref: Mapped[str]
    """Of a project of this house always a whole sha."""
    source: Mapped[str]
    sha: Mapped[str]
    digest: Mapped[str]
    size: Mapped[int] = mapped_column(BIG)
    kept_by: Mapped[str]
    kept_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment, default=None)

    @property
    def tree(self) -> Tree:
        return Tree(self.sha, self.digest, self.size)


@dataclass(frozen=True, kw_only=True)
class ActionKept(Event, kind="build.action_kept"):
    """A mirror of an action is kept here from now on, under this digest."""

    name: str
    ref: str
    digest: str

    def sentence(self) -> kit.Text:
        return say("keeps the action {name}@{ref} here", name=self.name, ref=self.ref)


@dataclass(frozen=True, kw_only=True)
class ActionDropped(Event, kind="build.action_dropped"):
    name: str
    ref: str

    def sentence(self) -> kit.Text:
        return say("keeps the action {name}@{ref} no longer", name=self.name, ref=self.ref)


# open: `keep_action` below asks; the house keeps what it has fetched or packed by itself.
def put_mirror(work: Work, words: UsesWords, tree: Tree, source: ActionSource) -> Mirror:
    row = mirror_of(work, words, source) or new_mirror(work, words, tree, source)
    row.sha, row.digest, row.size = tree.sha, tree.digest, tree.size
    row.kept_by, row.kept_at = work.actor.name, now()
    return row


def new_mirror(work: Work, words: UsesWords, tree: Tree, source: ActionSource) -> Mirror:
    """Two who do this in the same moment get the same row."""
    row = Mirror(
        name=words.name,
        ref=words.ref,
        source=source,
        sha=tree.sha,
        digest=tree.digest,
        size=tree.size,
        kept_by=work.actor.name,
        kept_at=now(),
        used_at=now(),
    )
    try:
        with work.session.begin_nested():
            return work.add(row)
    except IntegrityError:
        there = mirror_of(work, words, source)
        assert there is not None
        return there


# open: it is for admins of the house, and asks for one.
def keep_action(work: Work, words: UsesWords, tree: Tree) -> Mirror:
    """From now on workflows that say these words get this tree."""
    people.require_admin(work)
    row = put_mirror(work, words, tree, "kept")
    work.record(ActionKept(name=words.name, ref=words.ref, digest=tree.digest), about=[], within="house")
    return row


# open: it is for admins of the house, and asks for one.
def actions_kept(work: Work) -> Sequence[Mirror]:
    """Every mirror, by name."""
    people.require_admin(work)
    return work.session.scalars(
        select(Mirror).where(Mirror.source != "house").order_by(Mirror.name, Mirror.ref, Mirror.source)
    ).all()


# open: it is for admins of the house, and asks for one.
def drop_action(work: Work, words: UsesWords) -> None:
    """Runs that have begun keep what they pinned."""
    people.require_admin(work)
    mine = Mirror.name == words.name, Mirror.ref == words.ref, Mirror.source != "house"
    if not work.session.execute(delete(Mirror).where(*mine).returning(Mirror.id)).all():
        raise Missing(say("The house keeps no action {uses}.", uses=str(words)))
    work.record(ActionDropped(name=words.name, ref=words.ref), about=[], within="house")


# open: a runner asks for the words of its own job; what it may see is asked in `look_for`.
def mirror_of(work: Work, words: UsesWords, source: ActionSource) -> Mirror | None:
    mine = Mirror.name == words.name, Mirror.ref == words.ref, Mirror.source == source
    return work.session.scalars(select(Mirror).where(*mine)).one_or_none()


# open: the house's own bookkeeping; who may have it was asked before.
def packed_tree(work: Work, words: UsesWords) -> Tree | None:
    """A commit of a project of ours, if it has been packed before."""
    row = mirror_of(work, words, "house")
    return None if row is None else row.tree


# open: which of a handful of well-known actions the house has is told to every job.
def mirrored(work: Work) -> list[str]:
    """Those of the actions that runners have stand-ins for, of which the house keeps the real thing."""
    found = select(Mirror.name).where(Mirror.name.in_(STAND_INS), Mirror.source == "kept").distinct()
    return sorted(work.session.scalars(found))


# open: the house's own bookkeeping.
def note_use(work: Work, words: UsesWords, source: ActionSource) -> None:
    row = mirror_of(work, words, source)
    if row is None:
        return
    if row.used_at is None or now() - row.used_at > NOTED_EVERY:
        row.used_at = now()


# open: the house's own doing, by the clock.
def tidy_actions(work: Work) -> None:
    """What the house can fetch or pack again it forgets when nobody wants it."""
    before = now() - timedelta(days=UNUSED_DAYS_MAX)
    work.session.execute(delete(Mirror).where(Mirror.source != "kept", Mirror.used_at < before))
