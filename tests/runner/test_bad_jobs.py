"""Jobs that flood, multiply, close and change what they should not: each ends as it should, and the runner goes on."""

import base64
import subprocess
import threading
import zipfile
from pathlib import Path

from dure.wire import StepStarted
from tests.runner.stand import Stand, processes, supervisor_of


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
                head -c 50000 d/stays >> d/grows; test $RANDOM -gt 2000 || : > d/grows
            done
        done) > /dev/null 2>&1 &
        sleep 0.2
    """
    ended, log, _ = stand.did(
        [
            {"run": f"mkdir d; head -c 90000 /dev/urandom > d/stays; {change}"},
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
