"""Cancelled, repeated, lost: whatever happens to a run beside its going well."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from dure.build import Job, cancel_run, put_variable, rerun, run_of
from dure.build.run import AlreadyOver, Attempt, CannotRepeat
from dure.build.runners import NotYours, Watch, watches
from dure.build.upkeep import look_after
from dure.kit import now
from dure.ledger import HOUSE, Work
from dure.wire import runner as wire
from tests.build.wired import AT, Yard

CHAIN = """
on: push
jobs:
  a: {runs-on: ubuntu-latest, steps: [{run: a}]}
  b: {runs-on: ubuntu-latest, needs: a, steps: [{run: b}]}
  clean: {runs-on: ubuntu-latest, needs: [a, b], if: always(), steps: [{run: clean}]}
"""


def cancel(yard: Yard, number: int = 1) -> None:
    yard.write(lambda work: cancel_run(work, run_of(work, yard.project, number)))


def again(yard: Yard, *, failed_only: bool = False) -> None:
    yard.write(lambda work: rerun(work, run_of(work, yard.project, 1), failed_only=failed_only))


def test_cancelled_before_anything_began(yard: Yard) -> None:
    yard.workflow(CHAIN)
    cancel(yard)
    assert yard.run().state == "cancelled"
    assert set(yard.states().values()) == {"cancelled"}
    assert yard.claim() is None
    with pytest.raises(AlreadyOver):
        cancel(yard)


def test_cancelled_between_offer_and_taking(yard: Yard) -> None:
    yard.workflow(CHAIN)
    order = yard.claim()
    assert order is not None
    cancel(yard)
    assert yard.taken(order).cancel == "asked"
    yard.end(order, "cancelled")
    # What says always() still cleans up.
    assert yard.states() == {"a": "cancelled", "b": "cancelled", "clean": "queued"}
    assert yard.do_all() == ["clean"]
    assert yard.run().state == "cancelled"


def test_cancelled_while_running_twice(yard: Yard) -> None:
    yard.workflow(CHAIN)
    order = yard.take()
    cancel(yard)
    cancel(yard)
    assert yard.taken(order).cancel == "force"
    yard.end(order, "cancelled")
    assert set(yard.states().values()) == {"cancelled"}
    assert yard.run().state == "cancelled"


def test_all_of_it_again(yard: Yard) -> None:
    yard.workflow(CHAIN)
    yard.do_all()
    with pytest.raises(CannotRepeat):
        again(yard, failed_only=True)
    again(yard)
    assert yard.states() == {"a": "queued", "b": "waiting", "clean": "waiting"}
    assert (yard.run().attempt, yard.run().state) == (2, "queued")
    with pytest.raises(CannotRepeat):
        again(yard)
    order = yard.take()
    assert (order.attempt, order.contexts["github"]["run_attempt"]) == (2, "2")
    yard.end(order)
    assert yard.do_all() == ["b", "clean"]
    assert yard.run().state == "success"
    job = yard.jobs()["a"]
    kept = yard.read(lambda work: work.session.get_one(Attempt, (job.id, 1)))
    assert kept.state == "success"


def test_only_what_failed_again_keeps_what_went_well(yard: Yard) -> None:
    yard.workflow(
        """
on: push
jobs:
  good:
    runs-on: ubuntu-latest
    outputs: {x: "${{ steps.x.outputs.x }}"}
    steps: [{run: a}]
  each:
    needs: good
    runs-on: ubuntu-latest
    strategy: {matrix: {it: [1, 2]}, fail-fast: false}
    steps: [{run: b}]
  last: {runs-on: ubuntu-latest, needs: each, steps: [{run: c}]}
"""
    )
    yard.end(yard.take(), outputs={"x": "7"})
    assert yard.do_all({"each (2)": "failure"}) == ["each (1)", "each (2)"]
    assert yard.states()["last"] == "skipped"
    again(yard, failed_only=True)
    assert yard.states() == {"good": "success", "each (1)": "success", "each (2)": "queued", "last": "waiting"}
    order = yard.take()
    assert order.contexts["needs"]["good"]["outputs"] == {"x": "7"}
    yard.end(order)
    assert yard.do_all() == ["last"]
    assert yard.run().state == "success"


def due_now(yard: Yard) -> None:
    yard.house.write_now(HOUSE, lambda work: work.session.execute(update(Watch).values(wake_at=now() - timedelta(1))))


def watch(yard: Yard) -> None:
    """The watch looks, as if the house had been up for long."""
    ticks = iter([0.0])
    reconciler = watches(lambda: next(ticks, 1000.0)).reconciler(yard.house, "test")
    while reconciler.once():
        pass


def test_a_job_that_nobody_took_goes_to_another(yard: Yard) -> None:
    yard.workflow(CHAIN)
    order = yard.claim()
    assert order is not None
    watch(yard)
    assert yard.states()["a"] == "offered"
    due_now(yard)
    watch(yard)
    assert yard.states()["a"] == "queued"
    with pytest.raises(NotYours):
        yard.taken(order)
    another = yard.take("two")
    assert (another.job_id, another.attempt) == (order.job_id, 2)
    with pytest.raises(NotYours):
        yard.taken(order)


def test_a_lost_runner_loses_a_job_once(yard: Yard) -> None:
    yard.workflow(CHAIN)
    orders = []
    for attempt in (1, 2):
        orders.append(yard.take())
        assert orders[-1].attempt == attempt
        due_now(yard)
        watch(yard)
    assert yard.states()["a"] == "failure"
    assert str(yard.jobs()["a"].reason) == "The runner was lost."
    with pytest.raises(NotYours):
        yard.tell(orders[0], wire.Started(isolation="", at=AT))


def test_a_job_that_was_lost_in_the_middle_has_failed(yard: Yard) -> None:
    yard.workflow(CHAIN)
    order = yard.take()
    yard.tell(order, wire.StepStarted(index=0, name="a", log_offset=0, at=AT))
    due_now(yard)
    watch(yard)
    assert yard.states()["a"] == "failure"
    assert yard.do_all() == ["clean"]


def test_a_runner_that_says_itself_that_a_job_was_lost(yard: Yard) -> None:
    yard.workflow(CHAIN)
    yard.end(yard.take(), "lost", why="No sandbox.")
    assert yard.states()["a"] == "queued"
    yard.end(yard.take(), "lost", why="No sandbox.")
    assert (yard.states()["a"], str(yard.jobs()["a"].reason)) == ("failure", "No sandbox.")


def test_a_house_that_comes_up_judges_nobody_at_once(yard: Yard) -> None:
    yard.workflow(CHAIN)
    yard.take()
    due_now(yard)
    reconciler = watches().reconciler(yard.house, "test")
    while reconciler.once():
        pass
    assert yard.states()["a"] == "running"


def test_a_job_nobody_can_do_fails_in_the_end(yard: Yard) -> None:
    yard.workflow(CHAIN.replace("ubuntu-latest", "windows-latest"))
    assert yard.claim() is None

    def long_ago(work: Work) -> None:
        work.session.execute(update(Job).values(queued_at=now() - timedelta(days=2)))

    yard.house.write_now(HOUSE, long_ago)
    yard.house.write_now(HOUSE, look_after)
    assert yard.states()["a"] == "failure"
    assert "24 hours" in str(yard.jobs()["a"].reason)


PATIENT = """
on: push
jobs:
  plain: {runs-on: ubuntu-latest, timeout-minutes: 30, steps: [{run: a}]}
  patient: {runs-on: ubuntu-latest, timeout-minutes: 30, cancel-timeout-minutes: "${{ vars.LAST }}", steps: [{run: a}]}
  unsaid: {runs-on: ubuntu-latest, steps: [{run: a}]}
"""


def test_a_job_is_ended_by_force_only_when_its_last_steps_have_had_their_time(yard: Yard) -> None:
    yard.write(lambda work: put_variable(work, yard.project, "LAST", "600"))
    yard.job_minutes = 720
    yard.workflow(PATIENT)
    for _ in range(3):
        yard.take()

    def forced_after(minutes: int) -> list[str]:
        def begun(work: Work) -> None:
            work.session.execute(update(Job).values(started_at=now() - timedelta(minutes=minutes), cancel="no"))

        yard.house.write_now(HOUSE, begun)
        yard.house.write_now(HOUSE, look_after)
        return sorted(name for name, job in yard.jobs().items() if job.cancel == "force")

    assert forced_after(44) == []
    assert forced_after(46) == ["plain"]
    assert forced_after(639) == ["plain"]
    assert forced_after(641) == ["patient", "plain"]
    assert forced_after(734) == ["patient", "plain"]
    assert forced_after(736) == ["patient", "plain", "unsaid"]
    yard.write(lambda work: put_variable(work, yard.project, "LAST", "many"))
    assert forced_after(46) == ["patient", "plain"], "what cannot be read is no promise, and nobody else suffers"


GROUP = """
on: push
concurrency: {group: one, cancel-in-progress: %s}
jobs:
  a: {runs-on: ubuntu-latest, steps: [{run: a}]}
"""


def test_runs_of_one_group_go_one_after_another(yard: Yard) -> None:
    for number in range(3):
        yard.workflow(GROUP % "false", f"Change {number}")
    assert [run.state for run in yard.runs()] == ["queued", "cancelled", "queued"]
    assert [run.held for run in yard.runs()] == [False, False, True]
    order = yard.take()
    assert yard.claim() is None
    yard.end(order)
    order = yard.take()
    assert order.run_id == yard.run(3).id
    yard.end(order)
    assert [run.state for run in yard.runs()] == ["success", "cancelled", "success"]


def test_a_newer_run_of_a_group_ends_the_older(yard: Yard) -> None:
    yard.workflow(GROUP % "true")
    order = yard.take()
    yard.workflow(GROUP % "true", "Again")
    assert yard.run(2).held
    assert yard.taken(order).cancel == "asked"
    yard.end(order, "cancelled")
    assert not yard.run(2).held
    assert yard.do_all() == ["a"]
    assert [run.state for run in yard.runs()] == ["cancelled", "success"]
