"""What 100 MB of output cost a job, against the same output written to a file by the same program in the same job.

A whole house with its own runner. The log is masked for two secrets, stamped line by line, written to the runner's
disk, brought to the house, and followed live by a reader of the job's page. `step` is the time of the step by the
runner's own clock, `followed` lasts from its beginning until the reader has the last line; every line that the reader
got is looked at. The most memory that the house used is measured, and that of runner and supervisor together.
Prints one line of JSON; the fastest round counts, because the machine may have other work.
"""

import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.parts.house import RunningHouse, running_house
from tests.runner.test_with_a_house import kill_runner, push_files, until

OUTPUT_BYTES = 100_000_000
LINE = b"A" * 76 + b"\n"
ROUNDS = 5
POUR = f"base64 /dev/zero | head -c {OUTPUT_BYTES}"
SHOP = "/projects/ada/shop"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dure-bench-") as directory:
        folder = Path(directory)
        folder.chmod(0o711)
        with standing(folder) as (house, token):
            memory = Memory(house.process.pid, folder / "workshop/runner")
            poured(house, token, "log")
            rounds = [(poured(house, token, "file")[0], *poured(house, token, "log")) for _ in range(ROUNDS)]
            memory.stop()
    file, step, followed = (min(column) for column in zip(*rounds, strict=True))
    print(
        json.dumps(
            {
                "bench": "log_flood",
                "to_file_seconds": round(file, 3),
                "step_seconds": round(step, 3),
                "followed_seconds": round(followed, 3),
                "times_a_file": round(step / file, 2),
                "mb_per_second": round(OUTPUT_BYTES / 1e6 / step, 1),
                "house_megabytes": round(memory.house),
                "runner_megabytes": round(memory.runner),
            }
        )
    )


@contextmanager
def standing(folder: Path) -> Iterator[tuple[RunningHouse, str]]:
    """A house, and who may use it."""
    environment = {"DURE_LOCAL_RUNNER": "true", "DURE_WORKSHOP": str(folder / "workshop")}
    try:
        with running_house(folder / "data", environment=environment) as house:
            house.settle()
            token = house.token()
            house.api("POST", "/projects", {"name": "shop"}, token=token, expect=201)
            for name, value in (("A", "hunter2-long"), ("B", "another-secret-of-some-length")):
                house.api("PUT", f"{SHOP}/secrets/{name}", {"value": value}, token=token, expect=200)
            files = {"file": f"{POUR} > file", "log": POUR}
            push_files(
                folder / "source",
                house,
                token,
                {f".github/workflows/{name}.yml": workflow(line) for name, line in files.items()},
            )
            yield house, token
    finally:
        kill_runner(folder / "workshop")


def workflow(line: str) -> str:
    """The secrets are named, so that they are lent and hidden."""
    lent = '{A: "${{ secrets.A }}", B: "${{ secrets.B }}"}'
    steps = f"    steps:\n      - run: {line}\n        env: {lent}\n"
    return f"on: workflow_dispatch\njobs:\n  job:\n    runs-on: ubuntu-latest\n{steps}"


def poured(house: RunningHouse, token: str, name: str) -> tuple[float, float]:
    """Seconds of the step, and from its beginning until a reader has it all."""
    made: Any = house.api("POST", f"{SHOP}/runs", {"workflow": f"{name}.yml"}, token=token, expect=201)
    path = f"{SHOP}/runs/{made['number']}"
    jobs: Any = until(lambda: house.api("GET", path, token=token)["jobs"])
    told, at = followed(house, token, f"/ada/shop/runs/{made['number']}/jobs/{jobs[0]['id']}/log.events")
    run: Any = until(lambda: ended(house.api("GET", path, token=token)))
    if run["state"] != "success":
        raise RuntimeError(str(run))
    step = next(step for step in run["jobs"][0]["steps"] if step["name"].startswith("Run base64"))
    if name == "log":
        check(told)
    began, over = (datetime.fromisoformat(step[what]).timestamp() for what in ("started_at", "ended_at"))
    return over - began, at - began


def ended(run: Any) -> Any:
    return run if run["state"] in ("success", "failure", "cancelled") else None


def followed(house: RunningHouse, token: str, path: str) -> tuple[bytes, float]:
    """What a reader was told of the log while it grew, and when there was no more."""
    line = http.client.HTTPConnection(urlsplit(house.url).netloc, timeout=60)
    line.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    with line.getresponse() as stream:
        told = bytearray()
        while piece := stream.read1(1 << 20):
            told += piece
    return bytes(told), time.time()


def check(told: bytes) -> None:
    """Every line of the flood, and each as it was printed."""
    texts = [json.loads(line[6:])["text"] for line in told.split(b"\n") if line.startswith(b'data: {"at"')]
    lines = "".join(texts).encode().splitlines(keepends=True)
    whole = sum(line.endswith(b"Z " + LINE) for line in lines)
    if whole != OUTPUT_BYTES // len(LINE):
        raise RuntimeError(f"{whole} lines of {OUTPUT_BYTES // len(LINE)}")


class Memory:
    """The most that was used of it, looked at now and then."""

    def __init__(self, house: int, workshop: Path) -> None:
        self.pid, self.workshop = house, workshop
        self.house = self.runner = 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self) -> None:
        while not self.over.wait(0.05):
            locks = [self.workshop / "lock", *(self.workshop / "jobs").glob("*/lock")]
            self.house = max(self.house, megabytes_of(str(self.pid)))
            self.runner = max(self.runner, sum(megabytes_of(pid_in(lock)) for lock in locks))

    def stop(self) -> None:
        self.over.set()
        self.thread.join()


def pid_in(lock: Path) -> str:
    try:
        return lock.read_text().split()[0]
    except (OSError, IndexError):
        return ""


def megabytes_of(pid: str) -> float:
    try:
        return int(Path(f"/proc/{pid}/smaps_rollup").read_text().split("Pss:", 1)[1].split()[0]) / 1024
    except (OSError, IndexError):
        return 0


if __name__ == "__main__":
    main()
