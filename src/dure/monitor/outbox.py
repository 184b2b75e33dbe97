"""An outbox: rows that wait for the store, sent together once a second, and bounded while it is away."""

import logging
import secrets
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from dure.monitor.store import Refusing

log = logging.getLogger(__name__)
R = TypeVar("R")

Done = Callable[[], None]


@dataclass
class Parcel(Generic[R]):
    """Rows that were put in together, and whom to tell when they are kept."""

    rows: Sequence[R]
    weight_bytes: int
    done: Done | None = None


@dataclass
class Batch(Generic[R]):
    """Parcels on their way. Sent again after a failure it is the same batch, so the store knows it by its token."""

    parcels: list[Parcel[R]]
    token: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def rows(self) -> list[R]:
        return [row for parcel in self.parcels for row in parcel.rows]


class Outbox(Generic[R]):
    """The oldest parcels are dropped when too much waits; `dropped` says how many rows that were."""

    def __init__(
        self,
        name: str,
        send: Callable[[Sequence[R], str], None],
        weigh: Callable[[R], int],
        *,
        waiting_bytes_max: int,
        batch_bytes_max: int,
    ) -> None:
        self.name, self.send, self.weigh = name, send, weigh
        self.waiting_bytes_max, self.batch_bytes_max = waiting_bytes_max, batch_bytes_max
        self.lock, self.sending = threading.Lock(), threading.Lock()
        self.parcels: deque[Parcel[R]] = deque()
        self.in_hand: Batch[R] | None = None
        self.waiting_bytes, self.dropped = 0, 0

    @property
    def waiting(self) -> int:
        """How many rows wait, those on their way included."""
        with self.lock:
            in_hand = len(self.in_hand.rows) if self.in_hand else 0
            return in_hand + sum(len(parcel.rows) for parcel in self.parcels)

    @property
    def has_room(self) -> bool:
        """Whether whoever can wait should go on putting in."""
        return self.waiting_bytes < self.waiting_bytes_max // 2

    def put(self, rows: Sequence[R], done: Done | None = None) -> None:
        parcel = Parcel(rows, sum(map(self.weigh, rows)), done)
        with self.lock:
            self.parcels.append(parcel)
            self.waiting_bytes += parcel.weight_bytes
            first = not self.dropped
            while self.waiting_bytes > self.waiting_bytes_max and len(self.parcels) > 1:
                oldest = self.parcels.popleft()
                self.waiting_bytes -= oldest.weight_bytes
                self.dropped += len(oldest.rows)
        if first and self.dropped:
            log.warning("the telemetry store is away for long; the oldest %s are dropped from now on", self.name)

    def flush(self) -> None:
        """Send what waits, a batch at a time. `Away` leaves the batch in hand for the next time."""
        with self.sending:
            while batch := self.take():
                try:
                    self.send(batch.rows, batch.token)
                except Refusing:
                    log.exception("the telemetry store will not take %s %s", len(batch.rows), self.name)
                    with self.lock:
                        self.dropped += len(batch.rows)
                self.in_hand = None
                for parcel in batch.parcels:
                    if parcel.done:
                        parcel.done()

    def take(self) -> Batch[R] | None:
        with self.lock:
            if self.in_hand is None and self.parcels:
                taken, weight = [self.parcels.popleft()], 0
                weight = taken[0].weight_bytes
                while self.parcels and weight + self.parcels[0].weight_bytes <= self.batch_bytes_max:
                    taken.append(self.parcels.popleft())
                    weight += taken[-1].weight_bytes
                self.waiting_bytes -= weight
                self.in_hand = Batch(taken)
            return self.in_hand
