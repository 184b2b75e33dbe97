"""A store in memory, for tests and for a house that keeps no telemetry: the last hour, and gone with the house."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from dure.monitor.latency import added
from dure.monitor.store import (
    SERIOUS,
    Away,
    Counted,
    CountsAsked,
    LinesAsked,
    LogRow,
    MetricRow,
    ServiceKey,
    StoreState,
)

SECONDS_KEPT = 3600
METRICS_MAX, LINES_MAX = 50_000, 20_000


class Pretend:
    """Set `away` and it does not answer, as an engine that was killed."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock, self.lock = clock, threading.Lock()
        self.metrics: deque[MetricRow] = deque(maxlen=METRICS_MAX)
        self.logs: deque[LogRow] = deque(maxlen=LINES_MAX)
        self.tokens: deque[str] = deque(maxlen=500)
        self.away = False

    def start(self) -> None:
        """There is nothing to begin."""

    def stop(self) -> None:
        """There is nothing to end."""

    def state(self) -> StoreState:
        return StoreState(word="away" if self.away else "here")

    def insert_metrics(self, rows: Sequence[MetricRow], token: str) -> None:
        if self.is_new(token):
            self.metrics.extend(rows)
        while self.metrics and self.metrics[0].ts < self.clock() - SECONDS_KEPT:
            self.metrics.popleft()

    def insert_logs(self, rows: Sequence[LogRow], token: str) -> None:
        if self.is_new(token):
            self.logs.extend(rows)

    def is_new(self, token: str) -> bool:
        with self.lock:
            if self.away:
                raise Away("pretending")
            if token in self.tokens:
                return False
            self.tokens.append(token)
            return True

    def counts(self, asked: CountsAsked) -> list[Counted]:
        if self.away:
            raise Away("pretending")
        found: dict[tuple[int, str], Counted] = {}
        for row in list(self.metrics):
            if key_of(row) != asked.key or not asked.since <= row.ts < asked.until:
                continue
            name = row.ts // asked.step_seconds * asked.step_seconds, row.version
            before = found.get(name, Counted(*name, 0, 0, []))
            found[name] = Counted(
                *name,
                before.requests + row.requests,
                before.errors + row.errors,
                added(before.latency, row.latency),
            )
        return [found[name] for name in sorted(found)]

    def lines(self, asked: LinesAsked) -> list[LogRow]:
        if self.away:
            raise Away("pretending")
        wanted = SERIOUS.get(asked.level, ())
        found = [
            row
            for row in list(self.logs)
            if key_of(row) == asked.key
            and all(word.lower() in row.body.lower() for word in asked.words)
            and (not wanted or row.level in wanted)
            and asked.version in ("", row.version)
            and row.id > asked.after
            and (not asked.before or row.id < asked.before)
        ]
        found.sort(key=lambda row: row.id, reverse=not asked.after)
        return found[: asked.limit]


def key_of(row: MetricRow | LogRow) -> ServiceKey:
    return ServiceKey(row.project, row.environment, row.service)
