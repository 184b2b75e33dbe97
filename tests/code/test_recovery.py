"""A push is written down once, also when the house is killed between git's move and its own."""

import json
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from dure.code.repositories import signed
from dure.ledger import Actor
from tests.code.told import bare, moved, pushed, received
from tests.code.worktree import Home, Worktree
from tests.parts.house import RunningHouse, running_house

ZEROS = "0" * 40
SECONDS_MAX = 30


@contextmanager
def nothing_can_be_written(house: RunningHouse) -> Iterator[None]:
    """Somebody else holds the database, so that git's move is done and ours has to wait."""
    with closing(sqlite3.connect(house.data / "dure.db", isolation_level=None, timeout=SECONDS_MAX)) as line:
        line.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            line.execute("ROLLBACK")


def wait_for_ref(folder: str, ref: str, sha: str) -> None:
    give_up_at = time.monotonic() + SECONDS_MAX
    while time.monotonic() < give_up_at:
        said = subprocess.run(
            ["git", "--git-dir", folder, "rev-parse", ref], capture_output=True, text=True, check=False
        )
        if said.stdout.strip() == sha:
            return
        time.sleep(0.02)
    raise TimeoutError(f"{ref} never came to {sha}")


def wait_for_moves(house: RunningHouse, project: str, count: int) -> None:
    give_up_at = time.monotonic() + SECONDS_MAX
    while time.monotonic() < give_up_at and len(moved(house, project)) < count:
        time.sleep(0.05)


def settled(tmp_path: Path, house: RunningHouse) -> tuple[str, Worktree]:
    house.settle()
    token = house.token()
    house.api("POST", "/projects", {"name": "shop"}, token=token, expect=201)
    tree = Home(tmp_path, house.url, token).worktree("ada/shop")
    tree.commit("First")
    tree.push("main")
    return "ada/shop", tree


def test_killed_between_the_move_and_the_write(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_house(data) as house:
        project, tree = settled(tmp_path, house)
        first, folder = tree.sha(), bare(house, project)
        second, third = tree.commit("Second\n\nFixes #1"), tree.commit("Third")
        with nothing_can_be_written(house):
            pushing = threading.Thread(target=tree.push, args=("main",), kwargs={"expect": None})
            pushing.start()
            wait_for_ref(folder, "refs/heads/main", third)
            house.kill()
        pushing.join(SECONDS_MAX)
        assert moved(house, project) == [("refs/heads/main", ZEROS, first)]

    with running_house(data) as house:
        wait_for_moves(house, project, 2)
        (_, facts) = pushed(house, project)
        assert (facts["before"], facts["after"], facts["by"]) == (first, third, "ada")
        assert [each["sha"] for each in facts["commits"]] == [third, second]
        assert set(received(house, project)) == {first, second, third}

        house.kill()
    with running_house(data) as house:
        time.sleep(1)
        assert len(moved(house, project)) == 2


def test_moves_that_nobody_wrote_down_are_found_with_their_authors(tmp_path: Path) -> None:
    """Two pushes by two people and a branch that is gone, all while no house was there to write."""
    data = tmp_path / "data"
    with running_house(data) as house:
        project, tree = settled(tmp_path, house)
        tree.push("main:old")
        first, folder = tree.sha(), bare(house, project)
    second, third = tree.commit("Second"), tree.commit("Third")
    tree.git("push", "--quiet", folder, "main:refs/heads/transfer")
    for before, after, name in ((first, second, "ada"), (second, third, "김민준")):
        tree.git("--git-dir", folder, "config", "core.logAllRefUpdates", "always")
        tree.git(
            "--git-dir",
            folder,
            "update-ref",
            "refs/heads/main",
            after,
            before,
            environment=signed(Actor(f"person:{name}", name)),
        )
    tree.git("--git-dir", folder, "update-ref", "-d", "refs/heads/transfer")
    tree.git("--git-dir", folder, "update-ref", "-d", "refs/heads/old")

    with running_house(data) as house:
        wait_for_moves(house, project, 5)
        found = [(each["ref"], each["before"], each["after"], each["by"]) for each in pushed(house, project)[2:]]
        assert found == [
            ("refs/heads/main", first, second, "ada"),
            ("refs/heads/main", second, third, "김민준"),
            ("refs/heads/old", first, ZEROS, "dure"),
        ]


def test_a_reader_finds_what_was_not_written_down(tmp_path: Path) -> None:
    with running_house(tmp_path / "data") as house:
        project, tree = settled(tmp_path, house)
        token = tree.home.token
        second = tree.commit("Second")
        tree.git("push", "--quiet", bare(house, project), "main")

        answer = house.api("GET", f"/projects/{project}/commits", token=token, expect=200)

        assert json.dumps(answer).count(second) > 0
        assert moved(house, project)[-1][2] == second


@contextmanager
def no_room_for_pushes(house: RunningHouse) -> Iterator[None]:
    """The database takes everything but pushes, with the words of a full disk."""
    with closing(sqlite3.connect(house.data / "dure.db", isolation_level=None, timeout=SECONDS_MAX)) as line:
        full = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        line.execute(f"CREATE TRIGGER full BEFORE INSERT ON code_push {full}")
        try:
            yield
        finally:
            line.execute("DROP TRIGGER full")


def test_a_push_that_cannot_be_written_down_fails_and_is_found_later(tmp_path: Path) -> None:
    """The pusher is told, and pushing again does no harm: git has it, and the house writes it down."""
    with running_house(tmp_path / "data") as house:
        project, tree = settled(tmp_path, house)
        second = tree.commit("Second")
        with no_room_for_pushes(house):
            said = tree.push("main", expect=None)
        assert said.code != 0
        assert "remote: The disk is full" in said.err
        assert len(moved(house, project)) == 1

        tree.push("main")
        house.api("GET", f"/projects/{project}/commits", token=tree.home.token, expect=200)
        assert [after for _, _, after in moved(house, project)].count(second) == 1
