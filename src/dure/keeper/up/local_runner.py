"""The runner on the house's own machine: started when none is there, and left alone when the house ends.

Jobs in flight outlive the house, so the runner is nobody's child for long: it has a session and a log of its own,
and a lock by which the next house sees that it is still there.
"""

import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from dure import build
from dure.keeper.place import write_private
from dure.ledger import HOUSE, House
from dure.settings import Settings

log = logging.getLogger(__name__)

RUNNER = "runner"
LOCK = "lock"
TOKEN = "token"  # noqa: S105 - the name of a file
LOG = "runner.log"
LOOK_SECONDS = 1.0
BACK_OFF_SECONDS_MAX = 60.0
WELL_SECONDS = 30.0
"""A runner that lived this long did not fail to start."""
LOG_BYTES_MAX = 10_000_000
LEAVE_SECONDS = 300
END_SECONDS_MAX = 15.0
END_LOOK_SECONDS = 0.1


class LocalRunner:
    """Sees to it that one runner works on this machine for this house."""

    def __init__(self, house: House, settings: Settings) -> None:
        self.house, self.url = house, settings.url
        self.folder = settings.workshop_dir / RUNNER
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="local-runner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No more are started; the one that works goes on."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        back_off = LOOK_SECONDS
        while not self._stop.is_set():
            try:
                if not is_held(self.folder / LOCK):
                    begun = time.monotonic()
                    process = self._spawn()
                    while process.poll() is None and not self._stop.wait(LOOK_SECONDS):
                        pass
                    back_off = LOOK_SECONDS if time.monotonic() - begun > WELL_SECONDS else back_off * 2
            except Exception:
                log.exception("the runner of this machine could not be started")
                back_off *= 2
            back_off = min(back_off, BACK_OFF_SECONDS_MAX)
            self._stop.wait(back_off)

    def _spawn(self) -> "subprocess.Popen[bytes]":
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o711)
        token = self.folder / TOKEN
        write_private(token, self.house.write_now(HOUSE, build.local_runner).encode())
        argv = [sys.executable, "-m", "dure", "runner", "--house", self.url]
        argv += ["--token-file", str(token), "--directory", str(self.folder)]
        # A house that never comes back leaves no runner behind for good.
        argv += ["--leave-after", str(LEAVE_SECONDS)]
        with open_log(self.folder / LOG) as said:
            return subprocess.Popen(  # noqa: S603 - argv is a list made by us, no shell reads it
                argv, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True, cwd="/"
            )


def is_held(lock: Path) -> bool:
    """Whether a living process holds it."""
    try:
        file = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def end_runner(workshop: Path) -> None:
    """The runner of this workshop and its jobs, for who wants none left. A job dies with its supervisor."""
    folder = workshop / RUNNER
    for lock in (folder / LOCK, *folder.glob(f"jobs/*/{LOCK}")):
        sign = signal.SIGTERM if lock.parent == folder else signal.SIGKILL
        give_up_at = time.monotonic() + END_SECONDS_MAX
        while is_held(lock) and time.monotonic() < give_up_at:
            with suppress(OSError, ValueError):
                os.kill(int(lock.read_text()), sign)
            time.sleep(END_LOOK_SECONDS)


def open_log(file: Path) -> IO[bytes]:
    if file.exists() and file.stat().st_size > LOG_BYTES_MAX:
        file.replace(file.with_suffix(".old"))
    return open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
