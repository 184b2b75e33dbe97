"""What 100 MB of output cost a job, against the same output written to a file by the same job.

A real runner works for a house in this process. The log is masked for two secrets, stamped line by line, written to the
runner's disk and brought to the house; `step` is the time of the step by the runner's own journal, `whole` lasts until
the house has everything. Lines are counted. The most memory that runner and supervisor used together is measured too.
Prints one line of JSON; the fastest round counts, because the machine may have other work.
"""

import json
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

from dure.wire import StepEnded, StepStarted
from tests.runner.stand import Stand, standing

OUTPUT_BYTES = 100_000_000
LINE_BYTES = 77
ROUNDS = 5
POUR = f"base64 /dev/zero | head -c {OUTPUT_BYTES}"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dure-bench-") as directory:
        Path(directory).chmod(0o711)
        with standing(Path(directory)) as stand:
            stand.start_runner()
            rounds = [(*poured(stand, f"{POUR} > file"), *poured(stand, POUR)) for _ in range(ROUNDS)]
            lines = stand.log(stand.books.job(stand.jobs, 1)).count("\n")
    file, _, _, step, whole, megabytes = (min(column) for column in zip(*rounds, strict=True))
    expected = OUTPUT_BYTES // LINE_BYTES
    if lines < expected:
        raise RuntimeError(f"{lines} lines of {expected}")
    print(
        json.dumps(
            {
                "bench": "log_flood",
                "to_file_seconds": round(file, 3),
                "step_seconds": round(step, 3),
                "whole_seconds": round(whole, 3),
                "times_a_file": round(step / file, 2),
                "mb_per_second": round(OUTPUT_BYTES / 1e6 / step, 1),
                "megabytes": round(megabytes),
            }
        )
    )


def poured(stand: Stand, lines: str) -> tuple[float, float, float]:
    """Seconds of the step, seconds until the house has it all, megabytes of memory."""
    began = time.perf_counter()
    job = stand.order([{"run": lines}], secrets={"A": "hunter2-long", "B": "another-secret-of-some-length"})
    memory = Memory(stand)
    ended = stand.ended(job, 120, pause_seconds=0.005)
    whole = time.perf_counter() - began
    memory.stop()
    if ended.conclusion != "success":
        raise RuntimeError(ended.why)
    times: list[datetime] = [one.at for one in stand.happenings(job) if isinstance(one, StepStarted | StepEnded)]
    return (times[1] - times[0]).total_seconds(), whole, memory.most


class Memory:
    """Of the runner and of the supervisor, now and then."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.most = 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self) -> None:
        while not self.over.wait(0.1):
            locks = list((self.stand.workshop / "jobs").glob("*/lock"))
            pids = [str(self.stand.runners[0].pid), *(lock.read_text().strip() for lock in locks if lock.exists())]
            self.most = max(self.most, sum(megabytes_of(pid) for pid in pids if pid))

    def stop(self) -> None:
        self.over.set()
        self.thread.join()


def megabytes_of(pid: str) -> float:
    try:
        return int(Path(f"/proc/{pid}/smaps_rollup").read_text().split("Pss:", 1)[1].split()[0]) / 1024
    except (OSError, IndexError):
        return 0


if __name__ == "__main__":
    main()
