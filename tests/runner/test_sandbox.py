"""What a job can see and do, in each tier that works here. Each claim of the log's first lines is tried."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.runner.sandbox import USER, CannotIsolate, Cell, User, View, choose, lay_scripts, own_python
from dure.runner.sandbox.tier import printed, waited
from dure.wire import Tier
from tests.runner.stand import DURE_RUNNER, Stand, processes, standing

ROOT = os.geteuid() == 0
ME = User(USER, USER) if ROOT else User(os.getuid(), os.getgid())
SOURCES = Path(__file__).parents[2] / "src"
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
def view(passable: Path) -> View:
    room = passable / "room"
    for place in (room, room / "tmp"):
        place.mkdir()
        os.chown(place, ME.uid, ME.gid)
    return View(room, lay_scripts(passable), own_python(), ME)


@pytest.fixture(params=["bubblewrap", "namespaces", "none"])
def cell(request: pytest.FixtureRequest, view: View) -> Iterator[Cell]:
    try:
        tier, view = choose(request.param, view)
    except CannotIsolate as missing:
        pytest.skip(str(missing))
    cell = Cell(tier, view)
    yield cell
    cell.close()
    os.close(cell.output)


@pytest.fixture
def closed(cell: Cell) -> Cell:
    if cell.tier == "none":
        pytest.skip("this tier hides nothing")
    return cell


def said(cell: Cell, lines: str) -> str:
    assert waited(cell, cell.run(["sh", "-c", lines], ENVIRONMENT, cell.room)) is not None
    return b"".join(printed(cell.output)).decode()


def test_a_job_is_never_root_and_has_no_rights(cell: Cell) -> None:
    assert said(cell, "id -u").strip() == str(ME.uid)
    status = said(cell, "grep -E 'CapEff|NoNewPrivs' /proc/self/status").split()
    assert status == ["CapEff:", "0" * 16, "NoNewPrivs:", "1"]


def test_a_job_writes_only_into_its_own(closed: Cell) -> None:
    assert said(closed, "echo mine > own && cat own && echo tmp > /tmp/t && cat /tmp/t").split() == ["mine", "tmp"]
    assert (closed.view.room / "own").read_text() == "mine\n"
    for place in ("/x", "/usr/x", "/etc/x", "/.dure/x", "/dev/x/y"):
        assert "cannot" in said(closed, f"touch {place} || echo cannot") + "", place
    assert list(closed.view.inside.glob("x")) == []


def test_a_job_does_not_see_the_rest_of_the_machine(closed: Cell, tmp_path: Path) -> None:
    secret = tmp_path / "house.db"
    secret.write_text("all secrets")
    secret.chmod(0o644)

    assert "No such file" in said(closed, f"cat {secret} 2>&1")
    assert said(closed, "ls /home /var/lib /work /srv 2>/dev/null").strip() == ""
    assert said(closed, "ls -d /proc/[0-9]* | wc -l").strip() in ("4", "5", "6")
    assert "enied" in said(closed, "cat /etc/shadow 2>&1")


def test_a_job_makes_no_namespaces_of_its_own(closed: Cell) -> None:
    assert "failed" in said(closed, "unshare --user --map-root-user true 2>&1 || echo failed")


def test_a_job_has_the_tools_of_the_system(cell: Cell) -> None:
    assert "git version" in said(cell, "git --version")
    assert said(cell, "echo gone > /dev/null; head -c 4 /dev/urandom | wc -c; echo ok > /dev/stdout").split() == [
        "4",
        "ok",
    ]
    assert said(cell, "pwd").strip() == cell.room


def test_what_the_owner_shows_is_seen_and_not_changed(view: View, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "word").write_text("shown")
    tools.chmod(0o777)
    tier, view = choose("auto", View(view.room, view.inside, view.python, ME, (tools,)))
    cell = Cell(tier, view)

    assert said(cell, f"cat {tools}/word; touch {tools}/new || echo cannot").startswith("shown")
    assert not (tools / "new").exists()
    cell.close()
    os.close(cell.output)


def test_the_end_of_a_sandbox_is_the_end_of_all_in_it(cell: Cell) -> None:
    mark = f"7{time.time_ns() % 10**8}"
    said(cell, f"setsid sh -c 'setsid sleep {mark} & sleep {mark}' > /dev/null 2>&1 & (sleep {mark} &) ; echo")
    wait_for(lambda: len(processes(f"sleep {mark}")) >= 3)

    cell.clear()
    wait_for(lambda: not processes(f"sleep {mark}"))
    said(cell, f"setsid sleep {mark} & echo")
    cell.socket.close()
    wait_for(lambda: not processes(f"sleep {mark}"))


def test_a_program_that_cannot_be_started(cell: Cell) -> None:
    assert waited(cell, cell.run(["no-such-program"], ENVIRONMENT, cell.room)) == 127
    assert waited(cell, cell.run(["true"], ENVIRONMENT, "/no/such/place")) == 127
    assert waited(cell, cell.run(["sh", "-c", "kill -9 $$"], ENVIRONMENT, cell.room)) == 137
    assert "no-such-program: there is no such thing here" in b"".join(printed(cell.output)).decode()


def test_the_end_of_no_program_is_missed(cell: Cell) -> None:
    """Each ends at about the moment at which the first process of the sandbox turns to its next order."""
    for _ in range(300):
        assert waited(cell, cell.run(["true"], ENVIRONMENT, "/")) == 0
    together = [cell.run(["sleep", "0.2"], ENVIRONMENT, "/") for _ in range(50)]
    assert [waited(cell, program) for program in together] == [0] * 50


def test_without_any_way_to_isolate_the_runner_says_what_to_do(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.runner.sandbox.tier.trial", lambda tier, view: f"{tier} does not work")  # noqa: ARG005

    with pytest.raises(CannotIsolate, match="--isolation none"):
        choose("auto", view)


@pytest.mark.parametrize("tier", ["namespaces", "none"])
def test_whole_jobs_in_the_other_tiers(passable: Path, tier: Tier) -> None:
    with standing(passable) as stand:
        stand.start_runner("--isolation", tier)
        ended, log, _ = stand.did(
            [
                {"run": 'echo "A=$(id -u)" >> $GITHUB_ENV; echo here > file; setsid sleep 7654321 &'},
                {"run": "echo $A $(cat file) ${{ hashFiles('file') != '' }}; test -w $HOME -a -w $RUNNER_TEMP"},
            ]
        )

        assert ended.conclusion == "success", log
        assert f"{ME.uid} here true" in log
        assert f"Isolation: {tier}" in log
        wait_for(lambda: not processes("sleep 7654321"))
        stand.until(stand.room_is_clear)


def test_two_jobs_do_not_see_each_other(stand: Stand) -> None:
    stand.start_runner("--capacity", "2")
    one = stand.order([{"run": "echo secret > /tmp/mine; echo there; sleep 1.5"}])
    stand.printed(one)("\nthere\n")
    _, log, _ = stand.did([{"run": "ls /tmp; ls /proc | grep -c '^[0-9]'; echo checked"}])

    assert "mine" not in log.partition("##[endgroup]\n")[2]
    assert "\nchecked\n" in log
    assert stand.ended(one).conclusion == "success"


def wait_for(what: object, seconds: float = 10) -> None:
    assert callable(what)
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_what_a_job_closed_is_removed_all_the_same(stand: Stand) -> None:
    stand.start_runner()

    ended, _, _ = stand.did([{"run": "mkdir -p a/b/c && touch a/b/c/d && chmod 0 a/b/c a/b a"}])

    assert ended.conclusion == "success"
    stand.until(stand.room_is_clear)
    stand.until(lambda: not list((stand.workshop / "trash").iterdir()))
    assert (stand.workshop.stat().st_mode & 0o777) == 0o711


SOMEBODY = 12_345
SYSTEM_PYTHON = "/usr/bin/python3"


@pytest.mark.skipif(not ROOT, reason="all tests run as somebody already")
@pytest.mark.parametrize("tier", ["auto", "namespaces", "none"])
def test_a_runner_that_is_not_root(passable: Path, tier: str) -> None:
    version = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    if subprocess.run([SYSTEM_PYTHON, "-c", version], check=False).returncode != 0:
        pytest.skip("our own Python lies where nobody but root can reach it, and the system's is another one")
    packages = [path for path in sys.path if path.endswith("site-packages")]
    program = ["setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups", "env", "-i"]
    program += ["PATH=/usr/bin:/bin", f"PYTHONPATH={':'.join([str(SOURCES), *packages])}"]
    with standing(passable) as stand:
        stand.program = [*program, SYSTEM_PYTHON, *DURE_RUNNER[1:]]
        stand.workshop.mkdir()
        for path in (stand.directory, stand.workshop):
            os.chown(path, SOMEBODY, SOMEBODY)
        stand.start_runner("--isolation", tier)
        ended, log, _ = stand.did([{"run": "id -u; touch file"}, {"run": "ls -l | wc -l; head -c 9 /dev/stdin"}])

    assert ended.conclusion == "success", log
    assert f"\n{SOMEBODY}\n" in log
