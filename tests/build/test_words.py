"""`dure runs` and `dure secret`, with a house and its own runner: from `git push` to the last line of a log."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.code.worktree import Home
from tests.parts.house import Ended, dure, running_house

WORKFLOW = """
name: CI
on:
  push:
  workflow_dispatch:
    inputs: {who: {required: true}}
jobs:
  greet:
    runs-on: ubuntu-latest
    environment: {name: staging, url: "https://${{ github.ref_name }}.example.org"}
    steps:
      - {name: Serve, background: true, run: echo served}
      - run: echo "hello ${{ inputs.who || 'world' }}, $WORD"
        env: {WORD: "${{ secrets.WORD }}"}
"""
Say = Callable[..., Ended]


@pytest.fixture(scope="module")
def say(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Say]:
    """A word of the command line, said by somebody who has pushed a project with a workflow."""
    folder: Path = tmp_path_factory.mktemp("words")
    with running_house(folder / "data", environment={"DURE_LOCAL_RUNNER": "true"}) as house:
        house.settle()
        token = house.token()
        house.api("POST", "/projects", {"name": "shop"}, token=token, expect=201)
        environment = {"DURE_CONFIG": str(folder / "config"), "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
        environment |= {"DURE_HOUSE": house.url, "DURE_TOKEN": token, "DURE_PROJECT": "ada/shop"}

        def say(*words: str, typed: str = "") -> Ended:
            return dure(*words, environment=environment, typed=typed)

        assert say("secret", "put", "WORD", typed="abracadabra\n").code == 0
        tree = Home(folder, house.url, token).worktree("ada/shop")
        tree.commit("First", {".github/workflows/ci.yml": WORKFLOW})
        tree.git("push", "origin", "main")
        yield say


def until_over(say: Say, number: int) -> dict[str, object]:
    give_up_at = time.monotonic() + 60
    while time.monotonic() < give_up_at:
        shown = say("runs", "show", str(number), "--json")
        if shown.code == 0:
            found: dict[str, object] = json.loads(shown.out)
            if found["state"] not in ("queued", "running"):
                return found
        time.sleep(0.2)
    raise TimeoutError(f"run {number} does not end")


def test_what_was_pushed_runs_and_is_told(say: Say) -> None:
    assert until_over(say, 1)["state"] == "success"
    assert "First" in say("runs").out
    shown = say("runs", "show", "1")
    assert "greet" in shown.out
    assert "greet  https://main.example.org\n" in shown.out
    log = say("runs", "log", "1", "-f")
    assert "hello world, ***" in log.out
    assert "\nServe | served\n" in log.out
    assert "Z/0 served\n" in say("runs", "log", "1", "--times").out
    assert "abracadabra" not in log.out
    assert say("runs", "log", "1", "-j", "nobody").code == 1
    assert say("runs", "show", "99").code == 5


def test_begun_ended_and_repeated(say: Say) -> None:
    until_over(say, 1)
    refused = say("runs", "start", "ci.yml")
    assert refused.code == 1
    assert "who" in refused.err
    assert say("runs", "start", "nothing.yml", "-i", "who=x").code == 1
    begun = say("runs", "start", "ci.yml", "-i", "who=ada", "--json")
    number = json.loads(begun.out)["number"]
    until_over(say, number)
    assert "hello ada" in say("runs", "log", str(number)).out
    assert say("runs", "cancel", str(number)).code == 1
    assert say("runs", "rerun", str(number), "--failed").code == 1
    assert say("runs", "rerun", str(number)).code == 0
    assert until_over(say, number)["attempt"] == 2


def test_secrets(say: Say) -> None:
    assert "WORD" in say("secret", "list").out
    assert say("secret", "put", "OTHER", typed="open sesame").code == 0
    assert say("secret", "put", "no name", typed="open sesame").code == 1
    assert [each["name"] for each in json.loads(say("secret", "list", "--json").out)["secrets"]] == ["OTHER", "WORD"]
    assert say("secret", "remove", "OTHER").code == 0
    assert say("secret", "remove", "OTHER").code == 5


def test_why_a_workflow_began(say: Say) -> None:
    sha = json.loads(say("runs", "list", "--json").out)["runs"][0]["sha"]

    told = say("runs", "why", sha[:10])
    assert told.code == 0
    assert "main was pushed." in told.out
    found = json.loads(say("runs", "why", sha, "--json").out)
    assert [each["event"] for each in found["plannings"]] == ["push"]
    assert say("runs", "why", "0000000").out.strip() == "Nothing happened there that workflows could begin by."
    assert say("runs", "why", "nonsense").code != 0


def test_what_may_be_begun_and_its_questions(say: Say) -> None:
    told = say("runs", "start")
    assert told.code == 0
    assert "ci.yml  CI" in told.out
    assert "who" in told.out
    refused = say("runs", "start", "ci.yml", "-i", "whom=x")
    assert refused.code != 0
    assert "This workflow has no input of that name." in refused.err + refused.out
