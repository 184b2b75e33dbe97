"""Reconcilers: threads that take due rows one by one, hold their leases, and sleep until the next falls due."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy import ColumnElement

from dure.ledger.machine.due import Due, claim, next_wake, renew
from dure.ledger.work import HOUSE, Hands, Work

log = logging.getLogger(__name__)
R = TypeVar("R", bound=Due)

Pause = Callable[[str], None]
"""Called at the points where a process may die, so that tests can kill it exactly there."""


def go_on(point: str) -> None:
    """Outside of tests nothing pauses."""


LEASE_SECONDS = 30.0
SLEEP_SECONDS_MAX = 5.0
"""The longest sleep without a look: a dead replica's rows and a jump of the clock are noticed within it."""
TROUBLE_SECONDS = 1.0
"""The pause after the database itself failed."""


@dataclass(eq=False)
class Lease(Generic[R]):
    """A claimed row, and whether it is still ours."""

    row: R
    lost: threading.Event = field(default_factory=threading.Event)


class Reconciler(Generic[R]):
    """Carries on the rows of one table.

    `handle` does one row; it may take long, its lease is renewed meanwhile. Topic of the bell: the table's name.
    """

    def __init__(
        self,
        hands: Hands,
        table: type[R],
        handle: Callable[[Lease[R]], None],
        *,
        owner: str,
        conditions: Sequence[ColumnElement[bool]] = (),
        workers: int = 1,
        lease_seconds: float = LEASE_SECONDS,
        pause: Pause = go_on,
    ) -> None:
        self.hands, self.table, self.handle, self.owner = hands, table, handle, owner
        self.conditions, self.lease_seconds, self.pause = conditions, lease_seconds, pause
        self.topic = table.__tablename__  # type: ignore[attr-defined]
        self._held: set[Lease[R]] = set()
        self._stop = threading.Event()
        names = [f"{self.topic}-{number}" for number in range(workers)]
        self._threads = [threading.Thread(target=self._run, name=name, daemon=True) for name in names]
        self._threads.append(threading.Thread(target=self._renew, name=f"{self.topic}-leases", daemon=True))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_seconds: float = 10.0) -> None:
        """Finish the rows in hand, take no more. A phase that takes longer is left to the next owner."""
        self._stop.set()
        self.hands.bell.ring([self.topic])
        deadline = time.monotonic() + timeout_seconds
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(deadline - time.monotonic(), 0))

    def once(self) -> bool:
        """Take one due row and do it. False when none is due."""
        rows = self.hands.write_now(
            HOUSE,
            lambda work: claim(work.session, self.table, self.owner, self.lease_seconds, *self.conditions),
        )
        if not rows:
            return False
        lease = Lease(rows[0])
        self.pause("claimed")
        self._held.add(lease)
        try:
            self.handle(lease)
        finally:
            self._held.discard(lease)
        return True

    def _run(self) -> None:
        while not self._stop.is_set():
            seen = self.hands.bell.rung(self.topic)
            try:
                if not self.once():
                    self._sleep(seen)
            except Exception:
                log.exception("%s: could not go on; trying again", self.topic)
                self._stop.wait(TROUBLE_SECONDS)

    def _sleep(self, seen: int) -> None:
        due = self.hands.read_now(HOUSE, lambda work: next_wake(work.session, self.table, *self.conditions))
        seconds = SLEEP_SECONDS_MAX if due is None else min(due, SLEEP_SECONDS_MAX)
        self.hands.bell.wait(self.topic, seen, seconds)

    def _renew(self) -> None:
        while not self._stop.wait(self.lease_seconds / 3):
            for lease in list(self._held):
                try:
                    held = self.hands.write_now(HOUSE, partial(self._renew_one, lease.row))
                except Exception:
                    log.exception("%s: could not renew a lease", self.topic)
                    continue
                # A row that was finished meanwhile has no lease either, but nobody is left to be told.
                if not held and lease in self._held:
                    lease.lost.set()

    def _renew_one(self, row: R, work: Work) -> bool:
        return renew(work.session, row, self.lease_seconds)
