"""`dure run --hold`: a shell in the sandbox of a job that failed."""

import os
import signal
import subprocess
import time

from tests.local.conftest import DURE, Folder

FAILS = """\
    on: push
    jobs:
      a:
        runs-on: x
        env: {KNOWN: well known}
        steps:
          - run: echo left behind > trace; exit 1
          - run: echo cleared away
            if: always()
    """
SECONDS_MAX = 30


def test_a_failed_job_waits_for_a_visitor_who_finds_it_as_it_was(folder: Folder) -> None:
    folder.workflow(FAILS)
    process = folder.start("run", "--hold")
    assert process.stderr is not None
    said = process.stderr.readline()
    place = said.split("--attach ")[1].strip()

    visitor = subprocess.run(
        [*DURE, "run", "--attach", place],
        input='cat trace; echo "$KNOWN"; echo $((6 * 7)); exit\n',
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=True,
    )
    out, _ = process.communicate(timeout=SECONDS_MAX)

    assert {"left behind", "well known", "42"} <= {line.strip() for line in visitor.stdout.splitlines()}
    assert process.returncode == 1
    assert "a | Run echo cleared away | cleared away" in out.splitlines()


def test_on_a_terminal_the_shell_opens_by_itself(folder: Folder) -> None:
    folder.workflow(FAILS)
    ours, theirs = os.openpty()
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder.cache), "DURE_LANGUAGE": "en", "TERM": "xterm"}
    process = subprocess.Popen(
        [*DURE, "run", "--hold"], cwd=folder.path, env=environment, stdin=theirs, stdout=theirs, start_new_session=True
    )
    os.close(theirs)
    shown = until(ours, b"A shell in a")
    time.sleep(0.5)
    os.write(ours, b"cat trace; tty >/dev/null; stty size\n")
    shown += until(ours, b"left behind")
    os.write(ours, b"exit\n")
    shown += until(ours, b"1 of 1 jobs failed")

    assert process.wait(timeout=SECONDS_MAX) == 1
    os.close(ours)


def until(terminal: int, words: bytes) -> bytes:
    """All that is shown up to these words."""
    shown = b""
    end = time.monotonic() + SECONDS_MAX
    while words not in shown and time.monotonic() < end:
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            break
    assert words in shown, shown
    return shown


def test_a_held_job_goes_when_the_run_is_cancelled(folder: Folder) -> None:
    folder.workflow(FAILS)
    process = folder.start("run", "--hold")
    assert process.stderr is not None
    process.stderr.readline()

    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=SECONDS_MAX)

    assert process.returncode == 1
    assert out.splitlines()[-1].startswith("The run was cancelled")
