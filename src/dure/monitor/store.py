"""The port behind which metrics and logs are kept: the embedded engine, a ClickHouse, or memory for tests.

The life of a store:

    start   be ready to be asked; an engine that costs memory begins only when something is wanted of it
    insert  take a batch of rows: when this returns they are kept, and the same token again adds nothing
    counts  what services answered, by version and slot of time
    lines   lines of logs, newest first or from one on
    state   how it fares, without asking it
    stop    keep what was taken, and leave

Whatever it is asked while it cannot answer ends in `Away`. The house goes on all the same.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from dure.kit import Refused, say

METRIC_DAYS, LOG_DAYS = 30, 14
COUNTED_MAX, LINES_MAX = 20_000, 1_000
Word = Literal["asleep", "starting", "here", "away"]
Level = Literal["", "debug", "info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("debug", "info", "warning", "error")
SERIOUS: dict[str, tuple[Level, ...]] = {
    "": (),
    "debug": (),
    "info": ("info", "warning", "error"),
    "warning": ("warning", "error"),
    "error": ("error",),
}
"""What a wish for a level lets through; everything, when there is none."""


class Away(Refused):
    """The store does not answer now. It comes back by itself."""

    def __init__(self, why: str = "") -> None:
        super().__init__(say("Metrics and logs cannot be read at this moment; they come back by themselves."))
        self.why = why


class Refusing(Exception):
    """The store answered, and will not take this: asking again does not help."""


class MetricRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one version of one service answered in one second."""

    ts: int
    project: int
    environment: int
    service: str
    version: str
    requests: int
    errors: int
    latency: list[int]
    """How many took how long, under the edges in latency.py; empty when nothing was measured."""


class LogRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line that one instance wrote."""

    id: int
    """Microseconds since 1970 when it was read here, and unlike every other: by it readers go on."""
    ts: float
    """Seconds since 1970 when it was written, as the platform says."""
    project: int
    environment: int
    service: str
    version: str
    instance: str
    stream: str
    level: Level
    body: str


class ServiceKey(msgspec.Struct, frozen=True, order=True):
    """One service in one environment of one project."""

    project: int
    environment: int
    service: str


class CountsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one service, from a moment to a moment, in slots of so many seconds."""

    key: ServiceKey
    since: int
    until: int
    step_seconds: int


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """What one version answered in one slot."""

    slot: int
    version: str
    requests: int
    errors: int
    latency: list[int]


class LinesAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of one service in which all of these words stand, whatever their case."""

    key: ServiceKey
    words: tuple[str, ...] = ()
    level: str = ""
    version: str = ""
    after: int = 0
    """Only those read after this one, oldest first."""
    before: int = 0
    """Only those read before this one, newest first."""
    limit: int = 200


class StoreState(msgspec.Struct, frozen=True, kw_only=True):
    """How a store fares.

    asleep    nothing was wanted of it yet     here  it answers
    starting  it will answer in a moment       away  it does not; it is being started again
    """

    word: Word
    why: str = ""
    restarts: int = 0


class Store(Protocol):
    """Where metrics and logs are kept. Every verb may be called from any thread."""

    def start(self) -> None:
        """Be ready to be asked."""

    def insert_metrics(self, rows: Sequence[MetricRow], token: str) -> None:
        """Keep these. A batch that was kept already under this token is not kept twice."""

    def insert_logs(self, rows: Sequence[LogRow], token: str) -> None:
        """Keep these, under the same condition."""

    def counts(self, asked: CountsAsked) -> list[Counted]:
        """By slot, then version. Slots in which nothing was asked of a version are left out."""

    def lines(self, asked: LinesAsked) -> list[LogRow]:
        """In the order that was asked for."""

    def state(self) -> StoreState:
        """How it fares, from memory."""

    def stop(self) -> None:
        """Leave. What was taken is kept."""
