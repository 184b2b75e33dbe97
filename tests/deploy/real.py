"""A yard over the real engines: processes under shims, and Envoy between them and real visitors."""

import http.client
import os
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dure.deploy import Rollouts
from dure.deploy.engines.envoy import Envoy
from dure.deploy.engines.process import Processes
from dure.deploy.reactions import reactions
from dure.deploy.rollout import watching
from dure.ledger import House, Rounds, open_database
from dure.storage import open_blobs
from dure.storage.engines.disk import Disk
from dure.vault import open_keyring
from tests.deploy.engines.ground import end_all
from tests.deploy.yard import HOST, ONE_ENVIRONMENT, Yard, open_yard
from tests.parts.ports import free_port

PYTHON = "/usr/bin/python3"
APPLICATION = (Path(__file__).with_name("application.py")).read_text()
TICK_SECONDS = 0.2


def app(answers: str = "well", elsewhere: int = 1) -> str:
    return f"""
services:
  web:
    command: {PYTHON} app.py ${{PORT}}
    environment: {{ANSWERS: {answers}, ELSEWHERE: {elsewhere}}}
    stop_grace_period: 2s
    healthcheck: {{interval: 100ms, retries: 50}}
    x-dure:
      port: PORT
      readiness: {{http: /up}}
      rollout: {{steps: [20, 50, 100], step_seconds: 0.5, enough_requests: 30, keep_old_seconds: 30}}
{ONE_ENVIRONMENT}"""


FILES = {"app.py": APPLICATION}


@dataclass
class Visitors:
    """Some who ask again and again, each over one connection that is kept."""

    port: int
    answers: Counter[str] = field(default_factory=Counter)
    """By status and release: "200 1.0.0"; "lost" when nothing came back."""
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        line: http.client.HTTPConnection | None = None
        while not self.stop.wait(0.003):
            try:
                line = line or http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
                line.request("GET", "/", headers={"Host": HOST})
                answer = line.getresponse()
                self.answers[f"{answer.status} {answer.read().decode()[:20]}"] += 1
            except (OSError, http.client.HTTPException):
                self.answers["lost"] += 1
                line = None
        if line is not None:
            line.close()

    @contextmanager
    def coming(self, count: int = 4) -> Iterator[None]:
        threads = [threading.Thread(target=self.run, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in threads:
                thread.join(15)
            self.stop.clear()

    @property
    def failed(self) -> int:
        return sum(count for name, count in self.answers.items() if not name.startswith("200"))


@contextmanager
def workshop() -> Iterator[Path]:
    """Where services may look; everything that was started from it is ended."""
    folder = Path(tempfile.mkdtemp(prefix="dure-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        end_all(folder)
        for root, _, _ in os.walk(folder):
            Path(root).chmod(0o700)
        shutil.rmtree(folder)


@contextmanager
def real_yard(url: str, folder: Path, shop: Path) -> Iterator[tuple[Yard, Visitors]]:
    listen = f"127.0.0.1:{free_port()}"
    (folder / "listen").write_text(listen)
    traffic = Envoy(shop / "traffic", listen)
    traffic.start()
    with open_yard(url, folder, Processes(shop / "deploy"), traffic) as yard:
        yield yard, Visitors(int(listen.rpartition(":")[2]))


def keep_house(url: str, folder: Path, shop: Path) -> None:
    """A house of its own, which goes on until it is killed."""
    watching.TICK_SECONDS = TICK_SECONDS
    listen = (folder / "listen").read_text()
    with closing(House(open_database(url), reactions)) as house:
        traffic = Envoy(shop / "traffic", listen)
        traffic.start()
        blobs = open_blobs(Disk(folder / "blobs"), folder / f"spool-{os.getpid()}", 1 << 26)
        rollouts = Rollouts(Processes(shop / "deploy"), traffic, blobs, open_keyring(folder / "keys" / "master.key"))
        rounds = Rounds(house, f"house-{os.getpid()}", machines=rollouts.machines())
        rounds.start()
        while True:
            time.sleep(1)
