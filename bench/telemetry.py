"""What metrics and logs cost: the engine's speed in and out, and its memory. Prints one JSON line.

Into an empty engine goes a day of metrics (eight versions of services, a row a second each) and a million log lines, in
batches as the collector makes them. Then the questions of the pages are asked, each several times: the last quarter of
an hour and the whole day of a chart, the newest lines, a word that is rare and one that is not there. `collector`
is how many lines of a log one second of one core reads, cleans and hands over.
"""

import argparse
import json
import os
import platform
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bench.ground import python_loop
from dure.monitor import LinesAsked, LogRow, MetricRow, ServiceKey, asked_for
from dure.monitor.engines.chdb import Chdb
from dure.monitor.latency import under_edges
from dure.monitor.line import read_line
from dure.monitor.tail import Position, read_on

VERSIONS = 8
BATCH = 10_000
ASKED = 15
DAY_SECONDS = 86_400
WEB = ServiceKey(1, 1, "web")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=int, default=DAY_SECONDS, help="how much of a day the metrics cover")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "telemetry"
        engine = Chdb(home)
        engine.start()
        began = time.perf_counter()
        engine.insert_metrics([metric(int(time.time()), 0)], secrets.token_hex(8))
        start_seconds = time.perf_counter() - began
        time.sleep(3)
        told = {"start_seconds": round(start_seconds, 2), "rest": memory_of(engine)}
        told |= {"rest_cpu_percent": rest(engine)}
        told |= filled(engine, given.lines, given.seconds)
        told |= {"query_ms": queries(engine)}
        time.sleep(10)
        told |= {"loaded": memory_of(engine), "disk_megabytes": disk_megabytes(home)}
        engine.stop()
        told |= {"collector_lines_per_second": collected(Path(folder) / "web.log")}
    told |= {
        "python_loop_seconds": python_loop(),
        "machine": f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}",
    }
    print(json.dumps(told))


def metric(second: int, version: int) -> MetricRow:
    return MetricRow(
        ts=second,
        project=1,
        environment=1,
        service="web" if version < 2 else f"service{version}",
        version=f"1.{version}.0",
        requests=20 + second % 7,
        errors=second % 50 == 0,
        latency=under_edges([(10, 12), (28, 5 + second % 7), (110, 2), (640, 1)]),
    )


def line(number: int, now: float) -> LogRow:
    word = f"needle{number}" if number % 100_000 == 0 else "items"
    return LogRow(
        id=int(now * 1_000_000) - 3_600_000_000 + number,
        ts=now - 3600 + number / 1000,
        project=1,
        environment=1,
        service="web",
        version="1.0.0",
        instance="d1-web-0",
        stream="app",
        level="error" if number % 200 == 0 else "info",
        body=f"127.0.0.1 - GET /{word}/{number * 7919 % 100_000} HTTP/1.1 200 in {number % 97} ms user={number % 5003}",
    )


def filled(engine: Chdb, lines: int, seconds: int) -> dict[str, int]:
    now = time.time()
    rows = [metric(int(now) - second, version) for second in range(seconds, 0, -1) for version in range(VERSIONS)]
    logs = [line(number, now) for number in range(lines)]
    began = time.perf_counter()
    for place in range(0, len(rows), BATCH):
        engine.insert_metrics(rows[place : place + BATCH], secrets.token_hex(8))
    metrics_done = time.perf_counter()
    for place in range(0, len(logs), BATCH):
        engine.insert_logs(logs[place : place + BATCH], secrets.token_hex(8))
    return {
        "metrics_rows_per_second": round(len(rows) / (metrics_done - began)),
        "log_lines_per_second": round(len(logs) / (time.perf_counter() - metrics_done)),
    }


def queries(engine: Chdb) -> dict[str, float]:
    now = time.time()
    asked: dict[str, Callable[[], object]] = {
        "chart_15_minutes": lambda: engine.counts(asked_for(WEB, now, 15)),
        "chart_1_day": lambda: engine.counts(asked_for(WEB, now, 24 * 60)),
        "newest_200_lines": lambda: engine.lines(LinesAsked(key=WEB)),
        "rare_word": lambda: engine.lines(LinesAsked(key=WEB, words=("needle300000",))),
        "word_not_there": lambda: engine.lines(LinesAsked(key=WEB, words=(secrets.token_hex(4),))),
        "errors_with_a_word": lambda: engine.lines(LinesAsked(key=WEB, words=("user=4242",), level="error")),
    }
    return {name: milliseconds(ask) for name, ask in asked.items()}


def milliseconds(ask: Callable[[], object]) -> float:
    took = []
    for _ in range(ASKED):
        began = time.perf_counter()
        ask()
        took.append(time.perf_counter() - began)
    return round(statistics.median(took) * 1000, 1)


def collected(log: Path, lines: int = 200_000) -> int:
    text = b"".join(
        b"2026-11-21T09:44:00.123Z GET /items/%d 200 in 12 ms user=%d\n" % (n, n % 5003) for n in range(lines)
    )
    log.write_bytes(text)
    began, read, position, now = time.process_time(), 0, Position(), time.time()
    while read < lines:
        found = read_on(log, position)
        position = found.position
        read += sum(1 for raw in found.lines if read_line(raw, now).body)
    return round(read / (time.process_time() - began))


def memory_of(engine: Chdb) -> dict[str, float]:
    """Resident, and the part of it that is the process's own: the rest are pages of the library, given back at need."""
    status = Path(f"/proc/{engine.holder()}/status").read_text()
    found = {name: value for name, _, value in (row.partition(":") for row in status.splitlines())}
    return {
        name: round(int(found[key].split()[0]) * 1024 / 1_000_000, 1)
        for name, key in (("resident_megabytes", "VmRSS"), ("own_megabytes", "RssAnon"))
    }


def rest(engine: Chdb, seconds: float = 10.0) -> float:
    """Its share of one core while nobody asks but the watchdog."""

    def ticks() -> int:
        words = Path(f"/proc/{engine.holder()}/stat").read_text().rpartition(")")[2].split()
        return int(words[11]) + int(words[12])

    before = ticks()
    time.sleep(seconds)
    return round(100 * (ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds, 2)


def disk_megabytes(home: Path) -> float:
    total = 0
    for path in home.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return round(total / 1_000_000, 1)


if __name__ == "__main__":
    main()
