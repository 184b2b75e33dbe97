"""What a run of 256 jobs costs the house: planning it, and each report until it is over.

`python bench/run_of_256.py [matrix|jobs]` prints one line of JSON: milliseconds to plan, to claim and to end a job.
"""

import json
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median

from dure.build.leaving import Logs
from dure.code import Reception, Repositories
from dure.ledger import House, Table, open_database
from dure.vault import open_keyring, wrapping_by
from tests.build.wired import REACTIONS, Yard, settle

COUNT = 256
STEPS = "runs-on: ubuntu-latest, steps: [{run: x}]"
MATRIX = f"on: push\njobs: {{a: {{strategy: {{matrix: {{n: {list(range(COUNT))}}}}}, {STEPS}}}}}\n"
NEEDS = f"needs: [{', '.join(f'j{n}' for n in range(COUNT - 1))}], "
JOBS = "on: push\njobs:\n" + "".join(f"  j{n}: {{{NEEDS if n == COUNT - 1 else ''}{STEPS}}}\n" for n in range(COUNT))


def main() -> None:
    kind = sys.argv[1] if len(sys.argv) > 1 else "jobs"
    with tempfile.TemporaryDirectory() as folder, closing(opened(Path(folder))) as house:
        yard = made(house, Path(folder))
        yard.push({"README": "x"})
        start = time.perf_counter()
        yard.workflow(MATRIX if kind == "matrix" else JOBS)
        planned = time.perf_counter() - start
        claims, ends = [], []
        while True:
            start = time.perf_counter()
            order = yard.claim()
            if order is None:
                break
            claims.append(time.perf_counter() - start)
            yard.taken(order)
            start = time.perf_counter()
            yard.end(order)
            ends.append(time.perf_counter() - start)
        assert yard.run().state == "success"
    found = {"jobs": len(ends), "kind": kind, "planned_ms": planned * 1000, "claim_ms": median(claims) * 1000}
    found |= {"end_ms": median(ends) * 1000, "worst_end_ms": max(ends) * 1000}
    print(json.dumps({key: round(value, 1) if isinstance(value, float) else value for key, value in found.items()}))


def opened(folder: Path) -> House:
    return House(open_database(f"sqlite:///{folder}/dure.db"), REACTIONS)


def made(house: House, folder: Path) -> Yard:
    Table.metadata.create_all(house.database.engine)
    ada, project = settle(house)
    repositories = Repositories(folder / "repositories")
    keys = open_keyring(folder / "master.key", wrapping_by("", None))
    reception, logs = Reception(house, repositories), Logs(folder / "logs", 1_000_000)
    yard = Yard(house, folder, keys, ada, project, repositories, reception, logs)
    yard.carry_on()
    return yard


if __name__ == "__main__":
    main()
