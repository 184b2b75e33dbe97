"""Claims under load: nobody gets a job that another got, and a long queue costs no more questions than a short one."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event, insert

from dure.build.run import Job
from dure.kit import now
from dure.ledger import HOUSE
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
    assert len(many) <= 12
