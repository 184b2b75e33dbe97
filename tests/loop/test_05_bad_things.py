"""Scenario 5: what goes wrong is told in a clear sentence, and nothing else goes wrong because of it."""

import socket
from collections.abc import Iterator

import pytest

from dure.wire import ReleaseList, ResultsInfo, RunDetail, RunList, SecretInfo, SecretValue
from tests.loop.app import SMALL, compose, version, workflow
from tests.loop.whole import Project, Whole, soon

# One house for each file of this folder, so a file must not be spread over several processes.
pytestmark = pytest.mark.alone

LINES = 200_000
SECRET = "a-word-that-nobody-may-read"
REPORT = """import sys
bad = len(sys.argv) > 1
silence = '<failure message="silence"/>' if bad else ''
rings = f'<testcase classname="bells" name="it_rings">{silence}</testcase>'
hangs = '<testcase classname="bells" name="it_hangs"/>'
open("junit.xml", "w").write(f'<testsuite name="bells">{hangs}{rings}</testsuite>')
sys.exit(bad)
"""
BROKEN_COMPOSE = """services:
  web:
    command: python3 app.py
    volumes:
      - ./data:/data
"""
BROKEN_WORKFLOW = """name: ci
on: push
jobs:
  test:
    runs-on: linux
    steps:
      - uses: actions/checkout@v4
      - rum: echo hello
"""


def where(whole: Whole, project: Project, sha: str) -> str:
    """What `dure where` says of a commit."""
    ended = whole.say("where", sha[:12], project=project.sight.project)
    assert ended.code == 0, ended.err
    return ended.out


@pytest.fixture(scope="module")
def taken_port(whole: Whole) -> Iterator[socket.socket]:
    """Somebody else listens where the traffic should come in."""
    address, _, port = whole.house.traffic.rpartition(":")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((address, int(port)))
        other.listen()
        yield other


def test_a_taken_traffic_port_is_told_and_waited_for(whole: Whole, taken_port: socket.socket) -> None:
    shop = whole.project("shop", SMALL)
    sha = shop.push("feat: a bell")
    port = whole.house.traffic.rpartition(":")[2]

    def told() -> str | None:
        found = shop.deployment(sha, "staging")
        return found.why if found is not None and found.why and port in found.why else None

    try:
        assert soon("its deployment says what it waits for", told)
    finally:
        taken_port.close()
    live = shop.phase(sha, "live")
    assert port not in (live.why or "")


def test_an_app_that_never_becomes_ready_fails_and_shows_its_last_words(whole: Whole) -> None:
    deaf = {"app.py": "import time\nprint('I hear nothing', flush=True)\ntime.sleep(600)\n"}
    more = "    healthcheck: {interval: 1s, retries: 3}\n"
    project = whole.project("deaf", SMALL | deaf | compose(more=more))
    sha = project.push("feat: a bell")
    failed = project.phase(sha, "failed", environment="staging")
    assert failed.why is not None
    assert failed.why.startswith("web was not ready within 3 s")
    assert "I hear nothing" in failed.why
    assert project.deployments("production") == []
    assert "was not ready" in where(whole, project, sha)


def test_an_app_that_ends_at_once_fails_and_shows_its_last_words(whole: Whole) -> None:
    short = {"app.py": "print('no database here', flush=True)\nraise SystemExit(3)\n"}
    project = whole.project("short", SMALL | short)
    failed = project.phase(project.push("feat: a bell"), "failed", environment="staging")
    assert failed.why is not None
    assert failed.why.startswith("web does not stay up (exit code 3)")
    assert "no database here" in failed.why


def test_a_job_that_prints_much_loses_nothing(whole: Whole) -> None:
    code = f"for n in range({LINES}): print(n, 'x' * 90)"
    project = whole.project("loud", workflow(f'python3 -c "{code}"'))
    run = project.run_over(project.push("feat: loud"))
    assert run.state == "success"
    log = project.log(run)
    assert len(log) > 20_000_000
    numbers = [line.split()[1] for line in log.splitlines() if line.endswith("x" * 90)]
    assert numbers == [str(number) for number in range(LINES)]


def test_a_commit_without_a_workflow_is_not_released_by_itself(whole: Whole) -> None:
    project = whole.project("unchecked", version("1") | compose())
    sha = project.push("feat: a bell")
    assert "No workflow checks it, so it is not released by itself." in where(whole, project, sha)
    assert whole.house.get(f"{project.sight.base}/runs", RunList).runs == []
    assert whole.house.get(f"{project.sight.base}/releases", ReleaseList).releases == []
    by_hand = whole.say("release", "new", sha, project=project.sight.project)
    assert by_hand.code == 0, by_hand.err
    project.phase(sha, "live")


def test_a_commit_without_an_app_file_is_released_and_not_deployed(whole: Whole) -> None:
    project = whole.project("library", workflow("true"))
    sha = project.push("feat: a library")
    soon("it is released", lambda: released(whole, project))
    assert "released as 0.1.0; it has no file that says how to run" in where(whole, project, sha)
    assert project.deployments("staging") == project.deployments("production") == []
    ship = whole.say("ship", project=project.sight.project)
    assert ship.code == 1
    assert "compose.yaml" in ship.err


def released(whole: Whole, project: Project) -> bool:
    found = whole.house.get(f"{project.sight.base}/releases", ReleaseList).releases
    return any(one.state == "released" for one in found)


def test_a_broken_app_file_is_told_with_its_place(whole: Whole) -> None:
    project = whole.project("broken-app", SMALL | {"compose.yaml": BROKEN_COMPOSE})
    failed = project.phase(project.push("feat: a bell"), "failed", environment="staging")
    assert failed.why is not None
    assert "volumes" in failed.why
    assert "4:5" in failed.why or ("line 4" in failed.why and "column 5" in failed.why), failed.why


def test_a_broken_workflow_is_told_with_its_place(whole: Whole) -> None:
    project = whole.project("broken-workflow", SMALL | {".github/workflows/ci.yml": BROKEN_WORKFLOW})
    sha = project.push("feat: a bell")
    run = project.run_over(sha)
    assert run.state == "failure"
    detail = whole.house.get(f"{project.sight.base}/runs/{run.number}", RunDetail)
    assert any((one.line, one.column) == (8, 9) and "rum" in one.message + one.source for one in detail.mistakes)
    assert not released(whole, project)
    assert "did not go well" in where(whole, project, sha)


def test_a_failing_test_is_named_and_stops_the_way(whole: Whole) -> None:
    project = whole.project("tested", {"test.py": REPORT} | workflow("python3 test.py"))
    good = project.run_over(project.push("feat: tested"))
    assert good.state == "success"
    sha = project.push("feat: broken", workflow("python3 test.py badly"))
    assert project.run_over(sha).state == "failure"

    def results() -> ResultsInfo | None:
        found = whole.house.get(f"{project.sight.base}/commits/{sha}/tests", ResultsInfo)
        return found if found.is_whole and found.failures else None

    found = soon("its results are read", results)
    assert (found.passed, found.failed, found.new_failures) == (1, 1, 1)
    assert [(one.name, one.is_new, one.message) for one in found.failures] == [("it_rings", True, "silence")]
    assert len(whole.house.get(f"{project.sight.base}/releases", ReleaseList).releases) == 1


def test_a_secret_that_is_printed_is_masked(whole: Whole) -> None:
    lines = ('echo "before $WORD after"', 'echo "$WORD" | rev | rev')
    project = whole.project("secretive", {})
    project.write(
        {
            ".github/workflows/ci.yml": workflow(*lines)[".github/workflows/ci.yml"].replace(
                "      - run: |", "      - env: {WORD: '${{ secrets.WORD }}'}\n        run: |"
            )
        }
    )
    whole.house.ask("PUT", f"{project.sight.base}/secrets/WORD", SecretValue(value=SECRET), SecretInfo)
    run = project.run_over(project.push("feat: secretive"))
    assert run.state == "success"
    log = project.log(run)
    assert "before *** after" in log
    assert SECRET not in log
    kept = [file for file in (whole.house.data / "logs").rglob("*") if file.is_file()]
    assert kept
    assert not [file for file in kept if SECRET.encode() in file.read_bytes()]


def test_the_house_is_well_after_all(whole: Whole) -> None:
    whole.expect_well()
