"""How many durable writes a second: one row and one event about two things, from many callers at once.

    python -m bench.ledger_writes [--database sqlite|postgresql] [--seconds 5] [--callers 50]

Each caller waits for its write before it begins the next, as a request does; the sealer runs beside them. Prints one
JSON line. `processor_us_per_write` is what one write costs this process on all its threads. `peer` is the same rows by
Python's own sqlite3 on one thread, committed one by one and fifty at a time: what the disk and SQLite allow before any
of our layers. `python_loop_seconds` says how fast the machine was just then, before and after.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Mapped, mapped_column

from bench.ground import database, python_loop
from dure.kit import Text, say
from dure.ledger import BIG, Actor, Event, House, Sealer, Table, Work, open_database

ADA = Actor("person:1", "ada")
PEER_SECONDS = 2.0
GROUP = 50


class Line(Table):
    __tablename__ = "bench_line"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    caller: Mapped[int]
    words: Mapped[str]


@dataclass(frozen=True, kw_only=True)
class LineWritten(Event, kind="bench.line_written"):
    line: int
    words: str

    def sentence(self) -> Text:
        return say("wrote {words}", words=self.words)


def write_line(work: Work, caller: int, words: str) -> int:
    line = work.add(Line(caller=caller, words=words))
    work.record(LineWritten(line=line.id, words=words), about=[f"line:{line.id}", f"caller:{caller}"], within="house")
    return line.id


async def call(house: House, caller: int, until: float, took: list[float]) -> None:
    number = 0
    while (begun := time.perf_counter()) < until:
        number += 1
        await house.write(ADA, partial(write_line, caller=caller, words=f"line {number} of {caller}"))
        took.append(time.perf_counter() - begun)


async def measure(house: House, callers: int, seconds: float) -> dict[str, object]:
    warm = time.perf_counter() + min(1.0, seconds / 5)
    await asyncio.gather(*(call(house, caller, warm, []) for caller in range(callers)))
    took: list[float] = []
    begun, worked = time.perf_counter(), time.process_time()
    await asyncio.gather(*(call(house, caller, begun + seconds, took) for caller in range(callers)))
    elapsed = time.perf_counter() - begun
    worked = time.process_time() - worked
    hundredths = statistics.quantiles(took, n=100)
    return {
        "writes_per_second": round(len(took) / elapsed),
        "p50_ms": round(hundredths[49] * 1000, 2),
        "p99_ms": round(hundredths[98] * 1000, 2),
        "processor_us_per_write": round(worked / len(took) * 1_000_000),
    }


def peer(folder: Path, group: int) -> int:
    """The same rows without any of our layers: writes a second."""
    with closing(sqlite3.connect(folder / f"peer-{group}.db", isolation_level=None)) as connection:
        connection.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            "CREATE TABLE line (id INTEGER PRIMARY KEY, caller INTEGER, words TEXT);"
            "CREATE TABLE entry (id INTEGER PRIMARY KEY, at TEXT, kind TEXT, actor TEXT, actor_name TEXT, within TEXT,"
            " facts TEXT, about TEXT, seal INTEGER);"
            "CREATE INDEX entry_at ON entry (at); CREATE INDEX entry_seal ON entry (seal, id);"
            "CREATE TABLE ref (ref TEXT, entry_id INTEGER, PRIMARY KEY (ref, entry_id)) WITHOUT ROWID;"
        )
        begun, number = time.perf_counter(), 0
        while time.perf_counter() - begun < PEER_SECONDS:
            connection.execute("BEGIN IMMEDIATE")
            for _ in range(group):
                number += 1
                connection.execute("INSERT INTO line VALUES (?, 1, 'line of one')", (number,))
                connection.execute(
                    "INSERT INTO entry VALUES (?, '2026-01-01 00:00:00.000000', 'bench.line_written', 'person:1', "
                    "'ada', 'house', ?, ?, NULL)",
                    (number, f'{{"line":{number},"words":"line of one"}}', f'["caller:1","line:{number}"]'),
                )
                connection.execute("INSERT INTO ref VALUES (?, ?)", (f"line:{number}", number))
                connection.execute("INSERT INTO ref VALUES ('caller:1', ?)", (number,))
            connection.execute("COMMIT")
        return round(number / (time.perf_counter() - begun))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--callers", type=int, default=50)
    parser.add_argument("--folder", type=Path, help="where the databases are made; the disk that is measured")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder, database(asked.database, Path(folder)) as url:
        loop_before = python_loop()
        with closing(House(open_database(url))) as house:
            Table.metadata.create_all(house.database.engine)
            sealer = Sealer(house)
            sealer.start()
            measured = asyncio.run(measure(house, asked.callers, asked.seconds))
            sealer.stop()
        told = {
            "bench": "ledger_writes",
            "database": asked.database,
            "callers": asked.callers,
            **measured,
            "python_loop_seconds": [loop_before, python_loop()],
            "processors": os.cpu_count(),
            "peer": {"sqlite3_one_by_one": peer(Path(folder), 1), "sqlite3_by_fifties": peer(Path(folder), GROUP)},
        }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
