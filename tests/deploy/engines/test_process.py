"""Instances as real processes under real shims: kept up, stopped whole, found again by a house that was killed."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from dure.deploy.engines import shim
from dure.deploy.engines.process import SERVICE_USER, Processes
from dure.deploy.platform import PlatformRefused, Seen
from tests.deploy.engines.ground import (
    PYTHON,
    alive,
    get,
    instance_of,
    processes_of,
    release_of,
    sample,
    shim_of,
    until,
    up,
)


def look(platform: Processes, key: str = "d1-web-0") -> Seen:
    found = platform.look(key)
    assert found is not None
    return found


def in_state(platform: Processes, state: str, key: str = "d1-web-0") -> Seen:
    until(lambda: look(platform, key).state == state)
    return look(platform, key)


def port_of(seen: Seen) -> int:
    assert seen.port is not None
    return seen.port


def test_an_instance_lives_and_ends(platform: Processes, release: Path) -> None:
    assert platform.look("d1-web-0") is None
    seen = up(platform, instance_of(release))

    assert (seen.state, seen.restarts, seen.exit_code, seen.why) == ("running", 0, None, None)
    assert 20_000 <= port_of(seen) <= 29_999
    assert get(port_of(seen), "/")[1]["version"] == "d1"
    assert platform.all() == [seen]
    platform.stop("d1-web-0")
    platform.stop("d1-web-0")
    assert in_state(platform, "stopped").exit_code == 0
    assert not alive(seen.pid)
    platform.forget("d1-web-0")
    platform.forget("d1-web-0")
    assert (platform.look("d1-web-0"), platform.all()) == (None, [])


def test_wanting_it_twice_changes_nothing(platform: Processes, release: Path) -> None:
    seen = up(platform, instance_of(release))

    together = [threading.Thread(target=platform.start, args=(instance_of(release),)) for _ in range(4)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    platform.tend()

    assert look(platform) == seen
    assert len(processes_of(platform.log_path("d1-web-0").parent)) == 2


def test_many_who_start_it_at_once_start_it_once(platform: Processes, release: Path) -> None:
    together = [threading.Thread(target=platform.start, args=(instance_of(release),)) for _ in range(4)]
    for thread in together:
        thread.start()
    for thread in together:
        thread.join()
    up(platform, instance_of(release))

    assert len(processes_of(platform.log_path("d1-web-0").parent)) == 2


def test_nothing_of_the_house_reaches_the_application(
    platform: Processes, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DURE_MASTER_KEY", "of the house")
    seen = up(
        platform,
        instance_of(release, variables={"COLOUR": "blue"}, secrets={"db_password": "swordfish"}),
    )

    told = get(port_of(seen), "/env")[1]

    assert set(told["env"]) - {"LC_CTYPE"} == {
        *("PATH", "LANG", "HOME", "TMPDIR", "PORT", "COLOUR", "DB_PASSWORD_FILE", "DURE_INSTANCE", "DURE_VERSION")
    }
    assert told["env"]["PORT"] == str(seen.port)
    assert told["cwd"] == str(release)
    secret = Path(told["env"]["DB_PASSWORD_FILE"])
    assert (secret.read_text(), secret.stat().st_mode & 0o777, secret.parent.stat().st_mode & 0o777) == (
        "swordfish",
        0o400,
        0o700,
    )
    for process in processes_of(platform.log_path("d1-web-0").parent):
        assert b"swordfish" not in Path(f"/proc/{process}/cmdline").read_bytes()
    assert (
        Path(told["env"]["HOME"]).stat().st_uid == told["uid"] == (SERVICE_USER if os.geteuid() == 0 else os.getuid())
    )
    assert (platform.log_path("d1-web-0").parent / "order.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have another user run it")
def test_no_privilege_comes_back(platform: Processes, release: Path) -> None:
    seen = up(platform, instance_of(release))

    status = Path(f"/proc/{seen.pid}/status").read_text()

    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status
    assert "Groups:\t \n" in status or "Groups:\t\n" in status


def test_the_mask_of_the_house_closes_nothing_to_the_service(workshop: Path) -> None:
    mask = os.umask(0o077)
    try:
        platform = Processes(workshop / "made" / "deploy")
        release = release_of(platform, sample())
        assert get(port_of(up(platform, instance_of(release))), "/")[0] == 200
    finally:
        os.umask(mask)


def test_a_crash_is_followed_by_a_new_start(platform: Processes, release: Path) -> None:
    seen = up(platform, instance_of(release))

    with pytest.raises(ConnectionError):
        get(port_of(seen), "/crash")
    until(lambda: look(platform).restarts == 1 and platform.ready("d1-web-0", "/up", 1).well)

    again = look(platform)
    assert (again.state, again.exit_code, again.port) == ("running", 3, seen.port)
    os.kill(again.pid or 0, signal.SIGKILL)
    until(lambda: look(platform).restarts == 2)
    assert look(platform).exit_code == -9


def test_what_does_not_stay_up_failed_and_is_tried_again(platform: Processes, release: Path) -> None:
    platform.start(instance_of(release, command=("sh", "-c", "echo broken; exit 7")))

    failed = in_state(platform, "failed")

    assert failed.restarts >= 4
    assert failed.exit_code == 7
    assert str(failed.why) == "Its process ended with code 7."
    assert platform.log_path("d1-web-0").read_text().count("broken\n") >= 5
    platform.stop("d1-web-0")
    in_state(platform, "stopped")


def test_what_cannot_be_started_says_why(platform: Processes, release: Path) -> None:
    platform.start(instance_of(release, command=("no-such-program",)))

    assert "cannot be started" in str(in_state(platform, "failed").why)
    with pytest.raises(PlatformRefused):
        platform.start(instance_of(release, key="../out"))
    with pytest.raises(PlatformRefused):
        platform.start(instance_of(release, key="d2", variables={"A=B": "1"}))
    with pytest.raises(PlatformRefused):
        platform.forget("d1-web-0")


def test_what_is_never_ready_says_why(platform: Processes, release: Path) -> None:
    platform.start(instance_of(release, key="deaf", command=("sleep", "600")))
    platform.start(instance_of(release, key="sick", variables={"UNREADY": "1"}))
    in_state(platform, "running", "deaf")
    until(lambda: platform.ready("sick", "/up", 2).status == 500)

    assert "Nothing listens" in str(platform.ready("deaf", "/up", 1).words)
    assert not platform.ready("sick", "/up", 1).well
    assert platform.ready("sick", "/", 1).well
    assert platform.ready("sick", None, 1).well
    assert "did not answer" in str(platform.ready("sick", "/slow/5", 0.2).words)
    assert not platform.ready("nobody", "/up", 1).well


def test_all_that_came_from_it_ends_with_it(platform: Processes, release: Path) -> None:
    seen = up(platform, instance_of(release, variables={"CHILD": "1", "STUBBORN": "1"}))
    folder = platform.log_path("d1-web-0").parent
    assert len(processes_of(folder)) == 3

    began = time.monotonic()
    platform.stop("d1-web-0", grace_seconds=0.5)
    assert time.monotonic() - began < 0.3
    assert look(platform).state == "running"
    in_state(platform, "stopped")

    assert not alive(seen.pid)
    assert time.monotonic() - began >= 0.5
    until(lambda: processes_of(folder) == [])


def test_the_children_of_a_crash_are_ended_before_the_next_start(platform: Processes, release: Path) -> None:
    seen = up(platform, instance_of(release, variables={"CHILD": "1"}))
    folder = platform.log_path("d1-web-0").parent

    os.kill(seen.pid or 0, signal.SIGKILL)
    until(lambda: look(platform).restarts == 1 and platform.ready("d1-web-0", "/up", 1).well)

    assert len(processes_of(folder)) == 3


def test_a_wrapped_application_may_finish_within_its_grace(platform: Processes, release: Path) -> None:
    """The shell ends at once when asked; what it started still has a request to answer."""
    seen = up(platform, instance_of(release, command=("sh", "-c", f"{PYTHON} app.py; true")))
    answers: list[int] = []
    visitor = threading.Thread(target=lambda: answers.append(get(port_of(seen), "/slow/1")[0]))
    visitor.start()
    time.sleep(0.3)

    platform.stop("d1-web-0")
    visitor.join()
    in_state(platform, "stopped")

    assert answers == [200]


def test_a_house_that_was_killed_finds_it_again(workshop: Path, release: Path) -> None:
    starting = f"""
import os, signal, sys
from pathlib import Path
from dure.deploy.engines.process import Processes
from tests.deploy.engines.ground import instance_of, up
up(Processes(Path({str(workshop)!r}) / "deploy"), instance_of(Path({str(release)!r})))
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", starting], check=False, cwd=Path(__file__).parents[3])
    assert ended.returncode == -signal.SIGKILL

    platform = Processes(workshop / "deploy")
    seen = look(platform)

    assert (seen.state, seen.restarts) == ("running", 0)
    assert get(port_of(seen), "/")[0] == 200
    with pytest.raises(ConnectionError):
        get(port_of(seen), "/crash")
    until(lambda: look(platform).restarts == 1)
    platform.stop("d1-web-0")
    in_state(platform, "stopped")


def test_a_shim_that_was_killed_is_replaced_and_nothing_runs_twice(platform: Processes, release: Path) -> None:
    seen = up(platform, instance_of(release, variables={"CHILD": "1"}))
    folder = platform.log_path("d1-web-0").parent
    first = shim_of(folder)

    os.kill(first, signal.SIGKILL)
    until(lambda: not alive(first))
    assert look(platform).state == "running"
    assert get(port_of(seen), "/")[0] == 200
    platform.tend()
    platform.tend()
    until(lambda: look(platform).pid not in (None, seen.pid) and platform.ready("d1-web-0", "/up", 1).well)

    again = look(platform)
    assert not alive(seen.pid)
    assert (again.restarts, again.port) == (1, seen.port)
    assert len(processes_of(folder)) == 3


def test_stopping_without_a_shim_ends_the_orphan(platform: Processes, release: Path) -> None:
    seen = up(platform, instance_of(release))
    folder = platform.log_path("d1-web-0").parent
    os.kill(shim_of(folder), signal.SIGKILL)
    until(lambda: not alive(shim_of(folder)))

    platform.stop("d1-web-0")
    in_state(platform, "stopped")

    assert not alive(seen.pid)
    until(lambda: processes_of(folder) == [])


def test_after_the_machine_began_anew_what_is_wanted_is_started(platform: Processes, release: Path) -> None:
    """The end of the machine asks every process to end; no state of before is believed then."""
    seen = up(platform, instance_of(release))
    folder = platform.log_path("d1-web-0").parent
    os.kill(shim_of(folder), signal.SIGTERM)
    until(lambda: not alive(seen.pid) and not alive(shim_of(folder)))
    told = (folder / "state.json").read_text()
    (folder / "state.json").write_text(told.replace(shim.boot(), "before"))

    assert look(platform).state == "starting"
    platform.tend()

    until(lambda: platform.ready("d1-web-0", "/up", 1).well)


def test_another_process_with_its_number_is_not_taken_for_it(platform: Processes, release: Path) -> None:
    up(platform, instance_of(release))
    folder = platform.log_path("d1-web-0").parent
    first = shim_of(folder)
    os.kill(first, signal.SIGKILL)
    until(lambda: not alive(first))
    told = (folder / "state.json").read_text()
    (folder / "state.json").write_text(told.replace(f'"shim": {first}', f'"shim": {os.getpid()}'))

    platform.stop("d1-web-0")

    in_state(platform, "stopped")


def test_half_a_state_is_no_trouble(platform: Processes, release: Path) -> None:
    up(platform, instance_of(release))
    folder = platform.log_path("d1-web-0").parent
    os.kill(shim_of(folder), signal.SIGKILL)
    (folder / "state.json").write_text('{"shim": 1')

    assert look(platform).state == "starting"
    platform.tend()
    until(lambda: platform.ready("d1-web-0", "/up", 1).well)
    until(lambda: len(processes_of(folder)) == 2)


def test_a_port_that_is_taken_is_not_given(workshop: Path, release: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        low = taken.getsockname()[1]
        platform = Processes(workshop / "narrow", ports=(low, low))
        platform.start(instance_of(release))
        assert str(in_state(platform, "failed").why) == "No port is free for it."

    until(lambda: platform.ready("d1-web-0", "/up", 1).well)


def test_two_houses_do_not_give_the_same_port(workshop: Path, release: Path) -> None:
    """The first has reserved it and its application does not listen yet."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        low = free.getsockname()[1]
    one, two = (Processes(workshop / name, ports=(low, low)) for name in ("one", "two"))
    one.start(instance_of(release, command=("sleep", "600")))
    in_state(one, "running")

    two.start(instance_of(release))

    in_state(two, "failed")
    one.stop("d1-web-0")
    until(lambda: two.ready("d1-web-0", "/up", 1).well)


def test_a_port_that_was_lost_in_a_crash_is_replaced(workshop: Path, release: Path) -> None:
    platform = Processes(workshop / "deploy")
    seen = up(platform, instance_of(release, command=("sh", "-c", f"sleep 0.3; exec {PYTHON} app.py")))
    with pytest.raises(ConnectionError):
        get(port_of(seen), "/crash")
    thief = until(lambda: steal(port_of(seen)))
    with thief:
        until(lambda: look(platform).restarts >= 1 and look(platform).port != seen.port)
        until(lambda: platform.ready("d1-web-0", "/up", 1).well)


def steal(port: int) -> socket.socket | None:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return None


def test_the_log_has_times_and_a_size(workshop: Path, release: Path) -> None:
    platform = Processes(workshop / "deploy", log_bytes_max=20_000)
    command = ("sh", "-c", "for i in $(seq 1 1500); do echo line $i; done; printf 'no end'; sleep 600")
    platform.start(instance_of(release, command=command))
    log = platform.log_path("d1-web-0")
    until(lambda: log.exists() and log.read_text().endswith("no end"))

    before = log.with_suffix(".1").read_text().splitlines()
    assert log.stat().st_size < 20_000
    assert log.with_suffix(".1").stat().st_size < 20_000 + 70_000
    for line in before:
        stamp, _, words = line.partition(" ")
        assert len(stamp) == 24
        assert stamp.endswith("Z")
        assert words.startswith("line ")
    assert log.read_text().splitlines()[-2].endswith("line 1500")


def test_looking_at_all_is_cheap(platform: Processes, release: Path) -> None:
    for number in range(5):
        platform.start(instance_of(release, key=f"d1-web-{number}", command=("sleep", "600")))
    began = time.perf_counter()
    for _ in range(20):
        assert len(platform.all()) == 5
    assert (time.perf_counter() - began) / 20 < 0.02
