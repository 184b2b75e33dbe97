"""How soon a due machine is at work: from asking (`begin`, `wake`) to the first line of its phase function.

    python -m bench.wake_up [--database sqlite|postgresql] [--wakes 200] [--claims 500]

Prints one JSON line. The caller asks as a request would, and waits for the phase function before it asks again;
`begin_*` and `wake_*` are what it waited in all, the durable commit included. `turns_per_second` is how fast one
worker carries rows on that are all due: a claim and a move for each. `python_loop_seconds` says how fast the machine
was just then.
"""

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from bench.ground import database, python_loop
from dure.ledger import HOUSE, House, Machine, Move, Phases, Table, Turn, Work, begin, open_database, wake

GIVE_UP_SECONDS = 60


class Sleeper(Machine, Table):
    __tablename__ = "bench_sleeper"

    name: Mapped[str] = mapped_column(default="")


class Watch:
    """Notes when the phase function was reached, and tells who waits for it."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.at = 0.0

    def work(self, _: Turn[Sleeper]) -> Move[Sleeper]:
        self.at = time.perf_counter()
        self.reached.set()
        return Move("work", after_seconds=None)

    def wait(self, since: float) -> float:
        if not self.reached.wait(GIVE_UP_SECONDS):
            raise TimeoutError("the machine did not wake")
        self.reached.clear()
        return (self.at - since) * 1000


def begin_one(house: House, watch: Watch) -> float:
    since = time.perf_counter()
    house.write_now(HOUSE, lambda work: begin(work, Sleeper(phase="work")))
    return watch.wait(since)


def wake_one(house: House, watch: Watch) -> float:
    until_asleep(house)
    since = time.perf_counter()
    house.write_now(HOUSE, lambda work: wake(work, newest(work)))
    return watch.wait(since)


def newest(work: Work) -> Sleeper:
    return work.session.scalars(select(Sleeper).order_by(Sleeper.id.desc()).limit(1)).one()


def until_asleep(house: House) -> None:
    """A real sleeper has long committed its last move when somebody wakes it."""
    while house.read_now(HOUSE, lambda work: newest(work).wake_at) is not None:
        time.sleep(0.001)
    time.sleep(0.005)


def turns_per_second(house: House, rows: int) -> float:
    """All rows are due; one worker takes them one by one."""

    def submit(work: Work) -> None:
        for number in range(rows):
            begin(work, Sleeper(phase="count", name=str(number)))

    house.write_now(HOUSE, submit)
    reconciler = Phases(Sleeper, {"count": lambda _: Move("counted")}).reconciler(house, "bench")
    begun, turns = time.perf_counter(), 0
    while reconciler.once():
        turns += 1
    return turns / (time.perf_counter() - begun)


def spread(name: str, took: list[float]) -> dict[str, float]:
    hundredths = statistics.quantiles(took, n=100)
    return {f"{name}_median_ms": round(hundredths[49], 2), f"{name}_p95_ms": round(hundredths[94], 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--wakes", type=int, default=200)
    parser.add_argument("--claims", type=int, default=500)
    parser.add_argument("--folder", type=Path, help="where the database is made; the disk that is measured")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder, database(asked.database, Path(folder)) as url:
        loop_before = python_loop()
        with closing(House(open_database(url))) as house:
            Table.metadata.create_all(house.database.engine)
            watch = Watch()
            reconciler = Phases(Sleeper, {"work": watch.work}).reconciler(house, "bench")
            reconciler.start()
            for _ in range(10):
                begin_one(house, watch)
            begun = [begin_one(house, watch) for _ in range(asked.wakes)]
            woken = [wake_one(house, watch) for _ in range(asked.wakes)]
            reconciler.stop()
            turns = turns_per_second(house, asked.claims)
        told = {
            "bench": "wake_up",
            "database": asked.database,
            **spread("begin", begun),
            **spread("wake", woken),
            "turns_per_second": round(turns),
            "python_loop_seconds": [loop_before, python_loop()],
            "processors": os.cpu_count(),
        }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
