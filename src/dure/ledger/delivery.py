"""Deliveries: how one room hears another. One row for each entry and each reaction owed to it.

A delivery is written in the transaction of its event and removed in the transaction of its reaction, so a
reaction's own changes happen once. One that keeps failing is tried ever more slowly, then stays visible as
stuck until somebody retries it.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import BigInteger, ForeignKey, Integer, UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import Missing, say
from dure.ledger.database import Moment, Table, database_time
from dure.ledger.entry import Entry
from dure.ledger.event import Event
from dure.ledger.machine import Due
from dure.ledger.work import Work

E = TypeVar("E", bound=Event)
log = logging.getLogger(__name__)

TRIES_MAX = 8
BACK_OFF_SECONDS = 0.5
"""The first wait; each further one is twice as long, so the eighth try comes about a minute after the first."""


@dataclass(frozen=True)
class Reaction:
    """One room's answer to one kind of event. It may be called again for the same entry."""

    name: str
    to: type[Event]
    do: Callable[[Work, Entry], None]


def on(event: type[E], do: Callable[[Work, E], None]) -> Reaction:
    """Say that this room does something when that happens."""
    return Reaction(name_of(do), event, lambda work, entry: do(work, entry.event()))  # type: ignore[arg-type]


def on_entry(event: type[Event], do: Callable[[Work, Entry], None]) -> Reaction:
    """The same, where it also counts who did it: the entry has the event and its actor. One may answer many kinds."""
    return Reaction(f"{name_of(do)}:{event.kind}", event, do)


def name_of(do: Callable[..., None]) -> str:
    return f"{do.__module__.removeprefix('dure.')}.{do.__qualname__}"


def owed_by_kind(reactions: Iterable[Reaction]) -> dict[str, list[str]]:
    owed: dict[str, list[str]] = {}
    for reaction in reactions:
        owed.setdefault(reaction.to.kind, []).append(reaction.name)
    return owed


class Delivery(Due, Table):
    __tablename__ = "ledger_delivery"
    __table_args__ = (UniqueConstraint("entry_id", "reaction"),)

    entry_id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), ForeignKey("ledger_entry.id"))
    reaction: Mapped[str]
    stuck_at: Mapped[datetime | None] = mapped_column(Moment, default=None, index=True)


def deliver(work: Work, delivery: Delivery, reactions: dict[str, Reaction]) -> bool:
    """Do what is owed and strike it off, in one transaction. False when another house has done it."""
    mine = delete(Delivery).where(Delivery.id == delivery.id, Delivery.fence == delivery.fence)
    if not work.session.execute(mine).rowcount:  # type: ignore[attr-defined]
        return False
    entry = work.session.get_one(Entry, delivery.entry_id)
    reactions[delivery.reaction].do(work, entry)
    return True


def note_failure(delivery: Delivery, error: Exception, work: Work) -> None:
    """Remember why it failed and when to try again, or that it is stuck."""
    time = database_time(work.session)
    tries = delivery.tries + 1
    stuck = tries >= TRIES_MAX
    work.session.execute(
        update(Delivery)
        .where(Delivery.id == delivery.id, Delivery.fence == delivery.fence)
        .values(
            tries=tries,
            trouble=f"{type(error).__name__}: {error}"[:1000],
            lease_until=None,
            wake_at=None if stuck else time + timedelta(seconds=BACK_OFF_SECONDS * 2 ** (tries - 1)),
            stuck_at=time if stuck else None,
        )
    )


def stuck_deliveries(work: Work, limit: int = 100) -> Sequence[tuple[Delivery, Entry]]:
    """What could not be delivered, newest first. The admin page shows it."""
    query = (
        select(Delivery, Entry)
        .join(Entry, Entry.id == Delivery.entry_id)
        .where(Delivery.tries > 0)
        .order_by(Delivery.stuck_at.is_(None), Delivery.id.desc())
        .limit(limit)
    )
    return [(delivery, entry) for delivery, entry in work.session.execute(query)]


def retry_delivery(work: Work, delivery_id: int) -> None:
    """Give a stuck delivery all its tries again, now."""
    delivery = work.session.get(Delivery, delivery_id)
    if delivery is None:
        raise Missing(say("This delivery is no longer waiting; it was made in the meantime."))
    delivery.tries, delivery.stuck_at, delivery.wake_at = 0, None, database_time(work.session)
    work.ring(Delivery.__tablename__)
