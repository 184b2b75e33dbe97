"""The runner protocol over HTTP: claims that wait, words that come twice or out of order, bytes that are missing."""

import threading
import time
from base64 import b64encode
from collections.abc import Mapping

from dure.build import cancel_run
from dure.build.leaving import artifacts_of, reports_of
from dure.build.run import run_of, steps_of
from dure.wire.runner import RUNNER_API
from tests.build.agent import Agent
from tests.build.wired import WHEN, Yard
from tests.plan.visitor import Answer, Visitor

ONE = """
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps: [{run: make}, {run: make more}]
"""
STEP = {"what": "step_started", "index": 0, "name": "Run make", "log_offset": 0, "at": WHEN}
DONE = {
    "what": "step_ended",
    "index": 0,
    "name": "Run make",
    "conclusion": "success",
    "outcome": "success",
    "log_offset": 5,
    "at": WHEN,
}
ENDED = {"what": "ended", "conclusion": "success", "outputs": {}, "at": WHEN}


def test_a_job_from_claim_to_end(yard: Yard, agent: Agent) -> None:
    yard.workflow(ONE)

    order = agent.take()
    assert (order.project, order.ref, order.name) == ("ada/shop", "refs/heads/main", "build")
    assert agent.report(order, {"what": "started", "isolation": "It hides nothing.", "at": WHEN}, STEP).status == 200
    assert agent.log(order, 0, b"hello").json == {"length": 5}
    assert agent.report(order, DONE, ENDED, seq=2).json == {"cancel": "no", "lease_seconds": 30.0}

    assert yard.run().state == "success"
    job = yard.jobs()["build"]
    assert (job.state, job.isolation) == ("success", "It hides nothing.")
    [step] = yard.read(lambda work: steps_of(work, job))
    assert (step.name, step.state, step.log_start, step.log_end) == ("Run make", "success", 0, 5)


def test_a_claim_waits_for_a_job_and_comes_back_without_one(yard: Yard, agent: Agent) -> None:
    assert agent.claim(0.2) is None
    found: list[float] = []

    def wait() -> None:
        if agent.claim(20) is not None:
            found.append(time.monotonic())

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.5)
    yard.workflow(ONE)
    pushed = time.monotonic()
    waiting.join(20)
    assert found
    assert found[0] - pushed < 5


def test_words_that_come_twice_or_too_early(yard: Yard, agent: Agent) -> None:
    yard.workflow(ONE)
    order = agent.take()

    early = agent.report(order, DONE, seq=1)
    assert (early.status, early.json["wanted"]) == (409, 0)
    assert agent.report(order, STEP).status == 200
    assert agent.report(order, STEP, DONE).status == 200
    assert agent.report(order, STEP, DONE, ENDED).status == 200
    assert agent.report(order, STEP, DONE, ENDED).status == 200
    job = yard.jobs()["build"]
    assert (job.happened, job.state) == (3, "success")


def test_bytes_of_a_log(yard: Yard, agent: Agent) -> None:
    yard.workflow(ONE)
    order = agent.take()

    assert agent.log(order, 0, b"one\n").json == {"length": 4}
    gap = agent.log(order, 10, b"three\n")
    assert (gap.status, gap.json["wanted"]) == (409, 4)
    assert agent.log(order, 2, b"e\ntwo\n").json == {"length": 8}
    assert agent.log(order, 0, b"one\n").json == {"length": 8}
    assert b"".join(yard.logs.read(order.job_id, 1, 0)) == b"one\ntwo\n"
    assert agent.log(order, 8, b"late", attempt=2).status == 404


def test_a_little_log_comes_with_a_report(yard: Yard, agent: Agent) -> None:
    yard.workflow(ONE)
    order = agent.take()

    def say(seq: int, offset: int, log: bytes, *happenings: Mapping[str, object]) -> Answer:
        words = {"attempt": 1, "seq": seq, "happenings": happenings, "log_offset": offset, "log": log}
        return agent.about(order, "reports", words)

    assert say(0, 0, b"one\n", STEP).status == 200
    gap = say(1, 9, b"three\n", DONE)
    assert (gap.status, gap.json) == (409, {"wanted": 4, "of": "log"})
    assert say(1, 0, b"one\ntwo\n", DONE, ENDED).status == 200
    assert say(1, 0, b"one\ntwo\n", DONE, ENDED).status == 200
    assert b"".join(yard.logs.read(order.job_id, 1, 0)) == b"one\ntwo\n"
    assert yard.states() == {"build": "success"}
    other = {"attempt": 2, "seq": 0, "happenings": [STEP], "log": b"not mine"}
    assert agent.about(order, "reports", other).status == 404
    assert b"".join(yard.logs.read(order.job_id, 2, 0)) == b""


def test_a_stranger_and_another_runner(yard: Yard, agent: Agent, ada: Visitor) -> None:
    yard.workflow(ONE)
    order = agent.take()

    assert Agent(agent.url, {"Authorization": "Bearer dure_run_no"}).say("/claims", {}).status == 401
    assert Agent(agent.url, {"Authorization": f"Bearer {order.job_token}"}).say("/claims", {}).status == 401
    assert Agent(agent.url).say("/claims", {}).status == 401
    assert ada.ask("POST", f"{RUNNER_API}/claims", b"{}").status == 401
    other = yard.runner("other")
    assert other
    assert agent.say("/jobs/999/taken", {"attempt": 1}).status == 404


def test_a_jobs_token_reads_its_project_and_dies_with_it(yard: Yard, agent: Agent) -> None:
    yard.workflow(ONE)
    order = agent.take()
    shown = b64encode(f"x:{order.job_token}".encode()).decode()

    def ask(path: str, scheme: str = f"Basic {shown}") -> int:
        return Visitor(agent.url, {"Authorization": scheme}).get(path).status

    assert ask("/ada/shop.git/info/refs?service=git-upload-pack") == 200
    assert ask("/ada/shop.git/info/refs?service=git-receive-pack") == 403
    assert ask("/api/v1/projects/ada/shop/secrets", f"Bearer {order.job_token}") == 403
    agent.report(order, ENDED)
    assert ask("/ada/shop.git/info/refs?service=git-upload-pack") == 401


def test_what_a_job_leaves(yard: Yard, agent: Agent) -> None:
    yard.workflow(ONE)
    order = agent.take()

    whole = bytes(range(256)) * 20_000
    kept = agent.put(order, "artifacts", "the app", whole)
    assert kept.json["size"] == len(whole)
    assert agent.put(order, "tests", "junit.xml", b"<testsuite/>").status == 200
    assert agent.put(order, "tests", "junit.xml", b"<testsuite/>").status == 200
    assert agent.put(order, "artifacts", "../evil", b"x").status in (404, 422)

    assert agent.get(f"{RUNNER_API}/runs/{order.run_id}/artifacts").json["names"] == ["the app"]
    fetched = agent.get(f"{RUNNER_API}/runs/{order.run_id}/artifacts/the%20app")
    assert fetched.body == whole
    assert agent.get(f"{RUNNER_API}/runs/{order.run_id + 1}/artifacts").status == 404
    [artifact] = yard.read(lambda work: artifacts_of(work, run_of(work, yard.project, 1)))
    assert (artifact.name, artifact.digest) == ("the app", kept.json["digest"])
    [report] = yard.read(lambda work: reports_of(work, run_of(work, yard.project, 1)))
    assert report.name == "junit.xml"
    agent.report(order, ENDED)
    assert agent.get(f"{RUNNER_API}/runs/{order.run_id}/artifacts").status == 404


def test_a_cancel_reaches_the_runner(yard: Yard, agent: Agent) -> None:
    yard.workflow(ONE)
    order = agent.take()

    assert agent.about(order, "heartbeats", {"attempt": 1}).json["cancel"] == "no"
    yard.write(lambda work: cancel_run(work, run_of(work, yard.project, 1)))
    assert agent.about(order, "heartbeats", {"attempt": 1}).json["cancel"] == "asked"
    yard.write(lambda work: cancel_run(work, run_of(work, yard.project, 1)))
    assert agent.about(order, "heartbeats", {"attempt": 1}).json["cancel"] == "force"
    agent.report(order, {**ENDED, "conclusion": "cancelled"})
    assert yard.run().state == "cancelled"
    assert yard.states() == {"build": "cancelled"}


def test_numbers_and_times_that_no_column_takes(yard: Yard, agent: Agent) -> None:
    """A runner that says such a thing is told so; it does not say it for ever."""
    yard.workflow(ONE)
    order = agent.take()
    for wrong in (
        STEP | {"index": 2**31},
        STEP | {"log_offset": 2**63},
        STEP | {"at": "2026-11-21T10:00:00"},
        DONE | {"exit_code": 2**40},
        {"what": "annotation", "step": 0, "level": "error", "message": "x", "line": 2**70},
    ):
        assert agent.report(order, wrong).status == 400
    assert agent.report(order, ENDED).status == 200
