"""Clocks that go wrong, words that are lost or said twice, and whatever people do meanwhile: a run always ends."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from dure.build import Job, cancel_job, cancel_run, rerun, run_of
from dure.build.run import OVER, Run, jobs_of, steps_of
from dure.build.run.group import Seat
from dure.build.runners import Missed, NotYours, Watch, watches
from dure.build.upkeep import look_after
from dure.kit import Missing, Refused, now
from dure.ledger import HOUSE, Work
from dure.wire import runner as wire
from tests.build.wired import Yard

ONE = "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: a}, {run: b}]}}\n"


@pytest.mark.parametrize("hours", [-5, 0, 3])
def test_a_runner_whose_clock_goes_wrong(yard: Yard, hours: int) -> None:
    yard.workflow(ONE)
    order = yard.take()
    start = now() + timedelta(hours=hours)
    yard.tell(order, wire.Started(isolation="", at=start))
    yard.tell(order, wire.StepStarted(index=0, name="a", log_offset=0, at=start), seq=1)
    told = wire.StepEnded(index=0, name="a", conclusion="success", outcome="success", log_offset=0, at=start)
    yard.tell(order, told, seq=2)
    far = wire.StepStarted(index=1, name="b", log_offset=0, at=start + timedelta(days=1))
    yard.tell(order, far, seq=3)
    job = yard.jobs()["a"]
    steps = yard.read(lambda work: steps_of(work, job))
    assert job.started_at is not None
    for moment in (steps[0].started_at, steps[0].ended_at, steps[1].started_at):
        assert moment is not None
        assert job.started_at <= moment <= now()
    assert abs(job.skew_seconds + hours * 3600) < 60


WORKFLOW = """
on: push
concurrency: {group: all, queue: max}
jobs:
  list:
    runs-on: ubuntu-latest
    outputs: {what: "${{ steps.x.outputs.what }}"}
    steps: [{run: x}]
  each:
    needs: list
    runs-on: ubuntu-latest
    concurrency: {group: "g-${{ matrix.it }}", queue: max}
    strategy: {matrix: {it: "${{ fromJSON(needs.list.outputs.what || '[1]') }}"}, max-parallel: 2}
    steps: [{run: x}]
  call: {needs: list, uses: ./.github/workflows/inner.yml}
  last: {needs: [each, call], if: always(), runs-on: ubuntu-latest, steps: [{run: x}]}
"""
INNER = """
on: workflow_call
jobs:
  one: {runs-on: ubuntu-latest, continue-on-error: true, steps: [{run: x}]}
  two: {needs: one, runs-on: ubuntu-latest, strategy: {matrix: {n: [1, 2, 3]}}, steps: [{run: x}]}
"""


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_a_run_ends_with_its_jobs(yard: Yard, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    yard.push({".github/workflows/ci.yml": WORKFLOW, ".github/workflows/inner.yml": INNER})
    yard.push({"x": "1"})
    day = BadDay(yard, chance)
    for _ in range(40):
        chance.choice(day.acts)()
        day.nothing_hangs()
    for _ in range(100):
        if all(run.is_over for run in yard.runs()):
            break
        day.work()
        day.lose()
    assert all(run.is_over for run in yard.runs())
    day.nothing_hangs()
    assert not yard.read(lambda work: work.session.scalars(select(Seat)).all())


class BadDay:
    """Things that happen, in any order."""

    def __init__(self, yard: Yard, chance: random.Random) -> None:
        self.yard, self.chance = yard, chance
        self.orders: list[wire.JobOrder] = []
        self.acts = [
            self.work,
            self.work,
            self.work,
            self.twice,
            self.early,
            self.lose,
            self.cancel,
            self.cancel_one,
            self.again,
            self.clock,
        ]

    def run(self) -> int:
        return self.chance.choice([run.number for run in self.yard.runs()])

    def work(self) -> None:
        order = self.yard.claim()
        if order is None:
            return
        self.orders.append(order)
        if self.chance.random() < 0.1:
            return
        how: list[wire.JobResult] = ["success", "success", "success", "failure", "lost", "cancelled"]
        with suppress(NotYours):
            self.yard.taken(order)
            what = {"what": str([*range(self.chance.randint(1, 4))])} if order.key == "list" else {}
            self.yard.end(order, self.chance.choice(how), what)

    def twice(self) -> None:
        """An old word is said once more."""
        if self.orders:
            with suppress(NotYours):
                self.yard.end(self.chance.choice(self.orders), "failure")

    def early(self) -> None:
        """A word before which others were lost."""
        order = self.yard.claim()
        if order is not None:
            self.yard.taken(order)
            with pytest.raises(Missed):
                self.yard.end(order, seq=3)
            self.yard.end(order)

    def lose(self) -> None:
        """A runner falls silent with everything that it has."""
        yesterday = now() - timedelta(days=1)
        self.yard.house.write_now(HOUSE, lambda work: work.session.execute(update(Watch).values(wake_at=yesterday)))
        ticks = iter([0.0])
        reconciler = watches(lambda: next(ticks, 1000.0)).reconciler(self.yard.house, "test")
        while reconciler.once():
            pass

    def cancel(self) -> None:
        number, by_force = self.run(), self.chance.random() < 0.3
        with suppress(Refused):
            self.yard.write(lambda work: cancel_run(work, run_of(work, self.yard.project, number), by_force=by_force))

    def cancel_one(self) -> None:
        def do(work: Work) -> None:
            run = run_of(work, self.yard.project, number)
            cancel_job(work, run, self.chance.choice(jobs_of(work, run)))

        number = self.run()
        with suppress(Refused, Missing):
            self.yard.write(do)

    def again(self) -> None:
        def do(work: Work) -> None:
            run = run_of(work, self.yard.project, number)
            over = [job.id for job in jobs_of(work, run) if job.is_over]
            rerun(work, run, only=self.chance.sample(over, min(len(over), 2)), failed_only=not over)

        number = self.run()
        with suppress(Refused):
            self.yard.write(do)

    def clock(self) -> None:
        self.yard.house.write_now(HOUSE, look_after)

    def nothing_hangs(self) -> None:
        """No run is under way of which all jobs are over, and none is over of which some are not."""

        def look(work: Work) -> None:
            for run in work.session.scalars(select(Run)):
                left = work.session.scalars(select(Job).where(Job.run_id == run.id, Job.state.not_in(OVER))).all()
                assert run.is_over == (not left), (run.number, run.state, [(job.name, job.state) for job in left])

        self.yard.read(look)
