"""Versions replaced under load: how many requests fail that no application failed.

    python -m bench.switch_under_load [--replacements 100] [--visitors 16]

Prints one JSON line. Real instances under real shims, the real Envoy; visitors keep their connections, and a quarter of
their requests are POSTs. Each replacement starts the new version and waits until it is ready, sends it half of the
visitors, then all, waits until the old one has nothing under way, takes it out, and has it killed.
`switch_*` is one replacement without the start of the application; `apply_*` is one change of the routes.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.ground import python_loop
from dure.deploy.engines.envoy import Envoy
from dure.deploy.engines.process import Processes
from dure.deploy.platform import Seen
from dure.deploy.traffic import Route
from tests.deploy.engines.ground import clear, instance_of, release_of, sample, until, up
from tests.deploy.engines.visitors import Visitors

HOST = "web.production.shop.localhost"
PORT = 28_480


class Stage:
    """One service, replaced again and again."""

    def __init__(self, folder: Path) -> None:
        self.platform = Processes(folder / "deploy")
        self.traffic = Envoy(folder / "traffic", f"127.0.0.1:{PORT}")
        self.traffic.start()
        self.release = release_of(self.platform, sample())
        self.old = self.start(0)
        self.applied: list[float] = []
        self.switched: list[float] = []
        self.send({"d0": 100}, self.old)

    def start(self, number: int) -> Seen:
        return up(self.platform, instance_of(self.release, key=f"d{number}-web-0", version=f"d{number}"))

    def send(self, weights: dict[str, int], *seen: Seen) -> None:
        upstreams = {each.key.partition("-")[0]: [("127.0.0.1", each.port or 0)] for each in seen}
        route = Route(host=HOST, service="web", weights=weights, upstreams=upstreams)
        self.applied.append(timed(lambda: self.traffic.apply([route])))

    def replace(self, number: int) -> None:
        new = self.start(number)
        self.switched.append(timed(lambda: self.switch(f"d{number - 1}", f"d{number}", new)))
        self.platform.stop(self.old.key, grace_seconds=0)
        until(lambda: (seen := self.platform.look(self.old.key)) is not None and seen.state == "stopped")
        self.platform.forget(self.old.key)
        self.old = new

    def switch(self, was: str, now: str, new: Seen) -> None:
        self.send({was: 50, now: 50}, self.old, new)
        self.send({was: 0, now: 100}, self.old, new)
        until(lambda: self.traffic.counters()[HOST, was].active == 0)
        self.send({now: 100}, new)


def timed(do: Callable[[], None]) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000


def spread(name: str, took: list[float]) -> dict[str, float]:
    hundredths = statistics.quantiles(took, n=100)
    return {f"{name}_median_ms": round(hundredths[49], 1), f"{name}_p95_ms": round(hundredths[94], 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--replacements", type=int, default=100)
    parser.add_argument("--visitors", type=int, default=16)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="dure-bench-"))
    folder.chmod(0o711)
    try:
        stage = Stage(folder)
        began = time.perf_counter()
        with Visitors(PORT, HOST, asked.visitors) as visitors:
            for number in range(1, asked.replacements + 1):
                stage.replace(number)
        seconds = time.perf_counter() - began
        told = {
            "bench": "switch_under_load",
            "replacements": asked.replacements,
            "requests": visitors.requests + len(visitors.lost),
            "failed": len(visitors.failed),
            "failures": visitors.failed[:5],
            "versions_met": len(visitors.versions()),
            "requests_per_second": round(visitors.requests / seconds),
            **spread("switch", stage.switched),
            **spread("apply", stage.applied),
            "python_loop_seconds": python_loop(),
            "processors": os.cpu_count(),
        }
    finally:
        clear(folder)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
