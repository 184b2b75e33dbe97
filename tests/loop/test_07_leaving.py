"""Scenario 7: who asks for an end gets one. Nothing runs on, and nothing lies about."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.loop.app import SMALL
from tests.loop.whole import Whole, processes_of, soon
from tests.parts.house import dure, environment_with

# One house for each file of this folder, so a file must not be spread over several processes.
pytestmark = pytest.mark.alone

SECONDS_MAX = 60.0


def test_down_leaves_what_serves_people_and_all_leaves_nothing(whole: Whole) -> None:
    shop = whole.project("shop", SMALL)
    shop.phase(shop.push("feat: a bell"), "live")
    environment = {
        "DURE_WORKSHOP": str(whole.folder / "workshop"),
        "DURE_TRAFFIC_LISTEN": whole.house.traffic,
    }
    alone = dure("down", "--data", str(whole.house.data), environment=environment)
    assert alone.code == 0, alone.err
    still = [line for _, line in processes_of(whole.folder)]
    assert any("envoy-" in line for line in still)
    assert any(line.startswith("python3 app.py") for line in still)
    everything = dure("down", "--all", "--data", str(whole.house.data), environment=environment)
    assert everything.code == 0, everything.err
    soon("nothing runs any more", lambda: not processes_of(whole.folder), 20)


@pytest.mark.parametrize("after", ["The house stands", "Its workflow runs", "It takes its first share"])
def test_ctrl_c_of_the_demo_leaves_nothing(tmp_path: Path, after: str) -> None:
    """In whatever moment: no process, no folder."""
    tmp_path.chmod(0o711)
    with tempfile.TemporaryDirectory(prefix="dure-loop-demo-") as place:
        Path(place).chmod(0o711)
        said = tmp_path / "said"
        with said.open("wb") as out:
            demo = subprocess.Popen(
                [sys.executable, "-m", "dure", "demo"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=environment_with({"TMPDIR": place}),
            )
        try:
            soon(f"it says: {after}", lambda: after in said.read_text())
            os.kill(demo.pid, signal.SIGINT)
            demo.wait(SECONDS_MAX)
        finally:
            demo.kill()
            demo.wait()
        assert demo.returncode == 130, said.read_text()
        assert "Traceback" not in said.read_text()
        soon("nothing runs any more", lambda: not processes_of(Path(place)), 20)
        assert os.listdir(place) == []
