"""Once round the loop, measured from the outside: medians of several whole demos (`--runs`, five if not said).

    python -m bench.loop

Each is a fresh house with a sample shop, real git, real requests and a real bad commit.
"""

import argparse
import json
import statistics
import subprocess
import sys

SPANS = (
    "push_to_first_log_seconds",
    "push_to_staging_live_seconds",
    "push_to_production_live_seconds",
    "bad_canary_first_error_to_weight_zero_seconds",
    "total_seconds",
)
COUNTS = ("bad_canary_errors_served", "requests_total", "requests_failed_by_platform")
TOLD = ("suspect_is_the_bad_commit", "issue_closed_when_live")
DEMO_SECONDS_MAX = 300


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--runs", type=int, default=5)
    found = [one() for _ in range(asked.parse_args().runs)]
    line = {name: round(statistics.median(each[name] for each in found), 3) for name in SPANS}
    line |= {f"{name}_worst": max(each[name] for each in found) for name in (*SPANS, *COUNTS)}
    line |= {name: all(each[name] for each in found) for name in TOLD}
    print(json.dumps({"bench": "loop", "runs": len(found), **line}))


def one() -> dict[str, float]:
    argv = [sys.executable, "-m", "dure", "demo", "--once", "--json"]
    ran = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=DEMO_SECONDS_MAX)
    seen: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return seen


if __name__ == "__main__":
    main()
