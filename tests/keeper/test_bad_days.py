"""Bad days: kill -9 under write load, and a full disk. What was acknowledged is there afterwards."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.parts.house import RunningHouse, dure, running_house
from tests.parts.lacking import lacking

ACKNOWLEDGED = 1000
CALLERS = 16
SMALL_DISK_MB = 80
PATIENCE = 4000


def make_project(house: RunningHouse) -> str:
    house.settle()
    token = house.token()
    house.api("POST", "/projects", {"name": "shop"}, token=token, expect=201)
    return token


def numbers_in(house: RunningHouse, token: str) -> dict[int, str]:
    """Every issue there is, by its number."""
    found: dict[int, str] = {}
    cursor = ""
    while True:
        page = house.api("GET", f"/projects/ada/shop/issues?limit=100&cursor={cursor}", token=token, expect=200)
        issues = page["issues"]
        assert isinstance(issues, list)
        found |= {issue["number"]: issue["title"] for issue in issues}
        if not page["next"]:
            return found
        cursor = str(page["next"])


@pytest.mark.alone
def test_kill_9_under_write_load_loses_nothing_acknowledged(tmp_path: Path) -> None:
    data = tmp_path / "data"
    acknowledged: dict[int, str] = {}
    enough, over = threading.Event(), threading.Event()

    with running_house(data) as house:
        token = make_project(house)

        def write(caller: int) -> None:
            turn = 0
            while not over.is_set():
                title = f"caller {caller}, turn {turn}"
                try:
                    made = house.api("POST", "/projects/ada/shop/issues", {"title": title}, token=token, expect=201)
                except (OSError, json.JSONDecodeError):
                    return
                acknowledged[int(str(made["number"]))] = title
                turn += 1
                if len(acknowledged) >= ACKNOWLEDGED:
                    enough.set()

        with ThreadPoolExecutor(CALLERS) as callers:
            writing = [callers.submit(write, caller) for caller in range(CALLERS)]
            assert enough.wait(300)
            house.kill()
            over.set()
            for each in writing:
                each.result(60)

    with running_house(data) as house:
        kept = numbers_in(house, token)
        lost = {number: title for number, title in acknowledged.items() if kept.get(number) != title}
        assert lost == {}
        assert len(acknowledged) >= ACKNOWLEDGED
        assert sorted(kept) == list(range(1, len(kept) + 1)), "numbers follow one another without a hole"
        assert dure("ledger", "verify", "--data", str(data)).code == 0
        assert house.stop() == 0
    whole = json.loads(dure("doctor", "--data", str(data), "--listen", "127.0.0.1:0", "--json").out)
    assert [each["says"] for each in whole["findings"] if each["state"] == "bad"] == []


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of its own, too small on purpose. Only root may mount one."""
    folder.mkdir()
    if os.getuid() != 0 or shutil.which("mount") is None:
        lacking("A small disk is mounted for this test, and only root may do that.")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_MB}m", "dure-small-disk", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        lacking(f"No small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.alone
def test_a_full_disk_is_a_sentence_and_passes(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk, running_house(disk / "data") as house:
        token = make_project(house)
        ballast = disk / "ballast"
        with ballast.open("wb") as file:
            free = shutil.disk_usage(disk).free
            os.posix_fallocate(file.fileno(), 0, free - 2_000_000)

        written: list[str] = []
        status, answer = 201, b""
        for turn in range(PATIENCE):
            title, body = f"turn {turn}", "word " * 2000
            status, answer = post_issue(house, token, title, body)
            if status != 201:
                break
            written.append(title)
        assert status == 507, answer
        assert "disk is full" in json.loads(answer)["error"]["message"]
        assert house.ask("GET", "/sign-in")[0] == 200, "it still reads"
        told = json.loads(dure("doctor", "--data", str(house.data), "--json").out)
        assert any(each["name"] == "disk" and each["state"] == "bad" for each in told["findings"])

        ballast.unlink()
        assert post_issue(house, token, "after", "")[0] == 201, "it goes on without being told"
        kept = set(numbers_in(house, token).values())
        assert set(written) <= kept
        assert dure("ledger", "verify", "--data", str(house.data)).code == 0
        assert house.stop() == 0

        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - 1_000_000)
        refused = dure("up", "--data", str(house.data), "--listen", "127.0.0.1:0")
        assert refused.code == 1
        assert "too little to start" in refused.err


def post_issue(house: RunningHouse, token: str, title: str, body: str) -> tuple[int, bytes]:
    sent = json.dumps({"title": title, "body": body}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return house.ask("POST", "/api/v1/projects/ada/shop/issues", sent, headers)
