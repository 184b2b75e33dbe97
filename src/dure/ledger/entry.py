"""Entries: what the ledger keeps of each event, and the questions it answers."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import BigInteger, ForeignKey, Index, Integer, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit
from dure.ledger.database import Moment, Table
from dure.ledger.event import Event, sentence_of
from dure.ledger.work import Work

BIG = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows only in a column that is called INTEGER; there it is as wide as a BIGINT."""

SETTLED = "settled"
"""The bell that rings, in this house alone, once new entries are committed."""


class Entry(Table):
    """One thing that happened. It is never changed, except that it is sealed once."""

    __tablename__ = "ledger_entry"
    __table_args__ = (Index("ix_ledger_entry_seal", "seal", "id"), Index("ix_ledger_entry_at", "at"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str]
    actor: Mapped[str]
    actor_name: Mapped[str]
    within: Mapped[str]
    facts: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(Text)
    seal: Mapped[int | None] = mapped_column(default=None)

    @property
    def refs(self) -> list[str]:
        return msgspec.json.decode(self.about, type=list[str])

    def sentence(self) -> kit.Text:
        return sentence_of(self.kind, self.facts)

    def event(self) -> Event:
        return msgspec.json.decode(self.facts, type=Event.kinds[self.kind])


class EntryRef(Table):
    """Where an entry is found: one row for each thing it is about."""

    __tablename__ = "ledger_ref"
    __table_args__ = ({"sqlite_with_rowid": False},)

    ref: Mapped[str] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(BIG, ForeignKey("ledger_entry.id"), primary_key=True)


def thread(work: Work, ref: str, *, after: int = 0, limit: int = 200) -> Sequence[Entry]:
    """Everything that happened to one thing, oldest first. Who may read it is for the caller to ask."""
    query = (
        select(Entry)
        .join(EntryRef, EntryRef.entry_id == Entry.id)
        .where(EntryRef.ref == ref, EntryRef.entry_id > after)
        .order_by(EntryRef.entry_id)
        .limit(limit)
    )
    return work.session.scalars(query).all()
