"""act's workflows run here as they do there, as far as this machine can run them."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("act.py")
PASSED_MIN = 49
SECONDS_MAX = 1500


def source() -> Path | None:
    """A copy in Go's module cache, if somebody has built act here."""
    kept = Path.home().glob("go/pkg/mod/github.com/nektos/act@*")
    return max((place for place in kept if (place / "pkg/runner/testdata").is_dir()), default=None)


@pytest.mark.alone
def test_as_many_of_acts_workflows_end_as_they_should_as_we_say() -> None:
    place = source()
    if place is None:
        pytest.skip("act's source is not in Go's module cache")

    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(place)], capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )

    passed = int(done.stdout.splitlines()[-1].split()[0])
    assert passed >= PASSED_MIN, done.stdout
