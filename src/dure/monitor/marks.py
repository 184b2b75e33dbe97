"""Marks: the deployments that a chart shows as lines across it, read from the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from dure import policy
from dure.kit import Text
from dure.ledger import Entry, EntryRef, Work
from dure.monitor.known import Place

MARKS_MAX = 40
KINDS = {
    "deploy.begun": "busy",
    "deploy.went_live": "good",
    "deploy.rolled_back": "bad",
    "deploy.failed": "bad",
}
"""What is marked, and in which colour."""


@dataclass(frozen=True)
class Mark:
    at: datetime
    text: Text
    kind: str


def marks_in(work: Work, place: Place, since: datetime, until: datetime) -> Sequence[Mark]:
    """What was deployed to an environment in this time, the oldest first; of very many, the latest."""
    policy.require(work, "monitor.read", place.project.scope)
    query = (
        select(Entry)
        .join(EntryRef, EntryRef.entry_id == Entry.id)
        .where(EntryRef.ref == place.ref, Entry.within == place.project.scope, Entry.kind.in_(KINDS))
        .where(Entry.at >= since, Entry.at < until)
        .order_by(EntryRef.entry_id.desc())
        .limit(MARKS_MAX)
    )
    entries = work.session.scalars(query).all()
    return [Mark(entry.at, entry.sentence(), KINDS[entry.kind]) for entry in reversed(entries)]
