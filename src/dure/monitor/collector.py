"""The collector: each second it reads what the traffic counted and what instances wrote, and says whose it is."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from dure.deploy import Runs
from dure.monitor.known import Known
from dure.monitor.latency import under_edges
from dure.monitor.line import read_line
from dure.monitor.store import LogRow, MetricRow
from dure.monitor.tail import READ_BYTES_MAX, Found, Position, read_on
from dure.monitor.telemetry import Telemetry

log = logging.getLogger(__name__)

ROUND_SECONDS = 1.0
ROUND_BYTES_MAX = 2 * 1024 * 1024
"""How much is read of all logs in one round; who is last in one is first in the next."""
GONE_SECONDS = 60.0
"""How long the log of an instance is followed that nobody knows any more."""
HOUSE_STREAM, APP_STREAM = "dure", "app"


class Counts(Protocol):
    """What one version of one host answered since the traffic began to count."""

    @property
    def requests(self) -> int: ...
    @property
    def errors(self) -> int: ...
    @property
    def latency(self) -> Iterable[tuple[float, int]]: ...


Counters = Callable[[], Mapping[tuple[str, str], Counts]]


@dataclass
class Followed:
    """One instance whose log is read."""

    running: Runs
    position: Position
    seen_at: float = field(default_factory=time.monotonic)


class Collector:
    """A round. It asks `known` who is what, `counters` what was answered, and `log_path` where an instance writes.

    `memory` is the file in which it remembers how far each log was read, so that the next house goes on there.
    """

    def __init__(
        self,
        telemetry: Telemetry,
        known: Known,
        counters: Counters,
        log_path: Callable[[str], Path],
        memory: Path,
    ) -> None:
        self.telemetry, self.known, self.counters, self.log_path = telemetry, known, counters, log_path
        self.memory, self.positions = memory, read_memory(memory)
        self.counted: Mapping[tuple[str, str], Counts] | None = None
        self.followed: dict[str, Followed] = {}
        self.last_id = 0
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, name="telemetry-collector", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        self.stopping.set()
        if self.thread.is_alive():
            self.thread.join(10)

    def run(self) -> None:
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                self.once()
            except Exception:
                log.exception("telemetry could not be collected; trying again")
            self.stopping.wait(max(ROUND_SECONDS - (time.monotonic() - began), 0.1))

    def once(self) -> None:
        running = self.known()
        now = time.time()
        metrics = self.count(running, now)
        logs = self.read(running, now) if self.telemetry.logs.has_room else []
        reached = {key: one.position for key, one in self.followed.items()}
        self.telemetry.put(metrics, logs, lambda: self.remember(reached))

    def count(self, running: Sequence[Runs], now: float) -> list[MetricRow]:
        """What was added since the last round. What was counted before the first one is nobody's."""
        before, self.counted = self.counted, dict(self.counters())
        if before is None:
            return []
        named = {(one.host, one.key): one for one in running}
        rows = []
        for name, counts in self.counted.items():
            one = named.get(name)
            row = row_of(one, counts, before.get(name), int(now)) if one else None
            if row is not None:
                rows.append(row)
        return rows

    def read(self, running: Sequence[Runs], now: float) -> list[LogRow]:
        self.follow(running)
        bytes_left, rows = ROUND_BYTES_MAX, list[LogRow]()
        for key, one in list(self.followed.items()):
            if bytes_left <= 0:
                break
            found = read_on(self.log_path(key), one.position, min(READ_BYTES_MAX, bytes_left))
            if found.position == one.position:
                continue
            one.position = found.position
            bytes_left -= sum(map(len, found.lines))
            rows += rows_of(key, one.running, found, now)
            self.followed[key] = self.followed.pop(key)
        rows.sort(key=lambda row: row.ts)
        return [msgspec.structs.replace(row, id=self.next_id(now)) for row in rows]

    def follow(self, running: Sequence[Runs]) -> None:
        at = time.monotonic()
        for one in running:
            for key in one.instances:
                known = self.followed.get(key)
                if known is None:
                    self.followed[key] = Followed(one, self.positions.get(key, Position()))
                else:
                    known.running, known.seen_at = one, at
        for key in [key for key, one in self.followed.items() if at - one.seen_at > GONE_SECONDS]:
            del self.followed[key]

    def next_id(self, now: float) -> int:
        self.last_id = max(self.last_id + 1, int(now * 1_000_000))
        return self.last_id

    def remember(self, reached: Mapping[str, Position]) -> None:
        """Called when the lines up to here are kept: a house that is killed before reads them again."""
        fresh = self.memory.with_name(f".{self.memory.name}.new")
        try:
            self.memory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh.write_bytes(msgspec.json.encode(reached))
            fresh.replace(self.memory)
        except OSError as error:
            log.warning("how far logs were read could not be noted: %s", error)


def read_memory(memory: Path) -> dict[str, Position]:
    with suppress(OSError, msgspec.DecodeError):
        return msgspec.json.decode(memory.read_bytes(), type=dict[str, Position])
    return {}


def row_of(one: Runs, counts: Counts, before: Counts | None, second: int) -> MetricRow | None:
    """What was added between two looks. Counts that fell began anew, so all of them were added."""
    if before is None or counts.requests < before.requests or counts.errors < before.errors:
        requests, errors, latency = counts.requests, counts.errors, list(counts.latency)
    else:
        earlier = dict(before.latency)
        requests, errors = counts.requests - before.requests, counts.errors - before.errors
        latency = [(edge, max(count - earlier.get(edge, 0), 0)) for edge, count in counts.latency]
    if requests <= 0 and errors <= 0:
        return None
    return MetricRow(
        ts=second,
        project=one.project_id,
        environment=one.environment_id,
        service=one.service,
        version=one.version,
        requests=max(requests, errors),
        errors=errors,
        latency=under_edges(latency),
    )


def rows_of(key: str, one: Runs, found: Found, now: float) -> list[LogRow]:
    """The lines as rows, still without their ids; and a word of our own where some were passed over."""
    said = [(line, APP_STREAM) for line in found.lines]
    if found.skipped_bytes:
        note = f"{found.skipped_bytes} bytes were passed over: this log was written faster than it could be read."
        said.insert(0, (b"WARNING: " + note.encode(), HOUSE_STREAM))
    rows = []
    for raw, stream in said:
        line = read_line(raw, now)
        rows.append(
            LogRow(
                id=0,
                ts=line.ts,
                project=one.project_id,
                environment=one.environment_id,
                service=one.service,
                version=one.version,
                instance=key,
                stream=stream,
                level=line.level,
                body=line.body,
            )
        )
    return rows
