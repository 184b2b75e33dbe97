"""Merge requests by the words of GitHub's REST API, with the token of a job."""

import re
import time
from typing import Any

import pytest
from sqlalchemy import event

from dure.build import verdicts_of
from dure.ledger import Work
from dure.rest.pulls import Sought, pulls_of
from tests.build.wired import Yard
from tests.rest.conftest import Client, Job

WRITES = "{pull-requests: write, contents: write}"
SECONDS_MAX = 20
ALL = """
on: [push, pull_request, pull_request_target, create, issues]
jobs: {test: {runs-on: x, steps: [{run: echo}]}}
"""


def change(yard: Yard, branch: str, files: dict[str, str], title: str = "A change") -> str:
    """A branch of main with these files."""
    yard.git("switch", "-q", "-C", branch, "main")
    return yard.push(files, title, branch)


def known(client: Client, number: int) -> Any:
    """The pull request, once it is known whether it can be merged."""
    give_up_at = time.monotonic() + SECONDS_MAX
    while time.monotonic() < give_up_at:
        found = client.get(f"/pulls/{number}").json
        if found["mergeable"] is not None:
            return found
        time.sleep(0.05)
    raise AssertionError("nobody has tried it")


def opened(client: Client, head: str, title: str = "A change") -> Any:
    answer = client.ask("POST", "/pulls", {"title": title, "head": head, "base": "main", "body": "Please."})
    assert answer.status == 201, answer.text
    return answer.json


def test_a_change_is_opened_read_edited_and_merged(job: Job, yard: Yard) -> None:
    client = job(WRITES, **{"app.txt": "one\ntwo\n", "old.txt": "old\n" * 20})
    base = yard.git("rev-parse", "main")
    yard.git("switch", "-q", "-C", "topic", "main")
    yard.git("mv", "old.txt", "new.txt")
    first = yard.push({"app.txt": "one\nthree\n"}, "Three", "topic")
    head = yard.push({"more.txt": "more"}, "More", "topic")

    made = opened(client, "ada:topic", "Two becomes three")
    assert (made["number"], made["state"], made["merged"], made["draft"]) == (1, "open", False, False)
    assert (made["head"]["ref"], made["head"]["sha"], made["head"]["label"]) == ("topic", head, "ada:topic")
    assert (made["base"]["ref"], made["base"]["sha"]) == ("main", base)
    assert made["base"]["repo"]["full_name"] == "ada/shop"

    found = known(client, 1)
    assert (found["mergeable"], found["mergeable_state"]) == (True, "clean")
    assert (found["commits"], found["changed_files"], found["additions"], found["deletions"]) == (2, 3, 2, 1)
    assert [each["sha"] for each in client.get("/pulls/1/commits").json] == [first, head], "the oldest first"

    files = {each["filename"]: each for each in client.get("/pulls/1/files").json}
    assert {name: each["status"] for name, each in files.items()} == {
        "app.txt": "modified",
        "more.txt": "added",
        "new.txt": "renamed",
    }
    assert files["app.txt"]["patch"] == "@@ -1,2 +1,2 @@\n one\n-two\n+three"
    assert files["more.txt"]["patch"] == "@@ -0,0 +1 @@\n+more\n\\ No newline at end of file"
    assert files["app.txt"]["sha"] == yard.git("rev-parse", f"{head}:app.txt")
    assert files["new.txt"]["previous_filename"] == "old.txt"
    for path, empty in (("reviews", []), ("comments", []), ("requested_reviewers", {"users": [], "teams": []})):
        assert client.get(f"/pulls/1/{path}").json == empty

    edited = client.ask("PATCH", "/pulls/1", {"title": "Three", "body": None})
    assert (edited.json["title"], edited.json["body"]) == ("Three", None)
    assert client.ask("GET", "/pulls/1/merge").status == 404
    answer = client.ask("PUT", "/pulls/1/merge", {"sha": head, "merge_method": "merge", "commit_title": "x"})
    assert (answer.status, answer.json["merged"]) == (200, True), answer.text
    assert yard.repositories.head(yard.repository_id(), "main") == answer.json["sha"]
    assert client.ask("GET", "/pulls/1/merge").status == 204
    merged = client.get("/pulls/1").json
    assert (merged["state"], merged["merged"], merged["merge_commit_sha"]) == ("closed", True, answer.json["sha"])
    assert merged["merged_at"]
    assert len(client.get("/pulls/1/commits").json) == 2, "what it brought"
    assert [each["number"] for each in client.get(f"/commits/{head}/pulls").json] == [1]


def test_lists_by_state_and_branch(job: Job, yard: Yard) -> None:
    client = job(WRITES)
    for number in range(1, 6):
        change(yard, f"topic-{number}", {f"{number}.txt": "x"})
        opened(client, f"topic-{number}")
    assert client.ask("PATCH", "/pulls/2", {"state": "closed"}).json["state"] == "closed"
    assert client.ask("PUT", "/pulls/3/merge", {}).status == 200

    def numbers(question: str = "") -> list[int]:
        answer = client.get(f"/pulls{question}")
        assert answer.status == 200, answer.text
        return [each["number"] for each in answer.json]

    assert numbers() == [5, 4, 1]
    assert numbers("?state=closed") == [3, 2], "merged ones are closed"
    assert numbers("?state=all&direction=asc") == [1, 2, 3, 4, 5]
    assert numbers("?state=all&per_page=2&page=2") == [3, 2]
    assert numbers("?head=ada:topic-4") == [4]
    assert numbers("?head=eve:topic-4") == []
    assert numbers("?base=other") == []
    assert client.ask("PATCH", "/pulls/1", {"title": "Touched"}).status == 200
    assert numbers("?state=all&sort=updated")[-1] == 1, "as GitHub: upward, if nothing else is said"
    assert numbers("?state=all&sort=updated&direction=desc")[0] == 1
    assert client.get("/pulls?state=lost").status == 422
    assert client.ask("PATCH", "/pulls/2", {"state": "open"}).json["state"] == "open"


@pytest.mark.parametrize(
    ("sought", "indexes"),
    [
        (Sought(), {"phase"}),
        (Sought(by_change=True), {"phase"}),
        (Sought("all", sha="0" * 40), {"head_sha", "merged_sha"}),
    ],
)
def test_few_among_many_are_found_without_a_walk(yard: Yard, sought: Sought, indexes: set[str]) -> None:
    def plan(work: Work) -> str:
        said: list[tuple[str, Any]] = []
        connection = work.session.connection()
        if connection.dialect.name != "sqlite":
            pytest.skip("PostgreSQL plans by what it has counted")
        event.listen(connection, "before_cursor_execute", lambda _, __, words, given, *___: said.append((words, given)))
        pulls_of(work, yard.project, sought, skip=0, limit=31)
        words, given = next(each for each in said if "FROM code_request" in each[0])
        return "\n".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", given))

    told = yard.read(plan)
    assert set(re.findall(r"INDEX ix_code_request_(\w+)", told)) == indexes, told
    assert "USING INTEGER PRIMARY KEY" in told, told


def test_what_cannot_be_merged_says_why(job: Job, yard: Yard) -> None:
    client = job(WRITES, **{"app.txt": "one\n"})
    change(yard, "topic", {"app.txt": "two\n"})
    opened(client, "topic")
    moved = client.ask("PUT", "/pulls/1/merge", {"sha": "0" * 40})
    assert (moved.status, moved.json["message"]) == (409, "Head branch was modified. Review and try the merge again.")
    assert client.ask("PUT", "/pulls/1/merge", {"merge_method": "rebase"}).status == 405
    assert client.ask("PUT", "/pulls/1/merge", {"merge_method": "magic"}).status == 422
    yard.git("switch", "-q", "main")
    yard.push({"app.txt": "three\n"})
    found = known(client, 1)
    assert (found["mergeable"], found["mergeable_state"]) == (False, "dirty")
    answer = client.ask("PUT", "/pulls/1/merge", {})
    assert (answer.status, answer.json["status"]) == (405, "405")
    assert "conflicts" in answer.json["message"]
    assert client.ask("PUT", "/pulls/9/merge", {}).status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"head": "topic", "base": "main"}, "title"),
        ({"title": "x", "head": "nothing", "base": "main"}, "head"),
        ({"title": "x", "head": "eve:topic", "base": "main"}, "head"),
        ({"title": "x", "head": "topic", "base": "main", "draft": True}, "draft"),
    ],
)
def test_what_cannot_be_opened(job: Job, yard: Yard, body: object, field: str) -> None:
    client = job(WRITES)
    change(yard, "topic", {"x": "x"})
    answer = client.ask("POST", "/pulls", body)
    assert (answer.status, [each["field"] for each in answer.json["errors"]]) == (422, [field])


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_branch_that_is_asked_for_already_is_refused_in_the_words_clients_know(
    job: Job, yard: Yard, language: str
) -> None:
    client = job(WRITES)
    change(yard, "topic", {"x": "x"})
    opened(client, "topic")
    body = {"title": "Again", "head": "ada:topic", "base": "main"}
    answer = client.ask("POST", "/pulls", body, **{"Accept-Language": language})
    assert (answer.status, answer.json["message"]) == (422, "Validation Failed")
    words = "A pull request already exists for ada:topic."
    assert answer.json["errors"] == [{"resource": "PullRequest", "code": "custom", "message": words}]
    assert client.ask("PATCH", "/pulls/1", {"state": "closed"}).status == 200
    assert opened(client, "topic")["number"] == 2, "what is closed asks for nothing"


def test_each_call_needs_its_permission(job: Job, yard: Yard) -> None:
    change_ = {"title": "x", "head": "topic", "base": "main"}
    reader = job("{pull-requests: read, contents: write}")
    change(yard, "topic", {"x": "x"})
    refused = reader.ask("POST", "/pulls", change_)
    assert (refused.status, refused.json["message"]) == (403, "Resource not accessible by integration")
    yard.git("switch", "-q", "main")
    writer = job("{pull-requests: write}")
    opened(writer, "topic")
    assert reader.get("/pulls").status == 200
    assert reader.ask("PATCH", "/pulls/1", {"state": "closed"}).status == 403
    assert writer.ask("PUT", "/pulls/1/merge", {}).status == 403, "a merge writes contents"
    assert reader.ask("PUT", "/pulls/1/merge", {}).status == 200
    stranger = job("{contents: write, issues: write}")
    assert {stranger.get(path).status for path in ("/pulls", "/pulls/1", "/pulls/1/files", "/pulls/1/reviews")} == {403}


def test_what_a_job_opens_and_merges_begins_no_runs(job: Job, yard: Yard) -> None:
    client = job("write-all", **{".github/workflows/all.yml": ALL})
    change(yard, "topic", {"x": "x"})
    opened(client, "topic")
    known(client, 1)
    merged = client.ask("PUT", "/pulls/1/merge", {}).json["sha"]
    assert client.ask("POST", "/issues", {"title": "x"}).status == 201
    give_up_at = time.monotonic() + SECONDS_MAX
    heard: dict[str, str] = {}
    while {"push", "pull_request"} - set(heard):
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
        yard.carry_on()
        heard = reasons(yard, merged)
    why = "A job caused it with its own token, and that begins no workflows."
    assert heard == {"push": why, "pull_request": why}
    assert reasons(yard, yard.git("rev-parse", "topic"))["pull_request"] == why
    events = {run.event for run in yard.runs() if run.ref == "refs/heads/topic"}
    assert "push" in events, "what a person pushes begins them"
    assert not [run.event for run in yard.runs() if run.actor.startswith("job:")]


def reasons(yard: Yard, sha: str) -> dict[str, str]:
    """Why what happened at a commit began nothing."""
    found = yard.read(lambda work: verdicts_of(work, yard.project, sha))
    return {each.name: str(each.reason) for each in found}
