"""Supervisors made ahead: the job that comes moves into a sandbox that stands ready, and it is its alone."""

import os
import signal
import subprocess
import time
from pathlib import Path

from tests.runner.stand import Stand


def ready(stand: Stand) -> list[Path]:
    """Rooms that wait for a job."""
    return list((stand.workshop / "ahead").glob("*/room"))


def makers(stand: Stand) -> list[int]:
    """The supervisors that wait in front of them."""
    return [int(room.parent.name.split("-")[0]) for room in ready(stand)]


def test_many_jobs_one_after_another_and_all_at_once(stand: Stand) -> None:
    """Some find a sandbox that stands, some one that is being built, some none."""
    stand.start_runner("--capacity", "4")
    for _ in range(3):
        stand.until(lambda: len(ready(stand)) == 2)
        jobs = [stand.order([{"run": "echo here > $HOME/mark; ls $HOME /job/work"}]) for _ in range(8)]
        assert [stand.ended(job).conclusion for job in jobs] == ["success"] * 8
        assert all("mark" in stand.log(job) for job in jobs)


def test_nothing_of_one_job_is_there_for_the_next(stand: Stand) -> None:
    stand.start_runner("--capacity", "1")
    for _ in range(3):
        stand.until(lambda: ready(stand))
        ended, log, _ = stand.did([{"run": "ls -A /job/work /job/home /tmp; touch /job/work/a /job/home/b /tmp/c"}])
        assert ended.conclusion == "success"
        assert not {"a", "b", "c"} & set(log.splitlines())


def test_what_was_made_ahead_ends_with_the_runner(stand: Stand) -> None:
    runner = stand.start_runner("--capacity", "2")
    stand.until(lambda: len(ready(stand)) == 2)
    known = makers(stand)
    os.kill(runner.pid, signal.SIGKILL)
    runner.wait()
    stand.until(lambda: not ready(stand) and not any(Path(f"/proc/{pid}").exists() for pid in known))


def test_one_that_was_killed_is_passed_over(stand: Stand) -> None:
    stand.start_runner("--capacity", "2")
    stand.until(lambda: len(ready(stand)) == 2)
    for pid in makers(stand):
        os.kill(pid, signal.SIGKILL)
    assert stand.did([{"run": "true"}])[0].conclusion == "success"


def test_a_sandbox_that_ended_while_it_waited_gets_no_job(stand: Stand) -> None:
    stand.start_runner("--capacity", "2")
    stand.until(lambda: len(ready(stand)) == 2)
    time.sleep(0.2)
    for maker in makers(stand):
        subprocess.run(["pkill", "-KILL", "-P", str(maker)], check=True)
    assert stand.did([{"run": "true"}])[0].conclusion == "success"


def test_a_new_runner_leaves_alone_what_an_earlier_one_is_handing_over(stand: Stand) -> None:
    ours, gone = stand.workshop / "ahead" / f"{os.getpid()}-0", stand.workshop / "ahead" / "4194305-0"
    for room in (ours, gone):
        (room / "room").mkdir(parents=True)
    stand.start_runner("--capacity", "1")
    stand.until(lambda: not gone.exists())
    assert stand.did([{"run": "true"}])[0].conclusion == "success"
    assert ours.exists()
