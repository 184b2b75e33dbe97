"""What a job and a step cost beyond their own work: the runner, the sandbox, the log, the journal, the house's ear.

A real runner works for a house that answers at once; a job counts from its order to its last word at the house. From
it goes what the same `true` costs under a plain bash. Prints one line of JSON; the fastest round counts, because the
machine may have other work.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.runner.stand import Stand, standing

ROUNDS = 15
STEPS = 50
OUTPUT_BYTES = 100_000_000


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dure-bench-") as directory:
        Path(directory).chmod(0o711)
        with standing(Path(directory)) as stand:
            stand.start_runner()
            measured(stand, 1)
            bash = best(plain_bash)
            one = best(lambda: measured(stand, 1))
            many = best(lambda: measured(stand, 1 + STEPS))
            flood = best(lambda: poured(stand), rounds=2)
    print(
        json.dumps(
            {
                "bench": "job_overhead",
                "job_ms": round(1000 * (one - bash), 1),
                "step_ms": round(1000 * ((many - one) / STEPS - bash), 2),
                "bash_true_ms": round(1000 * bash, 2),
                "log_mb_per_second": round(OUTPUT_BYTES / 1e6 / flood, 1),
            }
        )
    )


def measured(stand: Stand, steps: int) -> None:
    ended = stand.ended(stand.order([{"run": "true"}] * steps), pause_seconds=0.001)
    if ended.conclusion != "success":
        raise RuntimeError(ended.why)


def poured(stand: Stand) -> None:
    stand.ended(stand.order([{"run": f"base64 /dev/zero | head -c {OUTPUT_BYTES}"}]), pause_seconds=0.01)


def plain_bash() -> None:
    subprocess.run(["bash", "-e", "-c", "true"], check=True)


def best(do: Callable[[], None], rounds: int = ROUNDS) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        do()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


if __name__ == "__main__":
    main()
