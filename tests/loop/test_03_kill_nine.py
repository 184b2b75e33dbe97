"""Scenario 3: kill -9 of everything that can be killed. What people asked for happens all the same, and once."""

import http.client
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from dure.demo import Visitors
from dure.kit import Refused
from dure.wire import DeploymentInfo, LogLine, LogList, ReleaseList, RunDetail, RunList
from tests.loop.app import SMALL, version, workflow
from tests.loop.whole import RUN_OVER, Project, Whole, processes_of, soon

# One house for each file of this folder, so a file must not be spread over several processes.
pytestmark = [pytest.mark.alone, pytest.mark.usefixtures("twice")]

HOST = "web.production.shop.localhost"
AWAY_SECONDS = 2.0
"""How long nobody looks after anything."""
SLOW = workflow("for i in 1 2 3 4 5 6 7 8; do echo tick $i; sleep 0.5; done", "echo done")


@dataclass
class Twice:
    """A commit during whose way the house was killed twice."""

    sha: str
    run: RunDetail
    deployment: DeploymentInfo
    met_while_away: dict[str, int]
    """How often each version answered while there was no house."""
    visitors: Visitors


@pytest.fixture(scope="module")
def shop(whole: Whole) -> Project:
    shop = whole.project("shop", SMALL)
    shop.phase(shop.push("feat: a bell"), "live")
    return shop


@pytest.fixture(scope="module")
def twice(whole: Whole, shop: Project) -> Iterator[Twice]:
    with Visitors(whole.house.traffic, HOST, 50) as visitors:
        soon("visitors are served", lambda: visitors.seen.requests > 20)
        sha = shop.push("feat: another bell", version("2") | SLOW)
        run = soon("its job writes", lambda: writing(shop, sha, "tick 2"))
        whole.kill()
        time.sleep(AWAY_SECONDS)
        whole.come_back()
        shop.run_over(sha)
        shop.phase(sha, "canary")
        soon("the canary is visited", lambda: len(visitors.seen.versions) == 2)
        whole.kill()
        before = dict(visitors.seen.versions)
        time.sleep(AWAY_SECONDS)
        met = {name: count - before[name] for name, count in visitors.seen.versions.items()}
        whole.come_back()
        deployment = shop.phase(sha, "live", "rolled_back", "failed")
        run = shop.house.get(f"{shop.sight.base}/runs/{run.number}", RunDetail)
        yield Twice(sha, run, deployment, met, visitors)


def writing(shop: Project, sha: str, words: str) -> RunDetail | None:
    """The run of this commit, once its only job has written these words."""
    run = shop.sight.run_of(sha)
    if run is None:
        return None
    found = shop.house.get(f"{shop.sight.base}/runs/{run.number}", RunDetail)
    assert found.state not in RUN_OVER, shop.log(found)
    return found if words in shop.log(found) else None


def test_the_run_goes_on_without_the_house_and_ends_once(whole: Whole, shop: Project, twice: Twice) -> None:
    assert twice.run.state == "success"
    assert [(job.state, job.attempt) for job in twice.run.jobs] == [("success", 1)]
    log = shop.log(twice.run)
    assert [log.count(f"tick {number}\n") for number in range(1, 9)] == [1] * 8
    runs = whole.house.get(f"{shop.sight.base}/runs?sha={twice.sha}", RunList).runs
    assert len(runs) == 1


def test_it_is_released_once_and_deployed_once(whole: Whole, shop: Project, twice: Twice) -> None:
    releases = whole.house.get(f"{shop.sight.base}/releases", ReleaseList).releases
    assert [one.version for one in releases if one.sha == twice.sha] == ["0.2.0"]
    assert twice.deployment.phase == "live"
    for environment in ("staging", "production"):
        found = [one for one in shop.deployments(environment) if one.sha == twice.sha]
        assert [one.phase for one in found] == ["live"], environment


def test_services_answer_while_there_is_no_house(twice: Twice) -> None:
    seen = twice.visitors.seen
    assert len(twice.met_while_away) == 2
    assert all(count > 0 for count in twice.met_while_away.values()), twice.met_while_away
    assert seen.failed_by_platform == 0, seen.complaints
    assert seen.errors == 0


def test_the_ledger_holds(whole: Whole) -> None:
    whole.expect_well()


def test_a_killed_runner_leaves_its_job_and_comes_back_for_it(whole: Whole, shop: Project) -> None:
    sha = on_a_branch(shop, "runner")
    soon("its job writes", lambda: writing(shop, sha, "tick 2"))
    lock = whole.folder / "workshop" / "runner" / "lock"
    killed = kill(lock)
    run = shop.run_over(sha)
    assert run.state == "success", shop.log(run)
    assert [job.attempt for job in run.jobs] == [1]
    log = shop.log(run)
    assert [log.count(f"tick {number}\n") for number in range(1, 9)] == [1] * 8
    assert int(lock.read_text()) != killed


def test_a_killed_job_fails_and_says_why(whole: Whole, shop: Project) -> None:
    sha = on_a_branch(shop, "supervisor")
    soon("its job writes", lambda: writing(shop, sha, "tick 2"))
    (lock,) = [file for file in (whole.folder / "workshop/runner/jobs").glob("*/lock") if is_alive(file)]
    kill(lock)
    run = shop.run_over(sha)
    assert run.state == "failure"
    assert [(job.attempt, bool(job.why)) for job in run.jobs] == [(1, True)]
    again = whole.say("runs", "rerun", str(run.number))
    assert again.code == 0, again.err
    soon("it runs again", lambda: shop.house.get(f"{shop.sight.base}/runs/{run.number}", RunDetail).state == "success")


def on_a_branch(shop: Project, name: str) -> str:
    """The slow workflow once more, where nothing is released."""
    shop.copy.git("checkout", "--quiet", "-B", name, "main")
    shop.write({"NAME": name})
    sha = shop.copy.commit(f"test: {name}")
    shop.copy.git("push", "--quiet", "dure", name)
    shop.copy.git("checkout", "--quiet", "main")
    return sha


def test_killed_telemetry_comes_back_with_what_it_knew(whole: Whole, shop: Project) -> None:
    before = soon("lines are kept", lambda: lines(shop, 0))
    (engine,) = [pid for pid, line in processes_of(whole.folder) if "chdb_process" in line]
    os.kill(engine, signal.SIGKILL)
    soon("it goes on", lambda: lines(shop, before[-1].id))
    known = {line.id for line in soon("it answers", lambda: lines(shop, before[0].id - 1))}
    assert {line.id for line in before} <= known


def lines(shop: Project, after: int) -> list[LogLine]:
    with suppress(Refused):
        return shop.house.get(f"{shop.sight.base}/logs/web?after={after}&limit=50", LogList).lines
    return []


def test_killed_instance_is_started_again(whole: Whole, shop: Project, twice: Twice) -> None:
    instance = serving(whole, twice.sha)
    os.kill(instance, signal.SIGKILL)
    soon("another one serves", lambda: (pid := maybe_serving(whole, twice.sha)) and pid != instance)
    soon("visitors meet it", lambda: answer(whole) == "2")
    assert shop.phase(twice.sha, "live").phase == "live"


def test_killed_front_door_is_back_soon(whole: Whole, twice: Twice) -> None:
    twice.visitors.__exit__()
    (door,) = [pid for pid, line in processes_of(whole.folder) if "/envoy-" in line and "bootstrap" in line]
    os.kill(door, signal.SIGKILL)
    soon("the front door is back", lambda: answer(whole) == "2")
    with Visitors(whole.house.traffic, HOST, 50) as visitors:
        soon("visitors are served", lambda: visitors.seen.requests > 100)
    assert visitors.seen.failed_by_platform == 0


def test_after_all_that_the_way_is_free(whole: Whole, shop: Project) -> None:
    """The next commit goes the same way as any other."""
    sha = shop.push("fix: the bell", version("3") | workflow("true"))
    with Visitors(whole.house.traffic, HOST, 50) as visitors:
        shop.phase(sha, "live")
        soon("visitors meet it", lambda: answer(whole) == "3")
    assert visitors.seen.failed_by_platform == 0, visitors.seen.complaints
    assert len(whole.house.get(f"{shop.sight.base}/releases", ReleaseList).releases) == 3


def answer(whole: Whole) -> str:
    address, _, port = whole.house.traffic.rpartition(":")
    line = http.client.HTTPConnection(address, int(port), timeout=5)
    with closing(line), suppress(OSError, http.client.HTTPException):
        line.request("GET", "/", headers={"Host": HOST})
        return line.getresponse().read().decode()
    return ""


def serving(whole: Whole, sha: str) -> int:
    return soon("an instance runs", lambda: maybe_serving(whole, sha))


def maybe_serving(whole: Whole, sha: str) -> int | None:
    """The process of the app itself in production, not the one that looks after it."""
    given = {f"DURE_COMMIT={sha}".encode(), b"DURE_ENVIRONMENT=production"}
    for pid, line in processes_of(whole.folder):
        with suppress(OSError):
            surroundings = Path(f"/proc/{pid}/environ").read_bytes().split(b"\x00")
            if line.startswith("python3 app.py") and given.issubset(surroundings):
                return pid
    return None


def kill(lock: Path) -> int:
    pid = int(lock.read_text())
    os.kill(pid, signal.SIGKILL)
    return pid


def is_alive(lock: Path) -> bool:
    with suppress(OSError, ValueError):
        os.kill(int(lock.read_text()), 0)
        return True
    return False
