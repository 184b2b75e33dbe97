"""One job again while others are under way, one job cancelled, and both over HTTP."""

import time
from collections.abc import Callable

import pytest

from dure.build import cancel_job, rerun, run_of
from dure.build.run import Attempt, CannotRepeat, jobs_named
from dure.ledger import Work
from tests.build.wired import Yard
from tests.plan.visitor import Visitor

FORK = """
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    outputs: {x: "${{ steps.x.outputs.x }}"}
    steps: [{run: "a ${{ secrets.KEY }}"}]
  b: {needs: a, runs-on: ubuntu-latest, steps: [{run: b}]}
  slow: {runs-on: ubuntu-latest, steps: [{run: slow}]}
"""


def wait_until(holds: Callable[[], bool]) -> None:
    """The house that is served plans by itself."""
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)


def again(yard: Yard, *names: str, debug: bool = False) -> None:
    ids = [yard.jobs()[name].id for name in names]
    yard.write(lambda work: rerun(work, run_of(work, yard.project, 1), only=ids, debug=debug))


def test_one_job_again_while_another_is_under_way(yard: Yard) -> None:
    yard.workflow(FORK)
    first, slow = yard.take(), yard.take()
    yard.end(first, "failure")
    assert yard.states() == {"a": "failure", "b": "skipped", "slow": "running"}
    again(yard, "a")
    assert (yard.run().state, yard.run().attempt) == ("running", 2)
    assert yard.states() == {"a": "queued", "b": "waiting", "slow": "running"}
    order = yard.take()
    assert (order.attempt, order.contexts["github"]["run_attempt"]) == (2, "2")
    yard.end(order, outputs={"x": "1"})
    assert yard.do_all() == ["b"]
    assert yard.run().state == "running"
    yard.end(slow)
    assert yard.run().state == "success"
    kept = yard.read(lambda work: work.session.get_one(Attempt, (yard.jobs()["a"].id, 1)))
    assert kept.state == "failure"


def test_what_is_under_way_is_not_begun_again(yard: Yard) -> None:
    yard.workflow(FORK)
    yard.end(yard.take())
    slow, b = yard.take(), yard.take()
    with pytest.raises(CannotRepeat, match="slow is not over yet"):
        again(yard, "slow")
    with pytest.raises(CannotRepeat, match="b is under way"):
        again(yard, "a")
    yard.end(b)
    yard.end(slow)
    again(yard, "a", debug=True)
    order = yard.take()
    assert order.contexts["vars"]["ACTIONS_STEP_DEBUG"] == "true"


def test_one_job_is_cancelled_and_the_others_go_on(yard: Yard) -> None:
    yard.workflow(FORK)
    first = yard.take()

    def cancel(name: str) -> None:
        yard.write(lambda work: do(work, name))

    def do(work: Work, name: str) -> None:
        run = run_of(work, yard.project, 1)
        [job] = jobs_named(work, run, [name])
        cancel_job(work, run, job)

    cancel("slow")
    assert yard.states()["slow"] == "cancelled"
    cancel("a")
    assert yard.taken(first).cancel == "asked"
    cancel("a")
    assert yard.taken(first).cancel == "force"
    yard.end(first, "cancelled")
    assert yard.states() == {"a": "cancelled", "b": "skipped", "slow": "cancelled"}
    assert yard.run().state == "cancelled"


def test_over_http(yard: Yard, ada: Visitor) -> None:
    path = "/projects/ada/shop/runs/1"
    yard.workflow(FORK)
    wait_until(lambda: bool(yard.runs()))
    yard.end(yard.take(), "failure")
    assert ada.api("POST", f"{path}/attempts", {"jobs": ["nothing"]}).status == 404
    assert ada.api("POST", f"{path}/attempts", {"jobs": ["a"]}).status == 201
    assert ada.api("POST", f"{path}/cancellations", {"job": "slow"}).status == 201
    assert yard.states() == {"a": "queued", "b": "waiting", "slow": "cancelled"}
    order = yard.take()
    assert ada.api("POST", f"{path}/cancellations", {"force": True}).status == 201
    assert yard.taken(order).cancel == "force"
    yard.end(order, "cancelled")
    assert ada.api("POST", f"{path}/cancellations").status == 409
    assert ada.api("POST", f"{path}/attempts", {"debug": True}).status == 201
