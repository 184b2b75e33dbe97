"""Killed, starved and flooded: nothing is lost, nothing is told twice, and what went wrong is said."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.parts.ports import free_port
from tests.runner.house import Books
from tests.runner.stand import Stand, processes, supervisor_of

COUNTING = "for i in $(seq 40); do echo count $i; sleep 0.05; done"
COUNTED = [f"count {number}" for number in range(1, 41)]


def counted(log: str) -> list[str]:
    return [line for line in log.splitlines() if line.startswith("count ")]


def test_a_runner_that_is_killed_takes_its_jobs_up_again(stand: Stand) -> None:
    runner = stand.start_runner()
    job = stand.order([{"run": COUNTING}, {"run": "echo after"}])
    stand.printed(job)("count 5\n")

    os.kill(runner.pid, signal.SIGKILL)
    runner.wait()
    time.sleep(0.3)
    stand.start_runner()

    assert stand.ended(job).conclusion == "success"
    assert counted(stand.log(job)) == COUNTED
    assert [step.index for step in stand.steps(job)] == [0, 1]
    stand.until(stand.room_is_clear)


def test_a_job_that_ended_while_no_runner_was_there_is_told_later(stand: Stand) -> None:
    runner = stand.start_runner()
    job = stand.order([{"run": COUNTING}], outputs={"x": "done"})
    stand.printed(job)("count 3\n")
    supervisor = supervisor_of(stand)

    runner.terminate()
    assert runner.wait(5) == 0
    stand.until(lambda: not Path(f"/proc/{supervisor}").exists())
    assert not stand.steps(job)
    stand.start_runner()

    assert stand.ended(job).outputs == {"x": "done"}
    assert counted(stand.log(job)) == COUNTED


def test_runners_killed_again_and_again_say_everything_once(stand: Stand) -> None:
    job = stand.order([{"run": COUNTING}, *({"run": f"echo step {number}"} for number in range(30))])
    for pause in (0.9, 1.0, 1.1, 1.2):
        runner = stand.start_runner()
        time.sleep(pause)
        os.kill(runner.pid, signal.SIGKILL)
        runner.wait()
    stand.start_runner()

    assert stand.ended(job).conclusion == "success"
    assert counted(stand.log(job)) == COUNTED
    assert [step.index for step in stand.steps(job)] == list(range(31))


def test_a_supervisor_that_is_killed_fails_its_job_with_a_sentence_and_once(stand: Stand) -> None:
    stand.start_runner()
    mark = "8223401"
    job = stand.order([{"run": f"echo ready; setsid sleep {mark} & sleep {mark}"}])
    stand.printed(job)("\nready\n")

    os.kill(supervisor_of(stand), signal.SIGKILL)
    ended = stand.ended(job)

    assert ended.conclusion == "failure"
    assert ended.why == "The runner's process for this job was killed."
    stand.until(lambda: not processes(f"sleep {mark}"))
    stand.until(stand.room_is_clear)
    assert stand.did([{"run": "true"}])[0].conclusion == "success"


def test_a_supervisor_that_is_killed_while_no_runner_is_there(stand: Stand) -> None:
    runner = stand.start_runner()
    job = stand.order([{"run": "echo ready; sleep 600"}])
    stand.printed(job)("\nready\n")
    supervisor = supervisor_of(stand)

    for process in (runner.pid, supervisor):
        os.kill(process, signal.SIGKILL)
    runner.wait()
    stand.start_runner()

    assert stand.ended(job).conclusion == "failure"


def test_a_job_whose_supervisor_never_began_is_lost_and_may_be_done_again(stand: Stand) -> None:
    from dure.runner.place import Card, Workshop  # noqa: PLC0415

    workshop = Workshop(stand.workshop)
    workshop.make()
    job = stand.order([{"run": "true"}])
    data = stand.books.next_order()
    assert data
    place = workshop.job(1, 1)
    place.make()
    place.put_card(Card(job_id=1, run_id=1, attempt=1, lease_seconds=30, name="x"))
    (place.path / "lock").touch()
    (place.path / "journal").write_bytes(b'{"what":"started","isolation":"x","at":"2026-01-01T00:00:00Z"}\n{"what":"st')
    stand.start_runner()

    assert stand.ended(job).conclusion == "lost"
    assert len(stand.happenings(job)) == 2


def test_only_one_runner_works_in_a_directory(stand: Stand) -> None:
    stand.start_runner()
    assert stand.did([{"run": "true"}])[0].conclusion == "success"

    second = stand.start_runner()

    assert second.wait(20) != 0
    assert "works in" in (stand.directory / "runner.log").read_text()


def test_a_runner_that_nobody_needs_leaves(stand: Stand) -> None:
    stand.url = "http://127.0.0.1:9"
    runner = stand.start_runner("--leave-after", "1")

    assert runner.wait(20) == 0


@contextmanager
def house_process(directory: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    argv = [sys.executable, "-m", "tests.runner.house", str(directory), str(port)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as house:
        assert house.stdout
        assert house.stdout.readline() == b"ready\n"
        try:
            yield house
        finally:
            house.kill()


def test_a_house_that_is_killed_hears_the_rest_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    stand = Stand(tmp_path, Books(tmp_path / "house"), f"http://127.0.0.1:{port}")
    try:
        with house_process(tmp_path / "house", port):
            stand.start_runner()
            job = stand.order([{"run": COUNTING}, {"run": "echo after"}])
            stand.printed(job)("count 5\n")
        time.sleep(0.5)
        before = counted(stand.log(job))
        with house_process(tmp_path / "house", port):
            time.sleep(0.7)
        assert len(before) < 40
        stand.until(lambda: not processes("count $i"))
        with house_process(tmp_path / "house", port):
            assert stand.ended(job).conclusion == "success"
            assert counted(stand.log(job)) == COUNTED
            assert [step.index for step in stand.steps(job)] == [0, 1]
            assert stand.did([{"run": "true"}])[0].conclusion == "success"
    finally:
        stand.close()


def test_an_artifact_waits_for_a_house_that_is_away(tmp_path: Path) -> None:
    port = free_port()
    stand = Stand(tmp_path, Books(tmp_path / "house"), f"http://127.0.0.1:{port}")
    try:
        with house_process(tmp_path / "house", port):
            stand.start_runner()
            job = stand.order(
                [
                    {"run": "echo ready; sleep 1.5; echo x > file"},
                    {"uses": "actions/upload-artifact", "with_": {"path": "file"}},
                ]
            )
            stand.printed(job)("\nready\n")
        time.sleep(2.5)
        with house_process(tmp_path / "house", port):
            assert stand.ended(job).conclusion == "success"
            assert (tmp_path / "house" / "runs" / "1" / "artifact").exists()
    finally:
        stand.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_said(stand: Stand) -> None:
    stand.workshop.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m,mode=711", "tmpfs", str(stand.workshop)], check=True)
    try:
        runner = stand.start_runner()
        by_job, log, _ = stand.did([{"run": "head -c 50000000 /dev/zero > big"}])
        by_log = stand.order([{"run": "echo begin; base64 /dev/zero | head -c 60000000"}])

        assert by_job.conclusion == "failure"
        assert "No space left on device" in log
        ended = stand.ended(by_log)
        assert ended.conclusion == "failure"
        assert ended.why == "The disk of the runner is full."
        # What the job left is cleared away a moment after it has ended; a job that finds no room until then is lost.
        again = (stand.did([{"run": "true"}])[0].conclusion for _ in range(20))
        assert next((one for one in again if one != "lost"), "lost") == "success"
        runner.terminate()
        runner.wait()
    finally:
        subprocess.run(["umount", "-l", str(stand.workshop)], check=True)
