"""Telemetry: what the house knows of its services, put in by the collector and asked for by pages and programs."""

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from dure.monitor.lately import Lately, Pulse
from dure.monitor.outbox import Done, Outbox
from dure.monitor.rates import Rates, rates_in
from dure.monitor.store import Away, CountsAsked, LinesAsked, LogRow, MetricRow, Store, StoreState

log = logging.getLogger(__name__)

FLUSH_SECONDS = 1.0
FRESH_SECONDS_MIN, FRESH_SECONDS_MAX = 1.0, 60.0
"""Several charts of one page, and several readers of one service, share an answer for a tenth of its step."""
ANSWERS_KEPT = 64
AT_ONCE = 4
TURN_SECONDS_MAX = 5.0
METRIC_BYTES, LOG_BYTES = 300, 200
METRICS_WAITING_BYTES_MAX = 16_000_000
LOGS_WAITING_BYTES_MAX = 24_000_000
BATCH_BYTES_MAX = 8_000_000


@dataclass(frozen=True)
class Standing:
    """How the store fares, and what waits for it."""

    store: StoreState
    waiting: int
    dropped: int

    @property
    def is_away(self) -> bool:
        return self.store.word == "away"


class Telemetry:
    """`start` and `stop` it like a round. What it is asked may block for seconds: ask from a thread."""

    def __init__(self, store: Store) -> None:
        self.store, self.lately = store, Lately()
        self.metrics = Outbox(
            "metrics",
            store.insert_metrics,
            lambda row: METRIC_BYTES,  # noqa: ARG005
            waiting_bytes_max=METRICS_WAITING_BYTES_MAX,
            batch_bytes_max=BATCH_BYTES_MAX,
        )
        self.logs = Outbox(
            "log lines",
            store.insert_logs,
            lambda row: LOG_BYTES + len(row.body),
            waiting_bytes_max=LOGS_WAITING_BYTES_MAX,
            batch_bytes_max=BATCH_BYTES_MAX,
        )
        self.turns = threading.BoundedSemaphore(AT_ONCE)
        self.lock = threading.Lock()
        self.answers: dict[CountsAsked, tuple[float, Rates]] = {}
        self.stopping = threading.Event()
        self.sender = threading.Thread(target=self.send, name="telemetry-sender", daemon=True)

    def start(self) -> None:
        self.store.start()
        self.sender.start()

    def stop(self) -> None:
        """Send what waits, if the store takes it, and let the store go."""
        self.stopping.set()
        if self.sender.is_alive():
            self.sender.join(TURN_SECONDS_MAX)
        if self.store.state().word != "away":
            with suppress(Away):
                self.flush()
        self.store.stop()

    def put(self, metrics: Sequence[MetricRow], logs: Sequence[LogRow], done: Done | None = None) -> None:
        """Take what the collector found. `done` is called when the lines are kept."""
        for row in metrics:
            self.lately.note(row)
        if metrics:
            self.metrics.put(metrics)
        if logs:
            self.logs.put(logs, done)

    def send(self) -> None:
        while not self.stopping.wait(FLUSH_SECONDS):
            try:
                self.flush()
            except Away:
                continue
            except Exception:
                log.exception("telemetry could not be sent; trying again")

    def flush(self) -> None:
        self.metrics.flush()
        self.logs.flush()

    def rates(self, asked: CountsAsked) -> Rates:
        """What the versions of a service answered. Raises `Away` while the store does not answer."""
        with self.lock:
            kept = self.answers.get(asked)
        if kept is not None and time.monotonic() < kept[0]:
            return kept[1]
        with Turn(self.turns):
            found = rates_in(asked, self.store.counts(asked))
        fresh_seconds = min(max(asked.step_seconds / 10, FRESH_SECONDS_MIN), FRESH_SECONDS_MAX)
        with self.lock:
            self.answers.pop(asked, None)
            self.answers[asked] = time.monotonic() + fresh_seconds, found
            while len(self.answers) > ANSWERS_KEPT:
                self.answers.pop(next(iter(self.answers)))
        return found

    def lines(self, asked: LinesAsked) -> list[LogRow]:
        """Lines of a service's logs, the oldest first, whichever way they were asked for."""
        with Turn(self.turns):
            return sorted(self.store.lines(asked), key=lambda row: row.id)

    def pulses(self, project: int) -> list[Pulse]:
        """The last minute of every service of a project, from memory."""
        return self.lately.of(project)

    def standing(self) -> Standing:
        return Standing(
            self.store.state(), self.metrics.waiting + self.logs.waiting, self.metrics.dropped + self.logs.dropped
        )


class Turn:
    """One of a few that may ask the store at once; the others wait a little."""

    def __init__(self, turns: threading.BoundedSemaphore) -> None:
        self.turns = turns

    def __enter__(self) -> None:
        if not self.turns.acquire(timeout=TURN_SECONDS_MAX):
            raise Away("too many ask at once")

    def __exit__(self, *_: object) -> None:
        self.turns.release()
