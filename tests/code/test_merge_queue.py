"""The merge queue of a running house: as people, programs and git see it, and killed in the middle of it."""

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.code.test_requests import Desk
from tests.code.worktree import Home, Worktree
from tests.parts.house import RunningHouse, dure, running_house

SECONDS_MAX = 40
CHECK = "ext/test"


@pytest.fixture
def desk(running: RunningHouse, token: str, project: str, tree: Worktree) -> Desk:
    return with_queue(Desk(running, token, project, tree))


def with_queue(desk: Desk) -> Desk:
    words = {"pattern": "main", "checks": [CHECK], "by_queue": True, "queue_minutes": 30}
    kept = desk.api("PUT", "/protections", words, expect=200)
    assert (kept["by_queue"], kept["queue_minutes"]) == (True, 30)
    return desk


def asked(desk: Desk, name: str) -> None:
    """A request that waits for nothing but its turn."""
    head = desk.branch(name, {name: f"{name}\n"}, name.title())
    desk.open(name)
    say(desk, head)


def say(desk: Desk, sha: str, state: str = "success") -> None:
    """A check, as one from outside says it."""
    body = json.dumps({"state": state, "context": CHECK}).encode()
    headers = {"Authorization": f"Bearer {desk.token}", "Content-Type": "application/json"}
    status, answer = desk.house.ask("POST", f"/api/v3/repos/{desk.project}/statuses/{sha}", body, headers)
    assert status == 201, answer.decode()


def line(desk: Desk, count: int) -> list[dict[str, Any]]:
    """Those who stand there, once so many are tested."""
    give_up_at = time.monotonic() + SECONDS_MAX
    found: list[dict[str, Any]] = []
    while time.monotonic() < give_up_at:
        found = desk.api("GET", "/merge-queue", expect=200)["queued"]
        if len(found) == count and all(each["sha"] for each in found):
            return found
        time.sleep(0.05)
    raise AssertionError(f"not {count} are tested: {found}")


def test_as_git_and_programs_see_it(desk: Desk, tmp_path: Path) -> None:
    asked(desk, "one")
    asked(desk, "two")
    refused = desk.api("POST", "/merge-requests/1/merges", {}, expect=409)
    assert "dure mr queue 1" in refused["error"]["message"]
    environment = {"HOME": str(tmp_path), "DURE_HOUSE": desk.house.url, "DURE_TOKEN": desk.token}
    environment["DURE_PROJECT"] = desk.project
    assert "queue of main" in dure("mr", "queue", "1", environment=environment).out
    desk.api("PUT", "/merge-requests/2/queue", {"manner": "squash"}, expect=200)
    first, second = line(desk, 2)
    assert [(each["number"], each["place"], each["base"]) for each in (first, second)] == [
        (1, 1, desk.tree.sha("main")),
        (2, 2, first["sha"]),
    ]
    assert json.loads(dure("mr", "queue", "--json", environment=environment).out)["queued"][0]["number"] == 1
    assert "Two" in dure("mr", "queue", environment=environment).out

    desk.tree.git("fetch", "--quiet", "origin", first["ref"])
    assert desk.tree.sha("FETCH_HEAD") == first["sha"]
    for name in ("gh-readonly-queue", "gh-readonly-queue/main/mine", first["ref"].removeprefix("refs/heads/")):
        said = desk.tree.git("push", "--force", "origin", f"one:refs/heads/{name}", expect=None)
        assert said.code != 0
        assert "belongs to the merge queue" in said.err
    branches = desk.api("GET", "/repository", expect=200)["branches"]
    assert sorted(each["name"] for each in branches) == ["main", "one", "two"]

    dure("mr", "queue", "2", "--leave", environment=environment)
    assert desk.until(2, queue=None)["left_queue"] == "ada took it out."
    say(desk, first["sha"])
    assert desk.until(1, state="merged")["merged"] == first["sha"]
    desk.tree.git("fetch", "--quiet", "origin", "main")
    assert desk.tree.sha("FETCH_HEAD") == first["sha"]


def test_its_pages(desk: Desk, cookie: str) -> None:
    asked(desk, "one")

    def ask(method: str, path: str, body: bytes | None = None) -> str:
        headers = {"Cookie": cookie, "Origin": desk.house.url, "Content-Type": "application/x-www-form-urlencoded"}
        status, answer = desk.house.ask(method, f"/{desk.project}/requests{path}", body, headers)
        assert status in (200, 303), answer.decode()
        return answer.decode()

    assert "Merge when ready" in ask("GET", "/1")
    assert "merged through a queue" in ask("GET", "/protection")
    assert "Nobody stands in a queue" in ask("GET", "/queue")
    ask("POST", "/1/queue", b"manner=merge")
    (place,) = line(desk, 1)
    page = ask("GET", "/1")
    assert "Place 1 in the queue of main" in page
    assert place["sha"][:10] in page
    assert "/1/unqueue" in ask("GET", "/queue")
    assert "/requests/queue" in ask("GET", "")
    say(desk, place["sha"], "failure")
    desk.until(1, queue=None)
    assert "The check ext/test is not green: failure." in ask("GET", "/1/now")
    ask("POST", "/protection", b"pattern=dev&by_queue=true&queue_minutes=7")
    assert "7 min" in ask("GET", "/protection")


def test_killed_again_and_again_it_merges_each_once(tmp_path: Path) -> None:
    """kill -9 after each thing that is said to it."""
    data, names = tmp_path / "data", ("one", "two", "three")
    with running_house(data) as house:
        house.settle()
        token = house.token()
        house.api("POST", "/projects", {"name": "shop"}, token=token, expect=201)
        desk = with_queue(Desk(house, token, "ada/shop", Home(tmp_path, house.url, token).worktree("ada/shop")))
        for name in names:
            asked(desk, name)
        for number in (1, 2, 3):
            desk.api("PUT", f"/merge-requests/{number}/queue", {}, expect=200)
        house.kill()
    shas = []
    for left in (3, 2, 1):
        with running_house(data) as house:
            again = Later(house, token)
            shas.append(line(again, left)[0]["sha"])
            say(again, shas[-1])
            time.sleep(0.02 * left)
            house.kill()
    with running_house(data) as house:
        again = Later(house, token)
        merged = [again.until(number, state="merged")["merged"] for number in (1, 2, 3)]
    assert merged == shas
    with closing(sqlite3.connect(data / "dure.db")) as database:
        told = database.execute("SELECT facts FROM ledger_entry WHERE kind = 'code.request_merged'").fetchall()
    assert sorted(json.loads(facts)["merged"] for (facts,) in told) == sorted(shas)


class Later(Desk):
    """The same project after a new start; its branches are there already."""

    def __init__(self, house: RunningHouse, token: str) -> None:
        self.house, self.token, self.project = house, token, "ada/shop"
