"""Killed, starved and flooded: nothing is lost, nothing is told twice, and what went wrong is said."""

import base64
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dure.wire import StepStarted
from tests.parts.ports import free_port
from tests.runner.house import Books
from tests.runner.stand import Stand, processes

COUNTING = "for i in $(seq 40); do echo count $i; sleep 0.05; done"
COUNTED = [f"count {number}" for number in range(1, 41)]


def counted(log: str) -> list[str]:
    return [line for line in log.splitlines() if line.startswith("count ")]


def supervisor_of(stand: Stand) -> int:
    [lock] = stand.until(lambda: list((stand.workshop / "jobs").glob("*/lock")))
    return int(stand.until(lock.read_text))


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


def test_a_flood_of_output_flows_whole_and_in_little_memory(stand: Stand) -> None:
    stand.start_runner()
    lines, words = 1_200_000, "%.0f is a line of some eighty characters, as builds print them all day: ok"
    job = stand.order(
        [{"run": f"echo ready; seq -f '{words}' {lines}"}],
        secrets={"KEY": "hunter2-long"},
        log_bytes_max=400_000_000,
    )
    stand.printed(job)("\nready\n")
    peaks = Peaks([stand.runners[0].pid, supervisor_of(stand)])
    ended = stand.ended(job, 120)
    peaks.stop()

    assert ended.conclusion == "success"
    with (job / "log").open("rb") as log:
        numbers = [int(line.split(b" ", 2)[1]) for line in log if b" is a line of" in line and b"seq" not in line]
    assert numbers == list(range(1, lines + 1))
    assert peaks.megabytes < 200


def test_a_log_has_an_end(stand: Stand) -> None:
    stand.start_runner()
    job = stand.order([{"run": "base64 /dev/zero | head -c 5000000"}, {"run": "echo too late"}], log_bytes_max=100_000)

    assert stand.ended(job).conclusion == "success"
    lines = (job / "log").read_text().splitlines()
    assert lines[-1].endswith("The log ends here: it may have 100,000 bytes. The job goes on.")
    assert (job / "log").stat().st_size <= 100_000
    [began, *_] = [happening for happening in stand.happenings(job) if isinstance(happening, StepStarted)]
    assert began.log_offset > 0


class Peaks:
    """The most memory that these processes use together."""

    def __init__(self, pids: list[int]) -> None:
        self.pids = pids
        self.megabytes = 0.0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()

    def look(self) -> None:
        while not self.stopped.wait(0.05):
            self.megabytes = max(self.megabytes, sum(map(self.used, self.pids)))

    def used(self, pid: int) -> float:
        try:
            words = Path(f"/proc/{pid}/smaps_rollup").read_text().split("Pss:", 1)[1].split()
        except (OSError, IndexError):
            return 0
        return int(words[0]) / 1024

    def stop(self) -> None:
        self.stopped.set()
        self.thread.join()


def test_output_without_an_end_of_line_is_masked_and_takes_little_memory(stand: Stand) -> None:
    stand.start_runner()
    job = stand.order(
        [{"run": "echo ready; for i in 1 2 3; do head -c 20000000 /dev/zero | tr '\\0' x; printf %s $KEY; done"}],
        env={"KEY": "${{ secrets.KEY }}"},
        secrets={"KEY": "hunter2-long"},
        log_bytes_max=400_000_000,
    )
    stand.printed(job)("\nready\n")
    peaks = Peaks([stand.runners[0].pid, supervisor_of(stand)])
    ended = stand.ended(job, 120)
    peaks.stop()

    assert ended.conclusion == "success"
    line = (job / "log").read_bytes().splitlines()[-1]
    assert line.partition(b"Z ")[2] == (b"x" * 20_000_000 + b"***") * 3
    assert peaks.megabytes < 200


def test_a_fork_bomb_ends_with_its_job_and_leaves_the_machine_alone(stand: Stand) -> None:
    stand.start_runner()
    mark = "commands/step_0.sh"
    bomb = "b() { b & b & sleep 60; }; b"
    job = stand.order([{"run": bomb}, {"run": "echo after", "condition": "always()"}])
    stand.until(lambda: len(processes(mark)) > 300)
    assert subprocess.run(["true"], check=False).returncode == 0
    (job / "cancel").write_text("force")

    assert stand.ended(job, 60).conclusion == "cancelled"
    stand.until(lambda: not processes(mark))
    assert stand.did([{"run": "true"}])[0].conclusion == "success"


def test_processes_have_an_end(stand: Stand) -> None:
    stand.start_runner()
    script = "import os, time\nmade = 0\ntry:\n  while made < 9000:\n    if os.fork() == 0:\n      time.sleep(3)\n"
    script += "      os._exit(0)\n    made += 1\nexcept BlockingIOError:\n  print('stopped at', made)\n"
    ended, log, _ = stand.did([{"run": script, "shell": "python"}])

    assert ended.conclusion == "success"
    stopped = [int(line.split()[-1]) for line in log.splitlines() if line.startswith("stopped at ")]
    assert len(stopped) == 1
    assert 3900 < stopped[0] < 4096


def test_a_step_that_closes_what_it_prints_into(stand: Stand) -> None:
    stand.start_runner()
    ended, log, steps = stand.did(
        [{"run": "echo once; exec >&- 2>&- <&-; sleep 0.3; touch done; exit 7"}, {"run": "ls", "condition": "always()"}]
    )

    assert ended.conclusion == "failure"
    assert steps[0].exit_code == 7
    assert "\nonce\n" in log
    assert "\ndone\n" in log


def test_a_file_of_outputs_that_is_too_large_is_said(stand: Stand) -> None:
    stand.start_runner()
    ended, _, steps = stand.did(
        [
            {"run": "echo a=b >> $GITHUB_OUTPUT; head -c 100000000 /dev/zero >> $GITHUB_OUTPUT", "id": "big"},
            {"run": "head -c 100000000 /dev/zero >> $GITHUB_STEP_SUMMARY", "condition": "always()"},
            {
                "run": "ln -sf /dev/zero $GITHUB_ENV || mv /dev/null $GITHUB_PATH || echo kept out",
                "condition": "always()",
            },
        ]
    )

    assert ended.conclusion == "failure"
    assert steps[0].why == "GITHUB_OUTPUT has more than 8 MiB."
    assert steps[1].why == "GITHUB_STEP_SUMMARY has more than 1 MiB."
    assert steps[2].conclusion == "success"


def test_files_that_change_while_they_are_packed(stand: Stand) -> None:
    stand.start_runner()
    change = """
        (while true; do
            for i in 1 2 3 4 5 6 7 8; do
                rm -f d/$i; head -c $((RANDOM * 20)) /dev/urandom > d/$i; ln -sf /etc/passwd d/link$i; rm d/link$i
                yes >> d/grows & sleep 0.002; kill $!
            done
        done) > /dev/null 2>&1 &
        sleep 0.2
    """
    ended, log, _ = stand.did(
        [
            {"run": f"mkdir d; touch d/stays; {change}"},
            *({"uses": "actions/upload-artifact", "with_": {"name": f"a{n}", "path": "d"}} for n in range(5)),
        ]
    )

    assert ended.conclusion == "success", log
    for number in range(5):
        with zipfile.ZipFile(stand.books.path / "runs" / "1" / f"a{number}") as zipped:
            assert zipped.testzip() is None
            assert "stays" in zipped.namelist()


def test_a_secret_of_lines_is_hidden_line_by_line_and_wrapped(stand: Stand) -> None:
    stand.start_runner()
    lines = [f"line-{number}-{'abcdefgh' * 9}" for number in range(4)]
    job = stand.order(
        [
            {
                "run": """
                    echo "$KEY" | sed "s/^/> /"; echo "$KEY" | base64; printf %s "$KEY" | head -c 100
                    echo "${KEY//$'\\n'/, }"
                """
            }
        ],
        env={"KEY": "${{ secrets.KEY }}"},
        secrets={"KEY": "\n".join(lines)},
    )

    assert stand.ended(job).conclusion == "success"
    said = stand.log(job)
    assert "abcdefghabcdefgh" not in said
    wrapped = base64.b64encode("\n".join(lines).encode()).decode()
    assert not [line for line in said.splitlines() if len(line) > 20 and line in wrapped]
