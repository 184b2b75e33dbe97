"""A job begins workflows: by hand, and by telling that something happened. Nothing else that it does begins any."""

import time

from tests.build.wired import Yard
from tests.rest.conftest import Client, Job

BY_HAND = """
on:
  workflow_dispatch:
    inputs:
      place: {type: choice, options: [here, there], default: here}
      loud: {type: boolean}
      count: {type: number, required: true}
  repository_dispatch: {types: [shipped]}
jobs:
  test: {runs-on: x, steps: [{run: echo}]}
  call: {uses: ./.github/workflows/called.yml}
"""
CALLED = "on: workflow_call\njobs: {inner: {runs-on: x, steps: [{run: echo}]}}\n"
FILES = {
    ".github/workflows/hand.yml": BY_HAND,
    ".github/workflows/called.yml": CALLED,
    ".github/workflows/push.yml": "on: push\njobs: {test: {runs-on: x, steps: [{run: echo}]}}\n",
}
DISPATCHES = "/actions/workflows/hand.yml/dispatches"


def begun(yard: Yard, count: int) -> list[tuple[str, str]]:
    """(event, ref) of the runs that no push has begun, once there are so many."""
    give_up_at = time.monotonic() + 20
    while len(found := [(run.event, run.ref) for run in yard.runs() if run.event != "push"]) < count:
        assert time.monotonic() < give_up_at, "no run began"
        time.sleep(0.05)
        yard.carry_on()
    return found


def test_a_workflow_by_hand(job: Job, yard: Yard) -> None:
    client = job("{actions: write}", **FILES)
    yard.git("push", "-q", "origin", "HEAD:refs/heads/topic/x")
    yard.received()
    inputs = {"loud": True, "count": 3, "place": "there"}
    answer = client.ask("POST", DISPATCHES, {"ref": "refs/heads/topic/x", "inputs": inputs})
    assert (answer.status, answer.body) == (204, b""), answer.text
    assert begun(yard, 1) == [("workflow_dispatch", "refs/heads/topic/x")]
    run = yard.runs()[-1]
    event = run.known()["github"]["event"]
    assert event["inputs"] == {"place": "there", "loud": "true", "count": "3"}
    assert run.actor.startswith("job:")
    told = client.ask("POST", DISPATCHES, {"ref": "main", "inputs": {"count": "1"}, "return_run_details": True})
    assert told.status == 200
    assert told.json["workflow_run_id"] == yard.runs()[-1].id


def test_what_cannot_begin_says_why(job: Job) -> None:
    client = job("{actions: write}", **FILES)
    for path, body, status, words in (
        (DISPATCHES, {"ref": "nothing"}, 422, "No ref found for: nothing"),
        (DISPATCHES, {}, 422, "Validation Failed"),
        (DISPATCHES, {"ref": "main", "inputs": {"count": "1", "other": "x"}}, 422, "Validation Failed"),
        (DISPATCHES, {"ref": "main"}, 422, "Validation Failed"),
        (
            DISPATCHES.replace("hand", "push"),
            {"ref": "main"},
            422,
            "Workflow does not have 'workflow_dispatch' trigger",
        ),
        (DISPATCHES.replace("hand", "lost"), {"ref": "main"}, 404, "Not Found"),
    ):
        answer = client.ask("POST", path, body)
        assert (answer.status, answer.json["message"]) == (status, words)
    wrong = client.ask("POST", DISPATCHES, {"ref": "main", "inputs": {"count": "1", "other": "x"}}).json["errors"]
    assert [each["field"] for each in wrong] == ["inputs.other"]


def test_an_event_from_outside(job: Job, yard: Yard) -> None:
    client = job("{contents: write}", **FILES)
    yard.carry_on()
    answer = client.ask("POST", "/dispatches", {"event_type": "shipped", "client_payload": {"where": {"to": "Seoul"}}})
    assert (answer.status, answer.body) == (204, b"")
    assert client.ask("POST", "/dispatches", {"event_type": "lost"}).status == 204
    assert begun(yard, 1) == [("repository_dispatch", "refs/heads/main")]
    event = yard.runs()[-1].known()["github"]["event"]
    assert (event["action"], event["client_payload"]) == ("shipped", {"where": {"to": "Seoul"}})
    assert client.ask("POST", "/dispatches", {"event_type": ""}).status == 422
    assert client.ask("POST", "/dispatches", {}).status == 422


def test_each_needs_its_permission(job: Job) -> None:
    reader: Client = job("{actions: read, contents: read, pull-requests: write}", **FILES)
    for path, body in (
        (DISPATCHES, {"ref": "main", "inputs": {"count": "1"}}),
        ("/dispatches", {"event_type": "shipped"}),
    ):
        answer = reader.ask("POST", path, body)
        assert (answer.status, answer.json["message"]) == (403, "Resource not accessible by integration")
