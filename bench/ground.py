"""What the bench scripts share: a database to measure on, and how fast the machine is at this moment."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.parts.postgres import postgres

ADDITIONS = 10_000_000


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """An empty database of this kind; it is gone afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/dure.db"
    else:
        with postgres().fresh_database() as url:
            yield url


def python_loop() -> float:
    """Seconds for plain additions: numbers of two runs compare only where this figure is the same."""
    began, total = time.perf_counter(), 0
    for number in range(ADDITIONS):
        total += number
    return round(time.perf_counter() - began, 2)
