"""`dure runner join` with a real house: a machine becomes its runner, works, is drained, ends."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.parts.house import RunningHouse, environment_with, running_house
from tests.runner.stand import processes
from tests.runner.test_with_a_house import push, until

ONE = """
name: CI
on: [push, workflow_dispatch]
jobs:
  test:
    runs-on: far
    steps:
      - run: echo "done by $RUNNER_NAME"
"""


@dataclass
class Land:
    """A house with a project whose jobs ask for a runner that is not there yet."""

    house: RunningHouse
    folder: Path
    token: str
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def api(self, method: str, path: str, words: object = None, expect: int | None = None) -> Any:
        return self.house.api(method, path, words, token=self.token, expect=expect)

    def invited(self, **words: object) -> str:
        return str(self.api("POST", "/runners/invitations", words, expect=201)["token"])

    def runner(
        self, *words: str, directory: str = "far", typed: str = "", environment: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        argv = [sys.executable, "-m", "dure", "runner", *words, "--directory", str(self.folder / directory)]
        with (self.folder / "said").open("ab") as said:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                start_new_session=True,
                env=environment_with(environment or {}),
            )
        assert process.stdin is not None
        process.stdin.write(f"{typed}\n".encode())
        process.stdin.close()
        self.started.append(process)
        return process

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text()

    def seen(self, name: str) -> Any:
        found = self.api("GET", "/runners")["runners"]
        return next((one for one in found if one["name"] == name), None)

    def begin(self) -> int:
        made = self.api("POST", "/projects/ada/shop/runs", {"workflow": "CI", "inputs": {}}, expect=201)
        return int(made["number"])

    def over(self, number: int = 1) -> Any:
        def look() -> Any:
            run = self.api("GET", f"/projects/ada/shop/runs/{number}")
            return run if run.get("state") in ("success", "failure", "cancelled") else None

        return until(look)


@pytest.fixture
def land(passable: Path) -> Iterator[Land]:
    with running_house(passable / "data") as house, stopped(passable) as land:
        house.settle()
        land.house, land.token = house, house.token()
        land.api("POST", "/projects", {"name": "shop"}, expect=201)
        push(passable / "source", house, land.token, ONE)
        yield land


@contextmanager
def stopped(folder: Path) -> Iterator[Land]:
    land = Land(None, folder, "")  # type: ignore[arg-type]
    try:
        yield land
    finally:
        for process in land.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(10)


def test_it_joins_works_and_starts_again_without_a_token(land: Land) -> None:
    secret = land.invited(labels=["far"])
    first = land.runner("join", land.house.url, "--token", "-", "--name", "big one", "--capacity", "1", typed=secret)
    run = land.over()
    assert run["state"] == "success"
    assert run["jobs"][0]["runner"] == "big one"
    place = land.folder / "far"
    for name in ("token", "runner.json"):
        assert stat.S_IMODE((place / name).stat().st_mode) == 0o600
    assert secret not in (place / "runner.json").read_text()
    assert not processes(secret)
    os.kill(first.pid, signal.SIGTERM)
    assert first.wait(15) == 0

    land.runner()
    number = land.begin()
    assert land.over(number)["state"] == "success"
    assert len(land.api("GET", "/runners")["runners"]) == 1
    seen = land.seen("big one")
    assert (seen["capacity"], seen["away"], seen["other_version"]) == (1, False, False)
    assert {"far", "self-hosted", "linux"} <= set(seen["labels"])
    assert "ubuntu-latest" not in seen["labels"]


def test_an_ephemeral_runner_does_one_job_and_is_gone(land: Land) -> None:
    secret = land.invited(labels=["far"], ephemeral=True, uses=2)
    environment = {"DURE_RUNNER_TOKEN": secret}
    runner = land.runner("join", land.house.url, "--name", "pod", "--ephemeral", environment=environment)
    assert land.over()["state"] == "success"
    assert runner.wait(20) == 0, land.said
    assert land.seen("pod") is None
    assert not (land.folder / "far" / "token").exists()
    number = land.begin()
    assert land.runner("join", land.house.url, "--name", "pod", environment=environment).wait(30) == 0, land.said
    assert land.over(number)["state"] == "success"
    assert land.runner("join", land.house.url, "--name", "pod", environment=environment).wait(30) == 4


def test_a_drained_runner_ends_what_it_has_and_leaves(land: Land) -> None:
    (land.folder / "secret").write_text(land.invited(labels=["far"]))
    runner = land.runner("join", land.house.url, "--token", str(land.folder / "secret"), "--name", "far")
    assert land.over()["state"] == "success"
    land.api("POST", "/runners/far/drains", {}, expect=204)
    assert runner.wait(20) == 0
    assert "drained" in land.said
    number = land.begin()
    waiting = until(lambda: [one["why"] for one in land.api("GET", f"/projects/ada/shop/runs/{number}")["jobs"]])
    assert waiting == ["The runners with the labels far are drained."]
    land.api("DELETE", "/runners/far/drains", expect=204)
    land.runner()
    assert land.over(number)["state"] == "success"


def test_an_ended_runner_stops_asking(land: Land) -> None:
    runner = land.runner("join", land.house.url, "--token", "-", "--name", "far", typed=land.invited(labels=["far"]))
    assert land.over()["state"] == "success"
    land.api("DELETE", "/runners/far", expect=204)
    assert runner.wait(20) == 0
    assert "was ended" in land.said


def test_a_unit_for_systemd(land: Land) -> None:
    ended = land.runner("join", land.house.url, "--token", "-", "--print-unit", typed=land.invited())
    assert ended.wait(20) == 0
    assert f"--directory {land.folder / 'far'}" in land.said
    assert json.loads((land.folder / "far" / "runner.json").read_text())["house"] == land.house.url


def test_a_bad_token_and_a_house_that_is_not_there(land: Land) -> None:
    assert land.runner("join", land.house.url, "--token", "-", typed="dure_join_nothing").wait(20) == 4
    assert "lets nobody in" in land.said
    assert land.runner("join", "http://127.0.0.1:9", "--token", "-", typed="dure_join_nothing").wait(20) == 3
    assert land.runner(directory="empty").wait(20) == 1
    assert "dure runner join" in land.said
