"""A long queue: how fast jobs are claimed from it, how long its page takes, and what it costs the house to start.

    python -m bench.queue [--database sqlite|postgresql] [--jobs 10000] [--projects 20] [--clients 64]

One JSON line. `claims_per_second` counts the claim as the house makes it durable: whose turn it is, and one UPDATE, by
as many callers at once as `--clients`; `orders_per_second` is the whole answer to a runner, with the job's token, its
watch and the order. `page_ms` is the page of the queue over HTTP with the whole queue waiting, the median of twenty.
`idle_queries_per_second` is what the database is asked while fifty runners wait. `start_ms` are those of `dure up` with
an empty and with the full queue. `python_loop_seconds` says how fast the machine was just then.
"""

import argparse
import http.client
import json
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import delete, event, insert, update

from bench.ground import database, python_loop
from dure import people, plan
from dure.app import put_together
from dure.build import make_runner
from dure.build.run import BELL, Job, Run
from dure.build.runners import Board, Desk, Watch, claim_for, known_runner, register
from dure.build.runners.runner import Runner
from dure.build.runners.turn import seeker_of, take_next
from dure.kit import now
from dure.ledger import HOUSE, House, Work, migrate, open_database
from dure.people import Caller
from dure.settings import Settings
from dure.vault import open_keyring, wrapping_by
from dure.wire import RUNNER_API, Registration
from dure.workflow import Plan, Planned, Source, parse_workflow
from tests.parts.house import running_house
from tests.parts.served import served
from tests.plan.visitor import Visitor

WORKFLOW = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps: [{run: make}]\n"
LABELS = ("linux,ubuntu-latest", "gpu,linux")
RUNNERS = 50
IDLE_SECONDS = 25.0
"""As long as one question of a runner is held open, so that each has asked once."""


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked.add_argument("--jobs", type=int, default=10_000)
    asked.add_argument("--projects", type=int, default=20)
    asked.add_argument("--clients", type=int, default=64)
    said = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="dure-bench-") as directory:
        folder = Path(directory)
        with database(said.database, folder) as url, closing(House(open_database(url))) as house:
            migrate(house.database.engine)
            found = measured(house, folder, said)
        if said.database == "sqlite":
            found["start_ms"] = {"empty": started(folder / "empty", None), "full": started(folder / "full", folder)}
    print(
        json.dumps(
            {
                "bench": "queue",
                "database": said.database,
                "jobs": said.jobs,
                "projects": said.projects,
                **found,
                "python_loop_seconds": python_loop(),
            }
        )
    )


def measured(house: House, folder: Path, said: argparse.Namespace) -> dict[str, object]:
    ada, runner = settle(house, said.projects, said.jobs)
    desk = Desk(
        open_keyring(folder / "master.key", wrapping_by("", None)),
        "http://127.0.0.1",
        1_000_000,
        360,
        board=Board(house.bell),
    )

    seeker = house.read_now(HOUSE, lambda work: seeker_of(work.session.get_one(Runner, runner)))

    def take(work: Work) -> bool:
        return take_next(work, seeker, desk.board) is not None

    def order(work: Work) -> bool:
        return claim_for(work, seeker, desk) is not None

    claims = rate(house, take, said.clients, said.jobs)
    again(house)
    orders = rate(house, order, said.clients, said.jobs // 4)
    again(house)
    settings = Settings(data=folder, telemetry=False, local_runner=False, workshop=folder / "workshop")
    with served(put_together(settings, house).asgi) as url, Visitor.signed_in(url, house, ada) as visitor:
        page = timed(lambda: visitor.get("/queue").status)
        told = timed(lambda: visitor.get("/api/v1/queue").status)
        idle = waiting_runners(house, url)
    return {
        "claims_per_second": claims,
        "orders_per_second": orders,
        "page_ms": page,
        "api_ms": told,
        "idle_runners": RUNNERS,
        "idle_queries_per_second": idle,
    }


def settle(house: House, projects: int, jobs: int) -> tuple[Caller, int]:
    """Somebody, a runner, and projects whose jobs wait; made without their workflow files."""
    account = partial(people.make_account, handle="ada", name="Ada", admin=True)
    ada = house.write_now(HOUSE, lambda work: people.caller_for(account(work)))
    source = Source("ada/shop", ".github/workflows/ci.yml", "0" * 40, "refs/heads/main")
    definition = msgspec.json.encode(Plan(Planned(source, parse_workflow(WORKFLOW, "ci.yml")))).decode()
    for number in range(projects):
        count = jobs // projects
        house.write_now(ada, partial(fill, name=f"project-{number}", count=count, definition=definition))
    return ada, runner_of(house, "bench", ["linux", "ubuntu-latest", "gpu"])


def fill(work: Work, name: str, count: int, definition: str) -> None:
    project = plan.make_project(work, owner="ada", name=name, title="")
    run = work.add(
        Run(
            project_id=project.id,
            number=1,
            workflow_path=".github/workflows/ci.yml",
            workflow_name="CI",
            title="",
            sha="0" * 40,
            ref="refs/heads/main",
            event="push",
            actor=work.actor.ref,
            actor_name=work.actor.name,
            definition=definition,
            made_at=now(),
        )
    )
    rows = [
        {
            "run_id": run.id,
            "project_id": project.id,
            "job": "test",
            "key": f"test:{number}",
            "name": f"test {number}",
            "position": 0,
            "labels": LABELS[number % len(LABELS)],
            "state": "queued",
            "queued_at": now(),
        }
        for number in range(count)
    ]
    work.session.execute(insert(Job), rows)


def again(house: House) -> None:
    """All of them back into the queue."""

    def do(work: Work) -> None:
        work.session.execute(update(Job).values(state="queued", runner_id=None))
        work.session.execute(delete(Watch))
        work.ring(BELL)

    house.write_now(HOUSE, do)


def runner_of(house: House, name: str, labels: list[str]) -> int:
    return known_runner_id(house, house.write_now(HOUSE, partial(make_runner, name=name)), labels)


def known_runner_id(house: House, secret: str, labels: list[str]) -> int:
    number = house.read_now(HOUSE, lambda work: known_runner(work, secret).id)
    told = Registration(name="x", labels=labels, tier="none", isolation="", capacity=64, version="0")
    house.write_now(HOUSE, lambda work: register(work, number, told))
    return number


def rate(house: House, take: Callable[[Work], bool], clients: int, count: int) -> int:
    """So many a second, from the first to the last, each waiting for its commit."""
    taken = [0] * clients

    def work(client: int) -> None:
        while sum(taken) < count and house.write_now(HOUSE, take):
            taken[client] += 1

    threads = [threading.Thread(target=work, args=(client,)) for client in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return round(sum(taken) / (time.perf_counter() - began))


def timed(do: Callable[[], int], rounds: int = 20) -> float:
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        if do() != 200:
            raise RuntimeError("the page could not be had")
        seconds.append(time.perf_counter() - began)
    return round(1000 * statistics.median(seconds), 1)


def waiting_runners(house: House, url: str) -> float:
    """What the database is asked while runners wait for labels that no job has."""
    secrets = [house.write_now(HOUSE, partial(make_runner, name=f"idle {number}")) for number in range(RUNNERS)]
    for secret in secrets:
        known_runner_id(house, secret, ["nothing-like-it"])
    stop = threading.Event()

    def wait(secret: str) -> None:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        while not stop.is_set():
            line.request("POST", f"{RUNNER_API}/claims", b'{"wait_seconds": 25}', headers)
            line.getresponse().read()

    threads = [threading.Thread(target=wait, args=(secret,)) for secret in secrets]
    for thread in threads:
        thread.start()
    time.sleep(2)
    with counted(house) as asked:
        time.sleep(IDLE_SECONDS)
    stop.set()
    for thread in threads:
        thread.join()
    return round(len(asked) / IDLE_SECONDS, 2)


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    """Every statement that this house sends to its database, but those of its own clockwork."""
    asked: list[str] = []

    def note(*words: object) -> None:
        if "build_" in str(words[2]):
            asked.append(str(words[2]))

    engines = {house.database.engine, getattr(house.database, "_reading", house.database.engine)}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def started(data: Path, full: Path | None) -> float:
    """Milliseconds until `dure up` answers, the best of five; with the database of the full queue, if there is one."""
    data.mkdir()
    if full is not None:
        for file in (*full.glob("dure.db*"), full / "master.key"):
            if file.exists():
                shutil.copy2(file, data)
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        with running_house(data):
            best = min(best, time.perf_counter() - began)
    return round(1000 * best)


if __name__ == "__main__":
    main()
