"""A piece of work: one actor, one transaction, and what it puts in the ledger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import msgspec
from sqlalchemy.orm import Session

from dure.kit import now
from dure.ledger.database import Bell, Row, put
from dure.ledger.event import Event

T = TypeVar("T")


@dataclass(frozen=True)
class Actor:
    """Who does it. The ref is for looking up ("person:3"), the name is what the ledger shows for ever."""

    ref: str
    name: str


HOUSE = Actor("house", "dure")
"""The house itself: timers, machines and reactions act under this name."""


@dataclass(frozen=True)
class Work:
    """One unit of work. It touches the database and nothing else, because it may be run again."""

    session: Session
    actor: Actor
    owed: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    """The names of the reactions owed to each kind of event."""

    def add(self, row: Row) -> Row:
        """Put a new row in its table, at once: it has its id, and what is changed on it later is kept as well."""
        put(self.session, row)
        return row

    def record(self, event: Event, *, about: list[str], within: str) -> None:
        """Put an event in the ledger, in the same transaction as the change it describes.

        `about` names each thing whose thread should show it; `within` is the scope whose readers may read it.
        """
        refs = sorted(set(about))
        self.session.info.setdefault("pending", []).append(
            {
                "at": now(),
                "kind": event.kind,
                "actor": self.actor.ref,
                "actor_name": self.actor.name,
                "within": within,
                "facts": event.facts(),
                "about": msgspec.json.encode(refs).decode(),
                "refs": refs,
                "owed": self.owed.get(event.kind, ()),
            }
        )

    def ring(self, topic: str) -> None:
        """Wake whoever waits for this topic, in every house on this database, after the commit."""
        self.session.info.setdefault("rings", set()).add(topic)


class Hands(Protocol):
    """What a background worker needs of the house: write, read, and bells to sleep by."""

    bell: Bell

    def write_now(self, actor: Actor, do: Callable[[Work], T]) -> T:
        """Write from a thread of one's own; answers when it is durable."""

    def read_now(self, actor: Actor, do: Callable[[Work], T]) -> T:
        """Read from a thread of one's own."""
