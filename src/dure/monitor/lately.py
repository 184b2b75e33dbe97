"""The last minute of every service, in memory: what the Loop and the list of services show without asking the store."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time

from dure.monitor.latency import added, percentile
from dure.monitor.store import MetricRow, ServiceKey

SECONDS = 60


@dataclass(frozen=True)
class Pulse:
    """How one version of one service did in the last minute."""

    key: ServiceKey
    version: str
    requests: int = 0
    errors: int = 0
    latency: list[int] = field(default_factory=list)
    each_second: tuple[int, ...] = ()
    """Requests in each of the seconds, the oldest first."""

    @property
    def requests_per_second(self) -> float:
        return self.requests / SECONDS

    @property
    def error_share(self) -> float | None:
        return self.errors / self.requests if self.requests else None

    @property
    def p95_ms(self) -> float | None:
        return percentile(self.latency, 0.95)


class Lately:
    """Filled by the collector, read by anybody."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        self.clock, self.lock = clock, threading.Lock()
        self.rows: dict[tuple[ServiceKey, str], deque[MetricRow]] = {}

    def note(self, row: MetricRow) -> None:
        name = ServiceKey(row.project, row.environment, row.service), row.version
        with self.lock:
            self.rows.setdefault(name, deque(maxlen=2 * SECONDS)).append(row)

    def of(self, project: int) -> list[Pulse]:
        """Every version of the project that answered anything in the last minute."""
        since = int(self.clock()) - SECONDS
        with self.lock:
            old = [name for name, rows in self.rows.items() if rows[-1].ts <= since]
            for name in old:
                del self.rows[name]
            found = [(name, list(rows)) for name, rows in self.rows.items() if name[0].project == project]
        return [
            pulse_of(*name, [row for row in rows if row.ts > since], since) for name, rows in sorted(found, key=first)
        ]


def first(found: tuple[tuple[ServiceKey, str], list[MetricRow]]) -> tuple[ServiceKey, str]:
    return found[0]


def pulse_of(key: ServiceKey, version: str, rows: list[MetricRow], since: int) -> Pulse:
    each_second, latency = [0] * SECONDS, list[int]()
    for row in rows:
        each_second[min(row.ts - since - 1, SECONDS - 1)] += row.requests
        latency = added(latency, row.latency)
    return Pulse(
        key=key,
        version=version,
        requests=sum(row.requests for row in rows),
        errors=sum(row.errors for row in rows),
        latency=latency,
        each_second=tuple(each_second),
    )
