"""More runners on demand: a real receiver is asked, signed, again until it hears, and not for nothing."""

import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from dure.build.run import Job
from dure.build.runners import (
    Calls,
    Invitation,
    Runner,
    Scaler,
    Scaling,
    allowed_labels,
    drain,
    end_runner,
    join,
    scaling,
)
from dure.build.runners.scaling import notice
from dure.build.upkeep import look_after
from dure.kit import now
from dure.ledger import HOUSE, Work
from dure.settings import read_settings
from dure.wire import Join
from tests.build.wired import Yard
from tests.parts.ports import free_port
from tests.runner.test_with_a_house import until

JOB = "{runs-on: [linux, gpu], steps: [{run: x}]}"
CI = f"on: push\njobs:\n  a: {JOB}\n  b: {JOB}\n"
SECRET = "a secret between two"
GUIDE = Path(__file__).parents[2] / "docs/guide/runners.md"


@dataclass
class Ear:
    """What a receiver heard, and what it answers."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def wanted(self) -> list[Any]:
        return [json.loads(body) for _, body in self.heard]


@contextmanager
def listening() -> Iterator[Ear]:
    ear = Ear()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            ear.heard.append((dict(self.headers.items()), body))
            self.send_response(ear.answers.pop(0) if ear.answers else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        ear.url = f"http://127.0.0.1:{server.server_address[1]}/scale?pool=a"
        try:
            yield ear
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def ear() -> Iterator[Ear]:
    with listening() as ear:
        yield ear


def calls(ear: Ear, after_seconds: float = 30, labels: tuple[str, ...] = ()) -> Calls:
    return Calls(ear.url, SECRET, "http://127.0.0.1:8400", after_seconds, allowed_labels(labels))


def waited(yard: Yard, seconds: float = 60) -> None:
    long_ago = update(Job).values(queued_at=now() - timedelta(seconds=seconds))
    yard.house.write_now(HOUSE, lambda work: work.session.execute(long_ago))


def go_on(yard: Yard, ear: Ear, *labels: str) -> None:
    """Notice, and carry the machine on, however long it wanted to wait."""
    asked = calls(ear, labels=labels)
    yard.house.write_now(HOUSE, lambda work: notice(work, asked))
    due = update(Scaling).where(Scaling.wake_at.is_not(None)).values(wake_at=now())
    yard.house.write_now(HOUSE, lambda work: work.session.execute(due))
    machine = scaling(asked).reconciler(yard.house, "test")
    while machine.once():
        pass


def test_jobs_that_wait_for_nobody_call_for_runners(yard: Yard, ear: Ear) -> None:
    yard.workflow(CI)
    go_on(yard, ear)
    assert ear.heard == [], "they have not waited long enough"
    waited(yard)
    go_on(yard, ear)
    ((headers, body),) = ear.heard
    assert headers["X-Dure-Signature-256"] == f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"
    (wanted,) = ear.wanted
    assert (wanted["labels"], wanted["count"]) == (["gpu", "linux"], 2)
    assert wanted["oldest_wait_seconds"] >= 60
    assert headers["X-Dure-Need"] == wanted["need"]

    def come(work: Work, name: str) -> bool:
        token = f"dure_run_{hashlib.sha256(name.encode()).hexdigest()}"
        return join(work, wanted["join_token"], Join(name=name, token=token)).ephemeral

    assert all(yard.house.write_now(HOUSE, lambda work, name=name: come(work, name)) for name in ("x", "y"))  # type: ignore[misc]


def test_it_is_said_again_until_it_is_heard_and_then_not_at_once(yard: Yard, ear: Ear) -> None:
    yard.workflow(CI)
    waited(yard)
    ear.answers = [500, 302]
    for _ in range(3):
        go_on(yard, ear)
    assert len({wanted["need"] for wanted in ear.wanted}) == 1
    assert len(ear.heard) == 3
    go_on(yard, ear)
    assert len(ear.heard) == 3, "whoever was asked a moment ago needs time"
    long_ago = update(Scaling).values(called_at=now() - timedelta(seconds=90))
    yard.house.write_now(HOUSE, lambda work: work.session.execute(long_ago))
    go_on(yard, ear)
    assert len({wanted["need"] for wanted in ear.wanted}) == 2


def test_nobody_is_called_while_somebody_is_free_or_when_nobody_waits_any_more(yard: Yard, ear: Ear) -> None:
    yard.workflow(CI)
    waited(yard)
    yard.runner("gpu", "gpu", "linux")
    go_on(yard, ear)
    assert ear.heard == []
    yard.write(lambda work: drain(work, "gpu"))
    ear.answers = [500]
    go_on(yard, ear)
    assert len(ear.heard) == 1
    yard.house.write_now(HOUSE, lambda work: work.session.execute(update(Job).values(state="skipped")))
    go_on(yard, ear)
    assert len(ear.heard) == 1


def test_nobody_is_called_for_labels_that_the_setting_does_not_name(yard: Yard, ear: Ear) -> None:
    yard.workflow(CI + "  c: {runs-on: [linux, mine-bitcoin], steps: [{run: x}]}\n")
    waited(yard)
    go_on(yard, ear, "arm64", "linux")
    assert ear.heard == []
    go_on(yard, ear, "GPU", "linux")
    assert [wanted["labels"] for wanted in ear.wanted] == [["gpu", "linux"]]


def test_what_was_needed_long_ago_is_forgotten(yard: Yard, ear: Ear) -> None:
    """And the invitation by which somebody came who is no more; not that of a runner which is there still."""

    def kept(work: Work) -> tuple[int, int]:
        return len(work.session.scalars(select(Scaling)).all()), len(work.session.scalars(select(Invitation)).all())

    def look(days: int) -> tuple[int, int]:
        def age(work: Work) -> None:
            work.session.execute(update(Scaling).values(called_at=now() - timedelta(days=days)))
            work.session.execute(update(Invitation).values(expires_at=now() - timedelta(days=days)))
            ended = update(Runner).where(Runner.ended_at.is_not(None))
            work.session.execute(ended.values(ended_at=now() - timedelta(days=days)))
            look_after(work)

        yard.house.write_now(HOUSE, age)
        return yard.house.read_now(HOUSE, kept)

    yard.workflow(CI)
    waited(yard)
    go_on(yard, ear)
    token = f"dure_run_{hashlib.sha256(b'x').hexdigest()}"
    invited = ear.wanted[0]["join_token"]
    name = yard.house.write_now(HOUSE, lambda work: join(work, invited, Join(name="x", token=token))).name
    assert look(6) == (1, 1)
    assert look(8) == (0, 1)
    yard.write(lambda work: end_runner(work, name))
    assert look(6) == (0, 1)
    assert look(8) == (0, 0)


def test_the_scaler_looks_by_itself(yard: Yard, ear: Ear) -> None:
    asked = calls(ear, after_seconds=0.2)
    machine = scaling(asked).reconciler(yard.house, "test")
    scaler = Scaler(yard.house, asked, look_seconds=0.05)
    for one in (machine, scaler):
        one.start()
    try:
        yard.workflow(CI)
        until(lambda: ear.heard, 20)
    finally:
        for one in (scaler, machine):
            one.stop()
    assert ear.wanted[0]["labels"] == ["gpu", "linux"]


def test_the_receiver_of_the_guide_starts_a_job_on_kubernetes(yard: Yard, tmp_path: Path) -> None:
    blocks = re.findall(r"```(python|json)\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    (script,) = [words for kind, words in blocks if kind == "python" and "kubectl" in words]
    (template,) = [words for kind, words in blocks if kind == "json" and "batch/v1" in words]
    (tmp_path / "scale.py").write_text(script)
    (tmp_path / "runners.json").write_text(template)
    (tmp_path / "kubectl").write_text('#!/bin/sh\nshift; cat > "$(dirname "$0")/created.json"\n')
    (tmp_path / "kubectl").chmod(0o755)
    ear = Ear(f"http://127.0.0.1:{(port := free_port())}/")
    environment = {
        **os.environ,
        "AUTOSCALE_SECRET": SECRET,
        "PORT": str(port),
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
    }
    process = subprocess.Popen([sys.executable, "scale.py"], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    try:
        yard.workflow(CI)
        waited(yard)
        while process.poll() is None and not (tmp_path / "created.json").exists():
            go_on(yard, ear)
            time.sleep(0.1)
    finally:
        process.kill()
        process.wait(10)
    secret, job = json.loads((tmp_path / "created.json").read_text())["items"]
    assert secret["stringData"]["token"].startswith("dure_join_")
    assert job["spec"]["completions"] == 2
    (container,) = job["spec"]["template"]["spec"]["containers"]
    words = container["command"]
    assert words[:4] == ["dure", "runner", "join", "http://127.0.0.1:8400"]
    asked = subprocess.run(
        [sys.executable, "-m", "dure", "runner", "join", "--help"], capture_output=True, text=True, check=True
    )
    assert all(word in asked.stdout for word in words if word.startswith("--"))


def test_an_address_needs_a_secret() -> None:
    with pytest.raises(Exception, match="autoscale_secret"):
        read_settings({"DURE_AUTOSCALE_URL": "http://127.0.0.1:1"})
    assert read_settings({"DURE_AUTOSCALE_URL": "http://127.0.0.1:1", "DURE_AUTOSCALE_SECRET": SECRET}).autoscale_url
