"""The embedded engine: chDB in one child process, started when something is wanted of it, watched, and replaced.

The child outlives the house: the next one finds it by its socket and goes on with it. Its lock says who it is, so
that one that hangs, or was left by a house that was killed, is ended before another begins: never two.
"""

import fcntl
import hashlib
import http.client
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from dure.monitor.engines.clickhouse import ClickHouse
from dure.monitor.store import Away, StoreState

log = logging.getLogger(__name__)

PROCESS = Path(__file__).with_name("chdb_process.py")
LOCK, SOCKET, SAID = "engine.lock", "engine.sock", "engine.log"
SOCKET_BYTES_MAX = 100
"""The kernel takes 107; some of them are for the mark of its own."""
MEMORY_BYTES_MAX = 700_000_000
LOOK_SECONDS = 5.0
PATIENCE_SECONDS = 12.0
"""How long a small question may take. Longer than any query may, since it waits its turn behind them."""
IDLE_SECONDS = 120.0
"""A child that nobody asks anything for so long has lost its house."""
START_SECONDS_MAX = 30.0
STOP_SECONDS_MAX = 8.0
WAIT_SECONDS = 4.0
"""How long a question waits for an engine that is only starting."""
PAUSE_SECONDS_MAX = 60.0
STEP_SECONDS = 0.05


class Chdb(ClickHouse):
    """A store in a folder of its own."""

    def __init__(
        self,
        home: Path,
        *,
        memory_bytes: int = MEMORY_BYTES_MAX,
        look_seconds: float = LOOK_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        super().__init__("http://engine")
        self.home, self.memory_bytes, self.idle_seconds = home.resolve(), memory_bytes, idle_seconds
        self.look_seconds, self.patience_seconds = look_seconds, patience_seconds
        self.mark = f"{version('chdb-core')}-{hashlib.sha256(PROCESS.read_bytes()).hexdigest()[:12]}"
        self.child: subprocess.Popen[bytes] | None = None
        self.wanted, self.here, self.look = threading.Event(), threading.Event(), threading.Event()
        self.stopping = threading.Event()
        self.restarts, self.failures = 0, 0
        self.watchdog = threading.Thread(target=self.watch, name="telemetry-watchdog", daemon=True)

    def start(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.holder() is not None:
            self.wanted.set()
        self.watchdog.start()

    def stop(self) -> None:
        """Ask the child to leave, and see that it does."""
        self.stopping.set()
        self.look.set()
        if self.watchdog.is_alive():
            self.watchdog.join(START_SECONDS_MAX)
        if not self.wanted.is_set():
            return
        self.here.clear()
        with suppress(OSError, http.client.HTTPException):
            self.call("POST", "/stop", STOP_SECONDS_MAX)
        if not self.wait(lambda: self.holder() is None, STOP_SECONDS_MAX):
            self.end_holder()
        self.reap()

    def connection(self, timeout_seconds: float) -> http.client.HTTPConnection:
        """To an engine that answers. The first question of all wakes it."""
        if not self.here.is_set():
            self.wanted.set()
            self.look.set()
            if self.stopping.is_set() or self.failures or not self.here.wait(WAIT_SECONDS):
                raise Away(self.seen.why)
        return SocketConnection(self.home / SOCKET, timeout_seconds)

    def lost(self, error: Exception) -> None:
        """One question failed; the watchdog finds out whether the engine did."""
        log.debug("the telemetry engine did not answer: %s", error)
        self.look.set()

    def watch(self) -> None:
        while not self.stopping.is_set():
            pause = self.look_seconds
            if self.wanted.is_set():
                try:
                    pause = self.tend()
                except OSError as error:
                    self.failures += 1
                    self.seen = StoreState(word="away", why=str(error), restarts=self.restarts)
            if self.failures:
                # Whoever asks meanwhile is told at once that it is away: no look may come before its time.
                self.stopping.wait(pause)
            else:
                self.look.wait(pause)
            self.look.clear()

    def tend(self) -> float:
        """Look after the engine; how long until the next look."""
        if self.answers(self.patience_seconds):
            self.meet()
            return self.look_seconds
        if self.here.is_set():
            log.warning("the telemetry engine does not answer; it is started again")
            self.restarts += 1
        self.here.clear()
        self.prepared = False
        self.seen = StoreState(word="away" if self.restarts or self.failures else "starting", restarts=self.restarts)
        self.end_holder()
        self.begin()
        if self.wait(lambda: self.answers(self.patience_seconds) or self.has_ended(), START_SECONDS_MAX) and not (
            self.has_ended()
        ):
            self.meet()
            return self.look_seconds
        self.failures += 1
        self.seen = StoreState(word="away", why=self.last_words(), restarts=self.restarts)
        log.warning("the telemetry engine does not start: %s", self.seen.why)
        return float(min(2**self.failures, PAUSE_SECONDS_MAX))

    def meet(self) -> None:
        self.failures = 0
        self.seen = StoreState(word="here", restarts=self.restarts)
        self.here.set()

    def answers(self, patience_seconds: float) -> bool:
        """Whether an engine of this very version answers a small query."""
        try:
            return self.call("GET", "/ping", patience_seconds) == f"Ok. {self.mark}"
        except (OSError, http.client.HTTPException):
            return False

    def call(self, method: str, path: str, timeout_seconds: float) -> str:
        line = SocketConnection(self.home / SOCKET, timeout_seconds)
        try:
            line.request(method, path)
            return line.getresponse().read(1000).decode(errors="replace")
        finally:
            line.close()

    def begin(self) -> None:
        argv = [sys.executable, "-I", str(PROCESS), str(self.home), "--memory-bytes", str(self.memory_bytes)]
        argv += ["--idle-seconds", str(self.idle_seconds), "--mark", self.mark]
        self.reap()
        with (self.home / SAID).open("wb") as said:
            # A session of its own: Ctrl-C is for the house, which then stops the engine in its turn. And none of our
            # environment: it may hold secrets.
            self.child = subprocess.Popen(  # noqa: S603 - the words are ours, none comes from outside
                argv,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=self.home,
                env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC", "HOME": str(self.home)},
                start_new_session=True,
            )

    def has_ended(self) -> bool:
        return self.child is not None and self.child.poll() is not None

    def reap(self) -> None:
        if self.child is not None:
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(STOP_SECONDS_MAX)
            if not self.has_ended():
                self.child.kill()
                self.child.wait()
            self.child = None

    def holder(self) -> int | None:
        """The process that holds the data. Asks the kernel, so that one that was killed does not count."""
        try:
            file = os.open(self.home / LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            with suppress(ValueError):
                return int(os.pread(file, 20, 0))
            return 0
        finally:
            os.close(file)
        return None

    def end_holder(self) -> None:
        """kill -9: an engine that hangs hears nothing else, and loses nothing that it acknowledged."""
        pid = self.holder()
        if pid and is_engine(pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.child is not None and not self.has_ended():
            self.child.kill()
        self.wait(lambda: self.holder() is None, STOP_SECONDS_MAX)

    def last_words(self) -> str:
        with suppress(OSError):
            return (self.home / SAID).read_text(errors="replace")[-500:].strip()
        return ""

    def wait(self, until: Callable[[], bool], seconds_max: float) -> bool:
        give_up_at = time.monotonic() + seconds_max
        while not (found := until()) and time.monotonic() < give_up_at:
            time.sleep(STEP_SECONDS)
        return found


def is_engine(pid: int) -> bool:
    """Whether this is one of ours. Where the kernel does not tell, whoever holds the lock is believed."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return not Path("/proc/self/cmdline").exists()
    return PROCESS.name.encode() in words


class SocketConnection(http.client.HTTPConnection):
    """HTTP over the socket in the engine's folder."""

    def __init__(self, path: Path, timeout_seconds: float) -> None:
        super().__init__("engine", timeout=timeout_seconds)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        if len(os.fsencode(self.path)) <= SOCKET_BYTES_MAX:
            self.sock.connect(str(self.path))
            return
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            # The folder under a short name: what lies deep has a path too long for a socket.
            self.sock.connect(f"/proc/self/fd/{folder}/{self.path.name}")
        finally:
            os.close(folder)
