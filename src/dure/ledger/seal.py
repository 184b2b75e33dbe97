"""Seals: the ledger as a hash chain, so that tampering shows.

Writers do not wait for the chain. A sealer takes whatever has been committed, in batches, and gives each batch a
number and a digest over its entries and the digest before. The number also orders entries for readers of the
live stream: on PostgreSQL, ids alone do not come in the order of the commits.
"""

import hashlib
import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Text, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from dure.kit import Refused, now, say
from dure.ledger.database import Moment, Table, one_at_a_time
from dure.ledger.entry import SETTLED, Entry, EntryRef
from dure.ledger.work import HOUSE, Hands, Work

log = logging.getLogger(__name__)

SEALED = "sealed"
"""The bell that rings, in every house, when new entries can be read in order."""
BATCH_MAX = 2000
GATHER_SECONDS = 0.02
"""How long the sealer lets entries gather, so that one seal serves many writers."""
LOOK_SECONDS = 5.0
SEALING_DOOR = 0x64757265
PATIENCE_SECONDS = 5
"""How long to wait for the sealer of another house, which may have stalled in the middle."""
FIRST = "0" * 64


class Seal(Table):
    """One link of the chain."""

    __tablename__ = "ledger_seal"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Moment)
    entries: Mapped[int]
    digest: Mapped[str] = mapped_column(Text)


@dataclass(frozen=True)
class Chain:
    """What a walk along the whole chain found."""

    entries: int
    seals: int
    head: str
    unsealed: int


class Tampered(Refused):
    """The chain does not hold: something in the ledger was changed from outside."""


def seal(work: Work) -> int:
    """Seal what has been committed and is not sealed yet. Returns how many entries that was.

    One statement finds and marks the entries: on PostgreSQL a second one might see more of them.
    """
    session = work.session
    one_at_a_time(session, SEALING_DOOR, PATIENCE_SECONDS)
    number, digest = last_seal(session)
    unsealed = select(Entry.id).where(Entry.seal.is_(None)).order_by(Entry.id).limit(BATCH_MAX)
    marked = update(ENTRIES).where(Entry.id.in_(unsealed)).values(seal=number + 1).returning(*COLUMNS)
    entries = sorted(tuple(row) for row in session.connection().execute(marked))
    if not entries:
        return 0
    found = Seal(number=number + 1, at=now(), entries=len(entries), digest="")
    found.digest = link(digest, found, entries)
    work.add(found)
    work.ring(SEALED)
    return len(entries)


def verify(work: Work, *, expect: str | None = None) -> Chain:
    """Walk the whole chain and compute every digest again. Raises `Tampered` at the first link that is wrong.

    The chain shows what was changed, added, reordered or taken out under a seal. It cannot show that the newest
    seals were cut off together with their entries, nor a false entry that was not sealed yet. Against the first,
    note the head of a walk somewhere else, and hand it in as `expect` the next time: it must still be in the chain.
    """
    session = work.session
    digest, expected, total, sum_of_refs = FIRST, 1, 0, 0
    met = expect in {None, FIRST}
    for found in session.execute(select(Seal).order_by(Seal.number)).scalars().yield_per(500):
        if found.number != expected:
            raise Tampered(say("Seal {number} of the ledger is missing.", number=expected))
        query = select(*COLUMNS).where(Entry.seal == found.number).order_by(Entry.id)
        entries: list[tuple[Any, ...]] = [tuple(row) for row in session.execute(query)]
        digest = link(digest, found, entries)
        if digest != found.digest:
            raise Tampered(
                say(
                    "The ledger was changed from outside: seal {number}, made at {at}, does not fit its "
                    "{entries} entries.",
                    number=found.number,
                    at=found.at.isoformat(timespec="seconds"),
                    entries=found.entries,
                )
            )
        sum_of_refs += sum(weigh(entry_id, ref) for entry_id, *_, about in entries for ref in refs_in(about))
        met = met or digest == expect
        expected, total = expected + 1, total + len(entries)
    astray = select(Entry.seal).where(or_(Entry.seal >= expected, Entry.seal < 1)).limit(1)
    if (number := session.execute(astray).scalar()) is not None:
        raise Tampered(say("The ledger has entries under seal {number}, which does not exist.", number=number))
    if not met:
        raise Tampered(say("The end of the ledger was cut off: the head you noted is no longer in the chain."))
    unsealed = set(session.execute(select(Entry.id).where(Entry.seal.is_(None))).scalars())
    check_refs(session, sum_of_refs, unsealed)
    return Chain(total, expected - 1, digest, len(unsealed))


def check_refs(session: Session, sum_of_refs: int, unsealed: set[int]) -> None:
    """The refs by which entries are found are not sealed themselves; they must be those that the entries name."""
    rows = session.execute(select(EntryRef.entry_id, EntryRef.ref).execution_options(yield_per=5000))
    if sum(weigh(entry_id, ref) for entry_id, ref in rows if entry_id not in unsealed) != sum_of_refs:
        raise Tampered(say("The ledger was changed from outside: its threads do not show what its entries are about."))


ENTRIES = Entry.metadata.tables[Entry.__tablename__]
COLUMNS = [ENTRIES.c[name] for name in ("id", "at", "kind", "actor", "actor_name", "within", "facts", "about")]


def link(previous: str, found: Seal, entries: Iterable[tuple[Any, ...]]) -> str:
    """The digest of one seal: over the one before, its own words, and every word of its entries."""
    chain = hashlib.sha256(previous.encode())
    chain.update(msgspec.json.encode([found.number, found.at.astimezone(UTC), found.entries]))
    for entry_id, at, *words in entries:
        chain.update(msgspec.json.encode([entry_id, at.astimezone(UTC), *words]))
        chain.update(b"\n")
    return chain.hexdigest()


def weigh(entry_id: int, ref: str) -> int:
    """A number for one ref. The sum over many does not depend on their order, so nothing needs sorting."""
    return int.from_bytes(hashlib.blake2b(f"{entry_id} {ref}".encode(), digest_size=16).digest())


def refs_in(about: str) -> list[str]:
    return msgspec.json.decode(about, type=list[str])


def last_seal(session: Session) -> tuple[int, str]:
    row = session.execute(select(Seal.number, Seal.digest).order_by(Seal.number.desc()).limit(1)).first()
    return (row.number, row.digest) if row else (0, FIRST)


class Sealer:
    """The thread that seals."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self.hands.bell.ring([SETTLED])
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            seen = self.hands.bell.rung(SETTLED)
            try:
                sealed = self.hands.write_now(HOUSE, seal)
            except Exception:
                log.exception("could not seal the ledger; trying again")
                self._stop.wait(LOOK_SECONDS)
                continue
            if sealed < BATCH_MAX:
                self.hands.bell.wait(SETTLED, seen, LOOK_SECONDS)
                self._stop.wait(GATHER_SECONDS)
