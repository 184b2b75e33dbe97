"""The whole way with a real house: a push, its run, the house and the runner killed in the middle of it."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.parts.house import RunningHouse, running_house
from tests.parts.identity import checked
from tests.parts.ports import free_port

WORKFLOW = """
name: CI
on: push
env: {GREETING: hello}
jobs:
  test:
    runs-on: ubuntu-latest
    outputs: {version: "${{ steps.v.outputs.version }}"}
    steps:
      - uses: actions/checkout@v4
      - run: for i in $(seq 60); do echo "count $i"; sleep 0.05; done
      - run: echo "$GREETING from $(cat app)"; echo "::warning file=app,line=1::careful"
      - {id: v, run: echo version=1.2 >> $GITHUB_OUTPUT}
      - uses: actions/upload-artifact@v4
        with: {name: app, path: app}
  ship:
    needs: test
    runs-on: [self-hosted, linux]
    steps:
      - uses: actions/download-artifact@v4
      - run: echo "shipping ${{ needs.test.outputs.version }} $(find . -name app -type f)"
"""


def test_a_push_is_built_although_house_and_runner_are_killed(passable: Path) -> None:
    data, listen = passable / "data", f"127.0.0.1:{free_port()}"
    environment = {"DURE_LOCAL_RUNNER": "true", "DURE_WORKSHOP": str(passable / "workshop")}
    try:
        with running_house(data, environment=environment, listen=listen) as house:
            house.settle()
            token = house.token()
            house.api("POST", "/projects", {"name": "shop"}, token=token, expect=201)
            push(passable / "source", house, token)
            until(lambda: "count 5\n" in log_of(house, token))
            kill_runner(passable / "workshop")
            house.kill()
        time.sleep(1)
        with running_house(data, environment=environment, listen=listen) as house:
            run = until(lambda: ended(house, token))
            log = log_of(house, token)
    finally:
        kill_runner(passable / "workshop")

    assert run["state"] == "success"
    assert [job["state"] for job in run["jobs"]] == ["success", "success"]
    counted = [line.split("Z ")[1] for line in log.splitlines() if line.split("Z ")[1].startswith("count ")]
    assert counted == [f"count {number}" for number in range(1, 61)]
    assert "hello from the app" in log


WHO = """
on: push
permissions: {contents: read, id-token: write}
jobs:
  test:
    runs-on: ubuntu-latest
    outputs: {token: "${{ steps.who.outputs.token }}"}
    steps:
      - id: who
        shell: python
        run: |
          import json, os
          from urllib.request import Request, urlopen
          key = os.environ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
          print("the key is", key)
          address = os.environ["ACTIONS_ID_TOKEN_REQUEST_URL"] + "&audience=somewhere"
          answer = urlopen(Request(address, headers={"Authorization": f"Bearer {key}"}))
          with open(os.environ["GITHUB_OUTPUT"], "a") as out:
              print("token=" + json.load(answer)["value"], file=out)
  other:
    permissions: {contents: read}
    runs-on: ubuntu-latest
    steps: [{run: 'test -z "${ACTIONS_ID_TOKEN_REQUEST_URL}${ACTIONS_ID_TOKEN_REQUEST_TOKEN}"'}]
"""


def test_a_line_of_a_job_says_who_it_is(passable: Path) -> None:
    environment = {"DURE_LOCAL_RUNNER": "true", "DURE_WORKSHOP": str(passable / "workshop")}
    try:
        with running_house(passable / "data", environment=environment) as house:
            house.settle()
            token = house.token()
            house.api("POST", "/projects", {"name": "shop"}, token=token, expect=201)
            push(passable / "source", house, token, WHO)
            run = until(lambda: ended(house, token))
            assert run["state"] == "success", log_of(house, token)
            assert "the key is ***" in log_of(house, token)
            [told] = [job["outputs"]["token"] for job in run["jobs"] if job["name"] == "test"]
            claims = checked(house, told)
    finally:
        kill_runner(passable / "workshop")
    assert (claims["aud"], claims["sub"]) == ("somewhere", "repo:ada/shop:ref:refs/heads/main")


def push(source: Path, house: RunningHouse, token: str, workflow: str = WORKFLOW) -> None:
    push_files(source, house, token, {".github/workflows/ci.yml": workflow, "app": "the app\n"})


def push_files(source: Path, house: RunningHouse, token: str, files: Mapping[str, str]) -> None:
    """The first commit of ada/shop."""
    for name, words in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(words)
    url = f"{house.url.replace('://', f'://ada:{token}@')}/ada/shop.git"
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for argv in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        [*identity, "commit", "-q", "-m", "feat: begin"],
        ["push", "-q", url, "main"],
    ):
        subprocess.run(["git", "-C", str(source), *argv], check=True, capture_output=True)


def ended(house: RunningHouse, token: str) -> Any:
    run: Any = house.api("GET", "/projects/ada/shop/runs/1", token=token)
    return run if run.get("state") in ("success", "failure", "cancelled") else None


def log_of(house: RunningHouse, token: str) -> str:
    run: Any = house.api("GET", "/projects/ada/shop/runs/1", token=token)
    jobs = [job for job in run.get("jobs", ()) if job["name"] == "test"]
    if not jobs:
        return ""
    path = f"/api/v1/projects/ada/shop/runs/1/jobs/{jobs[0]['id']}/log"
    status, answer = house.ask("GET", path, headers={"Authorization": f"Bearer {token}"})
    return answer.decode() if status == 200 else ""


def kill_runner(workshop: Path) -> None:
    for lock in workshop.glob("runner/lock"):
        words = lock.read_text().split()
        with suppress(OSError):
            if words and f"{workshop}".encode() in Path(f"/proc/{words[0]}/cmdline").read_bytes():
                os.kill(int(words[0]), signal.SIGKILL)


def until(what: Callable[[], Any], seconds: float = 60) -> Any:
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"it did not come to that within {seconds} s")
