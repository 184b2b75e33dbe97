"""Claims under load: nobody gets a job that another got, and a long queue costs no more questions than a short one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Engine, event, insert

from dure import plan
from dure.build.run import Job, Run
from dure.kit import now
from dure.ledger import HOUSE, Work
from dure.plan import Project
from dure.wire.runner import JobOrder
from tests.build.wired import Yard

FIFTY = f"""
on: push
jobs:
  each:
    runs-on: ubuntu-latest
    strategy: {{matrix: {{it: {list(range(50))}}}}}
    steps: [{{run: x}}]
"""


def test_twenty_runners_at_once_get_each_job_once(yard: Yard) -> None:
    yard.workflow(FIFTY)
    names = [f"runner {number}" for number in range(20)]
    for name in names:
        yard.runner(name)
    got: list[JobOrder] = []
    ready = threading.Barrier(len(names))

    def work(name: str) -> None:
        ready.wait(30)
        while (order := yard.claim(name)) is not None:
            got.append(order)
            yard.taken(order, name)

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == 50
    assert len({order.job_id for order in got}) == 50
    assert set(yard.states().values()) == {"running"}


def test_all_jobs_of_a_run_end_at_once_and_it_ends_once(yard: Yard) -> None:
    yard.workflow(FIFTY.replace("matrix: {it", "fail-fast: false, matrix: {it"))
    orders = [yard.take() for _ in range(50)]

    def end(some: list[JobOrder]) -> None:
        for order in some:
            yard.end(order)

    threads = [threading.Thread(target=end, args=(orders[first::10],)) for first in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert yard.run().state == "success"


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(*words: object) -> None:
        asked.append(str(words[2]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_ten_thousand_jobs_in_the_queue_cost_no_more_questions_than_one(yard: Yard) -> None:
    yard.workflow(FIFTY)
    yard.runner()
    engine = yard.house.database.engine
    with counted(engine) as few:
        assert yard.claim() is not None
    job = yard.jobs()["each (1)"]

    rows = [
        {
            "run_id": job.run_id,
            "project_id": job.project_id,
            "job": "each",
            "key": f"more:{number}",
            "name": f"more {number}",
            "position": 1,
            "labels": "ubuntu-latest",
            "place": job.place,
            "state": "queued",
            "queued_at": now(),
        }
        for number in range(10_000)
    ]
    yard.house.write_now(HOUSE, lambda work: work.session.execute(insert(Job), rows))
    with counted(engine) as many:
        assert yard.claim() is not None
    assert len(many) == len(few)
    assert sum("UPDATE build_job" in each for each in many) == 1
    assert len(many) <= 16


def waiting_in(yard: Yard, project: Project, count: int, first: int = 0, labels: str = "ubuntu-latest") -> None:
    """Jobs of a project that wait, made without workflow files."""
    run = Run(
        project_id=project.id,
        number=1000 + first,
        workflow_path="ci.yml",
        workflow_name="CI",
        title="",
        sha="0" * 40,
        ref="refs/heads/main",
        event="push",
        actor=yard.ada.ref,
        actor_name=yard.ada.name,
        definition=yard.run().definition,
        made_at=now(),
    )

    def make(work: Work) -> None:
        work.add(run)
        for number in range(count):
            work.add(
                Job(
                    run_id=run.id,
                    project_id=project.id,
                    job="each",
                    key=f"each:{number}",
                    name=f"{project.name} {first + number}",
                    position=0,
                    labels=labels,
                    state="queued",
                    queued_at=now(),
                )
            )

    yard.house.write_now(HOUSE, make)


def test_a_project_with_many_jobs_does_not_keep_another_waiting(yard: Yard) -> None:
    yard.workflow(FIFTY)
    other = yard.write(lambda work: plan.make_project(work, owner="ada", name="other", title=""))
    first = yard.take().name
    waiting_in(yard, other, 2)
    second, third = yard.take().name, yard.take().name
    assert (first.split()[0], second, third.split()[0]) == ("each", "other 0", "each")


def test_projects_take_turns_by_what_they_have_under_way(yard: Yard) -> None:
    yard.workflow(FIFTY)
    others = [
        yard.write(partial(plan.make_project, owner="ada", name="b", title="")),
        yard.write(partial(plan.make_project, owner="ada", name="c", title="")),
    ]
    for other in others:
        waiting_in(yard, other, 10)
    taken = [yard.take().name.split()[0] for _ in range(12)]
    assert [taken.count(name) for name in ("each", "b", "c")] == [4, 4, 4]


def test_with_one_place_projects_take_turns_too(yard: Yard) -> None:
    """Each job ends before the next is taken, so that nobody ever has anything under way."""
    yard.workflow(FIFTY)
    other = yard.write(lambda work: plan.make_project(work, owner="ada", name="other", title=""))
    waiting_in(yard, other, 3)
    taken = []
    for _ in range(6):
        order = yard.take()
        yard.end(order)
        taken.append(order.name.split()[0])
    assert taken == ["each", "other"] * 3


def test_within_a_project_the_oldest_goes_first(yard: Yard) -> None:
    yard.workflow(FIFTY)
    taken = [yard.take().job_id for _ in range(10)]
    assert taken == sorted(taken)


def test_lanes_of_other_labels_are_left_alone(yard: Yard) -> None:
    yard.workflow(FIFTY)
    waiting_in(yard, yard.project, 5, labels="gpu,linux")
    yard.runner("gpu", "gpu", "linux")
    assert [yard.take("gpu").name for _ in range(5)] == [f"shop {number}" for number in range(5)]
    assert yard.claim("gpu") is None
