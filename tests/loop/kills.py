"""kill -9 at random moments, again and again: of a runner, of a house. What was begun is done, each step of it once.

A house and a runner are started and killed by a seed. Runs are begun all the while; every step of them rings at a
counter outside, so that one that is done twice is noticed, and so is one that is never done.
"""

import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.loop.whole import processes_of
from tests.parts.house import RunningHouse, environment_with, running_house
from tests.parts.ports import free_port
from tests.runner.test_with_a_house import push_files

SECRET = "sesame-opens-4711-only-once"
JOBS, STEPS = 2, 3
WORKFLOW = """
name: CI
on: workflow_dispatch
jobs:
  ring:
    runs-on: ubuntu-latest
    strategy: {{matrix: {{n: [{numbers}]}}}}
    env: {{PASSWORD: "${{{{ secrets.PASSWORD }}}}"}}
    steps:
{steps}
"""
STEP = """      - run: |
          exec 3<>/dev/tcp/127.0.0.1/{port}
          echo "$GITHUB_RUN_NUMBER ${{{{ matrix.n }}}} {step}" >&3
          cat <&3; echo "the word is $PASSWORD"; sleep 0.0{step}
"""
SETTLE_SECONDS_MAX = 120.0
OVER = ("success", "failure", "cancelled")
Ring = tuple[int, int, int]
"""Which step rang: number of the run, of the job, of the step."""


class Rings:
    """Counts what steps say to it."""

    def __init__(self) -> None:
        self.heard: Counter[Ring] = Counter()
        self.server = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = int(self.server.getsockname()[1])
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self.server.accept()
                with line, line.makefile("r") as said:
                    run, job, step = (int(word) for word in said.readline().split())
                    self.heard[run, job, step] += 1
                    line.sendall(b"heard\n")


@dataclass
class Field:
    """A house and a runner that can be killed and come back."""

    folder: Path
    rings: Rings
    dice: random.Random
    listen: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    token: str = ""
    kills: Counter[str] = field(default_factory=Counter)
    begun: list[int] = field(default_factory=list)
    """Runs that the house has promised."""
    _house: ExitStack = field(default_factory=ExitStack)
    house: RunningHouse | None = None
    runner: "subprocess.Popen[bytes] | None" = None

    def open(self) -> None:
        self.start_house()
        assert self.house is not None
        self.house.settle()
        self.token = self.house.token()
        self.api("POST", "/projects", {"name": "shop"}, expect=201)
        self.api("PUT", "/projects/ada/shop/secrets/PASSWORD", {"value": SECRET}, expect=200)
        steps = "".join(STEP.format(port=self.rings.port, step=step) for step in range(STEPS))
        numbers = ", ".join(str(number) for number in range(JOBS))
        words = WORKFLOW.format(numbers=numbers, steps=steps)
        push_files(self.folder / "source", self.house, self.token, {".github/workflows/ci.yml": words})
        invited = self.api("POST", "/runners/invitations", {"labels": ["ubuntu-latest"]}, expect=201)
        self.start_runner("join", self.house.url, "--name", "field", "--capacity", "2", token=str(invited["token"]))
        self.settled(self.begin())

    def start_house(self) -> None:
        with ExitStack() as opening:
            self.house = opening.enter_context(running_house(self.folder / "data", listen=self.listen))
            self._house = opening.pop_all()

    def start_runner(self, *words: str, token: str = "") -> None:
        argv = [sys.executable, "-m", "dure", "runner", *words, "--directory", str(self.folder / "runner")]
        environment = environment_with({"DURE_RUNNER_TOKEN": token} if token else {})
        with (self.folder / "runner.log").open("ab") as log:
            self.runner = subprocess.Popen(argv, stdout=log, stderr=log, env=environment, start_new_session=True)

    def kill_runner(self) -> None:
        assert self.runner is not None
        self.runner.send_signal(signal.SIGKILL)
        self.runner.wait(10)
        self.kills["runner"] += 1
        self.start_runner()

    def kill_house(self) -> None:
        assert self.house is not None
        self.house.kill()
        self._house.close()
        self.kills["house"] += 1
        self.start_house()

    def api(self, method: str, path: str, words: object = None, expect: int | None = None) -> Any:
        assert self.house is not None
        return self.house.api(method, path, words, token=self.token, expect=expect)

    def begin(self) -> int:
        made = self.api("POST", "/projects/ada/shop/runs", {"workflow": "CI", "inputs": {}}, expect=201)
        self.begun.append(int(made["number"]))
        return self.begun[-1]

    def runs(self) -> list[Any]:
        """All of them, the first first."""
        found: list[Any] = []
        before = ""
        while True:
            answer = self.api("GET", f"/projects/ada/shop/runs?limit=100{before}")
            found += answer["runs"]
            if answer["next"] is None:
                return found[::-1]
            before = f"&before={answer['next']}"

    def settled(self, number: int | None = None) -> None:
        """Once this run is over; once all are."""
        give_up_at = time.monotonic() + SETTLE_SECONDS_MAX
        while time.monotonic() < give_up_at:
            runs = self.runs()
            if all(run["state"] in OVER for run in runs if number in (None, run["number"])):
                return
            time.sleep(0.1)
        raise AssertionError(f"not over: {[run for run in self.runs() if run['state'] not in OVER]}")

    def trouble(self, what: str, times: int) -> None:
        """So many kills. Before each a run is begun, and then it may be anywhere."""
        for _ in range(times):
            self.begin()
            time.sleep(self.dice.uniform(0, 0.35))
            self.kill_house() if what == "house" else self.kill_runner()

    def close(self) -> None:
        if self.runner is not None:
            self.runner.terminate()
            self.runner.wait(20)
        self._house.close()


def found_wrong(field: Field) -> list[str]:
    """Everything that is not as it should be when all has come to rest."""
    wrong: list[str] = []
    runs = field.runs()
    numbers = {run["number"] for run in runs}
    wrong += [f"run {number} was promised and is lost" for number in field.begun if number not in numbers]
    for run in runs:
        if run["state"] != "success":
            jobs = field.api("GET", f"/projects/ada/shop/runs/{run['number']}")["jobs"]
            wrong.append(f"run {run['number']}: {run['state']}, {[(job['state'], job['why']) for job in jobs]}")
    expected = {(number, job, step) for number in numbers for job in range(JOBS) for step in range(STEPS)}
    wrong += [f"{ring} was done {count} times" for ring, count in field.rings.heard.items() if count != 1]
    wrong += [f"{ring} was never done" for ring in expected - field.rings.heard.keys()]
    wrong += leaked(field.folder)
    left = list((field.folder / "runner" / "jobs").iterdir())
    wrong += [f"{path} was left behind" for path in left]
    return wrong


def leaked(folder: Path) -> list[str]:
    """Files in which the secret stands."""
    grep = ["grep", "-rlaF", SECRET, str(folder)]
    found = subprocess.run(grep, capture_output=True, text=True, check=False).stdout.split()
    return [f"the secret stands in {path}" for path in found]


def orphans(field: Field) -> list[str]:
    """What still runs after house and runner were stopped."""
    give_up_at = time.monotonic() + 20
    while (found := processes_of(field.folder)) and time.monotonic() < give_up_at:
        time.sleep(0.1)
    return [f"still runs: {pid} {line[:200]}" for pid, line in found]


def pages_that_say_nothing(field: Field) -> list[str]:
    """The page of each run tells how each job ended."""
    assert field.house is not None
    silent = []
    headers = {"Authorization": f"Bearer {field.token}", "Accept": "text/html"}
    for run in field.runs():
        status, page = field.house.ask("GET", run["url"], headers=headers)
        if status != 200 or not re.search(r"success", page.decode(), re.IGNORECASE):
            silent.append(f"{run['url']}: {status}")
    return silent


@contextmanager
def opened(folder: Path, seed: int) -> Iterator[Field]:
    rings = Rings()
    field = Field(folder, rings, random.Random(seed))  # noqa: S311 - a seed, so that a bad day can be had again
    try:
        field.open()
        yield field
    finally:
        field.close()
        rings.server.close()


def tried(folder: Path, seed: int, *, runner: int, house: int) -> dict[str, object]:
    """So many kills of each; what was found wrong afterwards, and how often each was killed."""
    began = time.monotonic()
    with opened(folder, seed) as field:
        field.trouble("runner", runner)
        field.trouble("house", house)
        field.settled()
        wrong = found_wrong(field) + pages_that_say_nothing(field)
        runs, rung = len(field.runs()), sum(field.rings.heard.values())
    wrong += orphans(field)
    return {
        "seed": seed,
        "kills": dict(field.kills),
        "runs": runs,
        "steps": rung,
        "wrong": wrong,
        "seconds": round(time.monotonic() - began, 1),
    }
