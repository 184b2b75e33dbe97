"""The house and the runner are killed while an official client uploads: it waits, and what it finishes is there."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.clients.bundle import bundled
from tests.clients.shop import Workshop
from tests.parts.house import running_house
from tests.parts.ports import free_port

CI = """
on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: ./client
        with: {parts: artifacts, megabytes: "64"}
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Jobs may run as somebody else, who has to be able to walk there."""
    folder = Path(tempfile.mkdtemp(prefix="dure-clients-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        kill_runner(folder / "workshop")
        shutil.rmtree(folder, ignore_errors=True)


def test_an_upload_outlives_house_and_runner(folder: Path) -> None:
    script, listen = folder / "index.mjs", f"127.0.0.1:{free_port()}"
    bundled(script)
    environment = {"DURE_LOCAL_RUNNER": "true", "DURE_WORKSHOP": str(folder / "workshop")}
    with running_house(folder / "data", environment=environment, listen=listen) as house:
        house.settle()
        workshop = Workshop(folder, house, house.token(), script)
        shop = workshop.project("shop")
        shop.push(CI)
        # The blocks of the upload gather on the runner's disk.
        until(lambda: list((folder / "workshop").rglob("counter/*/block-*")))
        house.kill()
        kill_runner(folder / "workshop")
    time.sleep(1)
    with running_house(folder / "data", environment=environment, listen=listen) as house:
        workshop.house = house
        told = shop.ended()
        [kept] = shop.api("/runs/1")["artifacts"]
        assert told["artifact"]["same"]
        assert kept["digest"] == told["artifact"]["artifact"]["digest"]
        until(lambda: not list((folder / "workshop").rglob("counter")), 30)
        # A connection that broke off may be noticed a moment later.
        until(lambda: not list((folder / "data" / "incoming").iterdir()), 30)


def kill_runner(workshop: Path) -> None:
    for lock in workshop.glob("runner/lock"):
        words = lock.read_text().split()
        with suppress(OSError):
            if words and f"{workshop}".encode() in Path(f"/proc/{words[0]}/cmdline").read_bytes():
                os.kill(int(words[0]), signal.SIGKILL)


def until(what: Callable[[], Any], seconds: float = 60) -> Any:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        with suppress(OSError):
            if found := what():
                return found
        time.sleep(0.01)
    raise AssertionError(f"it did not come to that within {seconds} s")
