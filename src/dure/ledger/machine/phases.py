"""A machine is a row that moves from phase to phase.

It is a table (`class Rollout(Machine, Table)`) and a function for each phase. The function looks at the row, sets
the desired state of the outside world (never a delta, because it may run twice), and answers with a `Move`: the
next phase, when to wake in it, and what to write with it. Move and events are committed in one transaction,
guarded by the fence. A phase without a function is an end.

An approval is a row that the phase function reads; a sleep is `after_seconds`; a cancel is a column that the
phase function looks at.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

from sqlalchemy.orm import Mapped, mapped_column

from dure.ledger.database import Moment, database_time
from dure.ledger.machine.due import Due, retake
from dure.ledger.machine.reconcile import LEASE_SECONDS, Lease, Pause, Reconciler, go_on
from dure.ledger.work import HOUSE, Hands, Work

log = logging.getLogger(__name__)
T = TypeVar("T")

BACK_OFF_SECONDS = 1.0
BACK_OFF_SECONDS_MAX = 300.0


class Machine(Due, kw_only=True):
    """The columns of a machine, beside those of any row that falls due."""

    phase: Mapped[str]
    cancel_asked_at: Mapped[datetime | None] = mapped_column(Moment, default=None, init=False)


M = TypeVar("M", bound=Machine)


@dataclass(frozen=True)
class Move(Generic[M]):
    """What a phase function answers."""

    to: str
    after_seconds: float | None = 0.0
    """When to wake in the new phase; None sleeps until `wake` is called."""
    write: Callable[[Work, M], None] | None = None
    """What is written with the move, on the row as it is now: columns, events, rows of other rooms."""

    def wake_at(self, time: datetime) -> datetime | None:
        return None if self.after_seconds is None else time + timedelta(seconds=self.after_seconds)


@dataclass(frozen=True)
class Turn(Generic[M]):
    """One phase function's turn at one row."""

    row: M
    hands: Hands
    lease: Lease[M]

    @property
    def fence(self) -> int:
        """Hand it to whatever acts outside, so that an older owner's late act can be told apart."""
        return self.row.fence

    @property
    def lost(self) -> bool:
        """True once another owner has taken the row over; stop acting."""
        return self.lease.lost.is_set()

    @property
    def cancel_asked(self) -> bool:
        return self.row.cancel_asked_at is not None

    def read(self, do: Callable[[Work], T]) -> T:
        return self.hands.read_now(HOUSE, do)


class Phases(Generic[M]):
    """A machine's phases, and how they are carried on."""

    def __init__(
        self,
        table: type[M],
        phases: Mapping[str, Callable[[Turn[M]], Move[M]]],
        *,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:
        """`lease_seconds`: how long a row stands still when its owner is killed while it has its turn."""
        self.table, self.phases, self.lease_seconds = table, dict(phases), lease_seconds

    def reconciler(
        self,
        hands: Hands,
        owner: str,
        *,
        workers: int = 1,
        lease_seconds: float | None = None,
        pause: Pause = go_on,
    ) -> Reconciler[M]:
        """Threads that carry the rows on. Phases we do not know belong to a newer Dure and are left alone."""

        def handle(lease: Lease[M]) -> None:
            self.take_turn(hands, lease, pause)

        return Reconciler(
            hands,
            self.table,
            handle,
            owner=owner,
            conditions=[self.table.phase.in_(self.phases)],
            workers=workers,
            lease_seconds=self.lease_seconds if lease_seconds is None else lease_seconds,
            pause=pause,
        )

    def take_turn(self, hands: Hands, lease: Lease[M], pause: Pause) -> None:
        row = lease.row
        try:
            move = self.phases[row.phase](Turn(row, hands, lease))
            pause("acted")
            hands.write_now(HOUSE, lambda work: self._commit(work, row, move))
        except Exception as error:
            log.exception("%s %s: phase %r failed", self.table.__tablename__, row.id, row.phase)  # type: ignore[attr-defined]
            hands.write_now(HOUSE, partial(_note_failure, row, error))
            return
        pause("committed")

    def _commit(self, work: Work, row: M, move: Move[M]) -> None:
        now_row = retake(work.session, self.table, row)
        if now_row is None:
            return
        woken = now_row.wake_at != row.wake_at
        now_row.phase, now_row.tries, now_row.trouble = move.to, 0, ""
        if move.write is not None:
            move.write(work, now_row)
        if move.to not in self.phases:
            now_row.wake_at = None
        elif not woken:
            # Otherwise somebody woke or cancelled it while the phase ran, and it wakes when they said.
            now_row.wake_at = move.wake_at(database_time(work.session))
        if now_row.wake_at is not None:
            work.ring(self.table.__tablename__)  # type: ignore[attr-defined]


def begin(work: Work, row: M) -> M:
    """Start a machine: its first phase is due now."""
    row.wake_at = database_time(work.session)
    work.add(row)  # type: ignore[type-var]
    work.ring(row.__tablename__)  # type: ignore[attr-defined]
    return row


def wake(work: Work, row: Machine) -> None:
    """Let a sleeping machine look again, now."""
    row.wake_at = database_time(work.session)
    work.ring(row.__tablename__)  # type: ignore[attr-defined]


def cancel(work: Work, row: Machine) -> None:
    """Ask a machine to stop. Its current phase decides what that means."""
    if row.cancel_asked_at is None:
        row.cancel_asked_at = database_time(work.session)
        wake(work, row)


def _note_failure(row: Machine, error: Exception, work: Work) -> None:
    """Remember why it failed and when to try again."""
    tries = row.tries + 1
    seconds = min(BACK_OFF_SECONDS * 2 ** min(tries - 1, 20), BACK_OFF_SECONDS_MAX)
    now_row = retake(work.session, type(row), row)
    if now_row is None:
        return
    now_row.tries, now_row.trouble = tries, f"{type(error).__name__}: {error}"[:1000]
    if now_row.wake_at == row.wake_at:
        # Otherwise somebody woke or cancelled it while it failed, and is not made to wait.
        now_row.wake_at = database_time(work.session) + timedelta(seconds=seconds)
