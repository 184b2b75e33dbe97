"""Merge requests on a running house: tried after each push, merged by git, and branches that nobody pushes to."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.code.worktree import Worktree
from tests.parts.house import RunningHouse, dure

SECONDS_MAX = 40


class Desk:
    """A project with a pushed main, and a working tree."""

    def __init__(self, house: RunningHouse, token: str, project: str, tree: Worktree) -> None:
        self.house, self.token, self.project, self.tree = house, token, project, tree
        tree.commit("First", {"shop.txt": "apples\nbread\n"})
        tree.git("push", "--quiet", "origin", "main")

    def branch(self, name: str, files: dict[str, str], title: str = "A change") -> str:
        self.tree.git("switch", "--quiet", "--force-create", name, "main")
        return self.pushed(name, files, title)

    def pushed(self, name: str, files: dict[str, str], title: str) -> str:
        self.tree.git("switch", "--quiet", name)
        self.tree.commit(title, dict(files))
        self.tree.git("push", "--quiet", "origin", name)
        return self.tree.git("rev-parse", "HEAD").out.strip()

    def api(self, method: str, path: str, body: object = None, expect: int | None = None) -> Any:
        return self.house.api(method, f"/projects/{self.project}{path}", body, token=self.token, expect=expect)

    def open(self, source: str, **more: str) -> Any:
        return self.api("POST", "/merge-requests", {"source": source, **more}, expect=201)

    def until(self, number: int, **wanted: object) -> Any:
        """The request once it is so."""
        give_up_at = time.monotonic() + SECONDS_MAX
        found: Any = None
        while time.monotonic() < give_up_at:
            found = self.api("GET", f"/merge-requests/{number}", expect=200)
            if all(found[name] == value for name, value in wanted.items()):
                return found
            time.sleep(0.05)
        raise AssertionError(f"{wanted} did not come about: {found}")


@pytest.fixture
def desk(running: RunningHouse, token: str, project: str, tree: Worktree) -> Desk:
    return Desk(running, token, project, tree)


def test_a_request_says_what_both_branches_come_to(desk: Desk) -> None:
    head = desk.branch("more", {"more.txt": "cheese\n"}, "Cheese")
    made = desk.open("more")
    assert (made["number"], made["title"], made["target"], made["state"]) == (1, "Cheese", "main", "open")

    found = desk.until(1, blockers=[])

    assert found["head"] == head
    assert found["merge"]
    assert [commit["title"] for commit in found["commits"]] == ["Cheese"]
    desk.tree.git("fetch", "--quiet", "origin", "refs/pull/1/merge")
    assert desk.tree.git("rev-parse", "FETCH_HEAD").out.strip() == found["merge"]
    assert desk.tree.git("rev-parse", "FETCH_HEAD^2").out.strip() == head


def test_it_is_merged_and_the_branch_moves(desk: Desk) -> None:
    desk.branch("more", {"more.txt": "cheese\n"})
    desk.open("more")
    desk.until(1, blockers=[])
    desk.api("POST", "/merge-requests/1/merges", {}, expect=201)

    merged = desk.until(1, state="merged")["merged"]

    desk.tree.git("fetch", "--quiet", "origin", "main")
    assert desk.tree.git("rev-parse", "FETCH_HEAD").out.strip() == merged
    assert desk.tree.git("show", "FETCH_HEAD:more.txt").out == "cheese\n"
    assert "Ada" in desk.tree.git("log", "-1", "--format=%an", "FETCH_HEAD").out.title()


def test_squashed_it_is_one_commit(desk: Desk) -> None:
    desk.branch("more", {"a.txt": "1\n"}, "One")
    desk.pushed("more", {"a.txt": "2\n"}, "Two")
    desk.open("more", title="Both", body="For the shop.")
    desk.until(1, blockers=[])
    desk.api("POST", "/merge-requests/1/merges", {"manner": "squash"}, expect=201)
    merged = desk.until(1, state="merged")["merged"]

    desk.tree.git("fetch", "--quiet", "origin", "main")

    assert desk.tree.git("rev-list", "--count", "FETCH_HEAD").out.strip() == "2"
    assert desk.tree.git("log", "-1", "--format=%B", merged).out.strip() == "Both (!1)\n\nFor the shop."


def test_one_that_conflicts_says_where_and_is_not_merged(desk: Desk) -> None:
    desk.branch("ours", {"shop.txt": "pears\nbread\n"})
    desk.tree.git("switch", "--quiet", "main")
    desk.pushed("main", {"shop.txt": "plums\nbread\n"}, "Plums")
    desk.open("ours")

    found = desk.until(1, conflicts=["shop.txt"])

    assert "shop.txt" in found["blockers"][0]
    assert desk.api("POST", "/merge-requests/1/merges", {}, expect=409)["error"]["message"] == found["blockers"][0]


def test_a_push_to_its_branch_is_tried_again(desk: Desk) -> None:
    desk.branch("more", {"more.txt": "1\n"})
    desk.open("more")
    first = desk.until(1, blockers=[])["merge"]
    head = desk.pushed("more", {"more.txt": "2\n"}, "Again")

    found = desk.until(1, head=head, blockers=[])

    assert found["merge"] != first


def test_one_that_was_merged_by_hand_is_merged(desk: Desk) -> None:
    head = desk.branch("more", {"more.txt": "1\n"})
    desk.open("more")
    desk.until(1, blockers=[])
    desk.tree.git("push", "--quiet", "origin", "more:main")

    assert desk.until(1, state="merged")["merged"] == head


def test_a_branch_that_is_gone_closes_it(desk: Desk) -> None:
    desk.branch("more", {"more.txt": "1\n"})
    desk.open("more")
    desk.until(1, blockers=[])
    desk.tree.git("push", "--quiet", "origin", ":more")

    desk.until(1, state="closed")
    assert desk.api("PATCH", "/merge-requests/1", {"state": "open"}, expect=409)


def test_checks_that_have_to_be_green(desk: Desk) -> None:
    desk.branch("more", {"more.txt": "1\n"})
    desk.api("PUT", "/protections", {"pattern": "main", "checks": ["build/test"]}, expect=200)
    desk.open("more")

    found = desk.until(1, blockers=["The check build/test has not been made yet."])

    assert found["merge"]
    desk.api("POST", "/merge-requests/1/merges", {}, expect=409)
    desk.house.api("DELETE", f"/projects/{desk.project}/protections?pattern=main", token=desk.token, expect=204)
    desk.api("POST", "/merge-requests/1/merges", {}, expect=201)
    desk.until(1, state="merged")


def test_nobody_pushes_to_a_branch_that_changes_by_requests_alone(desk: Desk) -> None:
    desk.api("PUT", "/protections", {"pattern": "main", "by_request": True}, expect=200)
    desk.tree.commit("Straight in", {"x.txt": "x"})

    said = desk.tree.git("push", "origin", "main", expect=None)

    assert said.code != 0
    assert "main is protected: push to another branch and open a merge request into main." in said.err
    desk.tree.git("push", "--quiet", "origin", "HEAD:side")
    desk.open("side")
    desk.until(1, blockers=[])
    desk.api("POST", "/merge-requests/1/merges", {}, expect=201)
    desk.until(1, state="merged")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"source": "nowhere"}, "source"),
        ({"source": "main"}, "source"),
        ({"source": "main", "target": "nowhere"}, "target"),
    ],
)
def test_what_cannot_be_asked_for(desk: Desk, words: dict[str, str], field: str) -> None:
    refused = desk.api("POST", "/merge-requests", words, expect=422)

    assert field in refused["error"]["fields"]


def test_no_letter_turns_a_title_around(desk: Desk) -> None:
    desk.branch("work", {"a.txt": "a\n"})
    made = desk.open("work", title="Pay\u202e  less\u200f")
    assert made["title"] == "Pay less"


def test_the_same_is_not_asked_for_twice(desk: Desk) -> None:
    desk.branch("more", {"more.txt": "1\n"})
    desk.open("more")

    assert "!1" in desk.api("POST", "/merge-requests", {"source": "more"}, expect=409)["error"]["message"]


def test_its_pages(desk: Desk, cookie: str) -> None:
    desk.branch("more", {"more.txt": "<b>cheese</b>\n"}, "Cheese & more")
    desk.open("more")
    desk.until(1, blockers=[])

    def shown(path: str) -> str:
        status, answer = desk.house.ask("GET", f"/{desk.project}{path}", headers={"Cookie": cookie})
        assert status == 200, answer.decode()
        return answer.decode()

    assert "Cheese &amp; more" in shown("/requests")
    page = shown("/requests/1")
    assert "&lt;b&gt;cheese" in page
    assert "/requests/1/merge" in page
    assert "more" in shown("/requests/new")
    assert "main" in shown("/requests/protection")


def test_people_talk_about_it(desk: Desk, cookie: str, tmp_path: Path) -> None:
    desk.branch("more", {"more.txt": "1\n"})
    desk.open("more")
    said = desk.api("POST", "/merge-requests/1/comments", {"body": "Why **this**?"}, expect=201)
    comment = f"/merge-requests/1/comments/{said['id']}"
    assert desk.api("PATCH", comment, {"body": "Why?"}, expect=200)["edited_at"]
    desk.api("POST", "/merge-requests/1/comments", {"body": " "}, expect=422)
    environment = {"HOME": str(tmp_path), "DURE_HOUSE": desk.house.url, "DURE_TOKEN": desk.token}
    environment["DURE_PROJECT"] = desk.project
    assert dure("mr", "comment", "1", "Because.", environment=environment).out == "Said on !1.\n"
    assert "  Because." in dure("mr", "comments", "1", environment=environment).out
    desk.api("POST", "/labels", {"name": "bug"}, expect=201)
    assert "bug" in dure("mr", "label", "1", "bug", environment=environment).out
    assert desk.api("GET", "/merge-requests", expect=200)["requests"][0]["labels"] == ["bug"]

    def ask(method: str, path: str, body: bytes | None = None) -> str:
        headers = {"Cookie": cookie, "Origin": desk.house.url, "Content-Type": "application/x-www-form-urlencoded"}
        status, answer = desk.house.ask(method, f"/{desk.project}/requests{path}", body, headers)
        assert status in (200, 303), answer.decode()
        return answer.decode()

    ask("POST", "/1/comments", b"body=**Look**")
    assert "<strong>Look</strong>" in ask("GET", "/1")
    assert "Because." in ask("GET", "/1/talk")
    assert "bug" in ask("GET", "")
    ask("POST", f"/1/comments/{said['id']}/delete", b"")
    assert "Why?" not in ask("GET", "/1/talk")
    ask("POST", "/1/labels", b"")
    assert desk.api("GET", "/merge-requests/1", expect=200)["labels"] == []


def test_of_a_long_talk_the_latest_is_shown(desk: Desk, cookie: str, tmp_path: Path) -> None:
    desk.branch("more", {"more.txt": "1\n"})
    desk.open("more")
    for number in range(102):
        desk.api("POST", "/merge-requests/1/comments", {"body": f"*Word {number}.*"}, expect=201)

    def ask(path: str) -> str:
        status, answer = desk.house.ask("GET", f"/{desk.project}/requests/1{path}", None, {"Cookie": cookie})
        assert status == 200
        return answer.decode()

    for path in ("", "/talk"):
        page = ask(path)
        assert "<em>Word 101.</em>" in page
        assert "<em>Word 2.</em>" in page
        assert "<em>Word 1.</em>" not in page
        (before,) = re.findall(r"requests/1\?before=(\d+)", page)
        page = ask(f"{path}?before={before}")
        assert path or f'fragment="/{desk.project}/requests/1/talk?before={before}"' in page
        assert "<em>Word 1.</em>" in page
        assert "<em>Word 2.</em>" not in page
        assert "Latest comments" in page
    environment = {"HOME": str(tmp_path), "DURE_HOUSE": desk.house.url, "DURE_TOKEN": desk.token}
    environment["DURE_PROJECT"] = desk.project
    told = dure("mr", "comments", "1", environment=environment).out
    assert "Word 100." not in told
    after = re.search(r"dure mr comments 1 --after (\d+)", told)
    assert after is not None
    rest = dure("mr", "comments", "1", "--after", after[1], environment=environment).out
    assert [f"Word {number}." in rest for number in (99, 100, 101)] == [False, True, True]
    assert "There are more" not in rest


@pytest.mark.parametrize(("url", "linked"), [("/ada/x", True), ("//other.host/x", False), ("/\\other.host", False)])
def test_a_check_leads_nowhere_else(desk: Desk, cookie: str, url: str, linked: bool) -> None:
    head = desk.branch("more", {"more.txt": "1\n"})
    desk.open("more")
    body = json.dumps({"state": "success", "context": "ext", "target_url": url}).encode()
    headers = {"Authorization": f"Bearer {desk.token}", "Content-Type": "application/json"}
    status, _ = desk.house.ask("POST", f"/api/v3/repos/{desk.project}/statuses/{head}", body, headers)
    assert status == 201
    status, page = desk.house.ask("GET", f"/{desk.project}/requests/1", None, {"Cookie": cookie})
    assert status == 200
    assert (f'href="{url}"' in page.decode()) == linked
    assert "ext" in page.decode()


def test_a_push_in_the_moment_of_the_merge_is_looked_at_first(desk: Desk) -> None:
    desk.branch("more", {"more.txt": "1\n"})
    desk.open("more")
    desk.until(1, blockers=[])
    desk.api("POST", "/merge-requests/1/merges", {}, expect=201)
    head = desk.pushed("more", {"more.txt": "2\n"}, "At the same moment")

    give_up_at = time.monotonic() + SECONDS_MAX
    found: Any = {}
    while time.monotonic() < give_up_at:
        found = desk.api("GET", "/merge-requests/1", expect=200)
        if found["state"] == "merged" or (found["head"] == head and not found["blockers"]):
            break
        time.sleep(0.05)
    # Either it was merged as it stood, or the push has made it open again; never is what nobody saw in main.
    desk.tree.git("fetch", "--quiet", "origin", "main")
    shown = desk.tree.git("show", "FETCH_HEAD:more.txt", expect=None).out
    assert shown == ("1\n" if found["state"] == "merged" else "")
