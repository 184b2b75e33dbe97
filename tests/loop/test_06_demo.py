"""`dure demo --once --json`: the whole promise in one word, measured from the outside, and nothing left behind."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.alone

DEMO_SECONDS_MAX = 240
ASKED = {
    "push_to_first_log_seconds",
    "push_to_staging_live_seconds",
    "push_to_production_live_seconds",
    "bad_canary_first_error_to_weight_zero_seconds",
    "bad_canary_errors_served",
    "requests_total",
    "requests_failed_by_platform",
    "incident",
    "suspect_is_the_bad_commit",
    "issue_opened",
    "dora",
}


def test_once_round_the_loop() -> None:
    before = demos()
    ran = subprocess.run(
        [sys.executable, "-m", "dure", "demo", "--once", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=DEMO_SECONDS_MAX,
    )
    assert ran.returncode == 0, ran.stderr
    [line] = ran.stdout.splitlines()
    seen = json.loads(line)
    assert set(seen) >= ASKED
    assert seen["requests_failed_by_platform"] == 0, seen["complaints"]
    assert seen["bad_canary_errors_served"] > 0
    assert seen["suspect_is_the_bad_commit"]
    assert seen["issue_closed_when_live"]
    assert seen["issue_opened"] is not None
    assert (seen["dora"]["change_fail"]["part"], seen["dora"]["change_fail"]["whole"]) == (1, 3)
    assert demos() == before
    assert left_running() == []


def demos() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("dure-demo-*"))


def left_running() -> list[str]:
    """Processes that name a folder of a demo."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if "dure-demo-" in words:
            found.append(words)
    return found
