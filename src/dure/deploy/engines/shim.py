"""The shim: a small program that looks after one other program, so that no restart of the house ends it.

    python -I -S shim.py FOLDER

It is copied into the workshop and started there, so it knows the standard library only and nothing of the house; an
upgrade of the house does not touch the shims that run. In the folder it finds `order.json`, and `stop` when the
program is not wanted any more. It writes there:

    state.json   what it sees, renamed into place at each change
    log          the output of the program, each line with its time; `log.1` is the one before
    lock         held as long as it lives, so that no folder has two shims

SIGTERM asks it to look: with `stop` there, and at the end of the machine too, it ends the program and then itself.
A program that ends by itself is started again, after a pause that doubles. Whatever the program left behind is
adopted, and ended with it.
"""

import contextlib
import ctypes
import fcntl
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

PROTOCOL = 1
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
PAUSE_SECONDS_MOST = 30.0
# A program that ran this long is not in a crash loop; one that ended sooner so many times in a row is.
STEADY_SECONDS = 10.0
QUICK_ENDS_MOST = 5
LOOK_SECONDS = 0.05
READ_BYTES = 65_536


def started_at(pid: int) -> int | None:
    """When a process began, in ticks since the machine did; with its number it names a process for ever."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def boot() -> str:
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read().strip()


def processes() -> Iterator[tuple[int, int, int]]:
    """(pid, parent, session) of every process here."""
    for name in os.listdir("/proc"):
        if name.isdecimal():
            try:
                with open(f"/proc/{name}/stat") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] not in "ZX":
                yield int(name), int(fields[1]), int(fields[3])


def offspring() -> list[int]:
    """Every process that came from the program: this one is the nearest ancestor of all that still live."""
    children: dict[int, list[int]] = {}
    for pid, parent, _ in processes():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    parents = [os.getpid()]
    while parents:
        born = children.get(parents.pop(), [])
        found += born
        parents += born
    return found


def orphans(mark: bytes, leader: int | None) -> list[int]:
    """What a shim before this one left behind when it was killed: it carries the mark, or is of the session."""
    mine = (pid for pid, _, session in processes() if pid != os.getpid() and (session == leader or marked(pid, mark)))
    return list(mine)


def marked(pid: int, mark: bytes) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return mark in file.read().split(b"\0")
    except OSError:
        return False


def send(pids: Iterable[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


class Log:
    """The output of the program: it comes by a pipe, and goes to a file that is renamed when it is full.

    The pipe has a name and the program holds both its ends. So when this shim is killed, the program does not choke on
    its own words: they wait in the pipe for the next shim.
    """

    def __init__(self, bytes_max: int, user: int | None) -> None:
        self.bytes_max = bytes_max
        self.file: int | None = None
        self.size = 0
        self.new_line = True
        with contextlib.suppress(FileExistsError):
            os.mkfifo("out", 0o600)
        if user is not None:
            os.chown("out", user, user)
        self.out, self.into = os.open("out", os.O_RDWR | os.O_NONBLOCK), os.open("out", os.O_RDWR)

    def take(self) -> None:
        """What lies in the pipe. A full disk loses lines, never the program."""
        try:
            data = os.read(self.out, READ_BYTES)
        except BlockingIOError:
            return
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z "
        words = bytearray()
        with contextlib.suppress(OSError):
            for line in io.BytesIO(data):
                if self.new_line:
                    if self.size + len(words) >= self.bytes_max:
                        self.write(words, full=True)
                    words += stamp.encode()
                words += line
                self.new_line = line.endswith(b"\n")
            self.write(words)

    def write(self, words: bytearray, full: bool = False) -> None:
        if self.file is None:
            self.file = os.open("log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self.size = os.fstat(self.file).st_size
        self.size += os.write(self.file, words)
        words.clear()
        if full:
            os.rename("log", "log.1")
            os.close(self.file)
            self.file, self.size = None, 0


class Shim:
    def __init__(self, order: dict[str, Any], before: dict[str, Any]) -> None:
        self.order = order
        self.log = Log(order["log_bytes_max"], order["user"])
        self.pid: int | None = None
        self.started: int | None = None
        self.began = 0.0
        # A shim that was killed counts as a restart, and visitors find the program where it was.
        self.restarts: int = before.get("restarts", 0)
        self.again: bool = bool(before.get("pid"))
        self.port: int | None = before.get("port")
        self.held: socket.socket | None = None
        self.quick_ends = 0
        self.exit_code: int | None = before.get("exit_code")
        self.ended = True
        self.due = 0.0
        self.state, self.since, self.why = "starting", time.time(), ""
        self.me = started_at(os.getpid())
        self.boot = boot()

    def save(self, state: str, why: str = "") -> None:
        if (state, why) != (self.state, self.why):
            self.since = time.time()
        self.state, self.why = state, why
        told = {"protocol": PROTOCOL, "boot": self.boot, "shim": os.getpid(), "shim_started": self.me}
        told |= {name: getattr(self, name) for name in ("pid", "started", "port", "restarts", "exit_code")}
        # A full disk is no reason to end a program that runs.
        with contextlib.suppress(OSError):
            with open("state.new", "w") as file:
                json.dump(told | {"state": state, "since": self.since, "why": why}, file)
            os.rename("state.new", "state.json")

    def look_after(self, wake: int) -> None:
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        poll.register(self.log.out, select.POLLIN)
        while True:
            if self.ended and time.monotonic() >= self.due:
                self.begin()
            wait = None if not self.ended else max(0.0, self.due - time.monotonic())
            for file, _ in poll.poll(None if wait is None else wait * 1000 + 1):
                if file == self.log.out:
                    self.log.take()
                elif signal.SIGTERM in os.read(wake, 1024):
                    self.stop()
                    return
            self.reap()

    def begin(self) -> None:
        if self.order["ports"] and not self.take_port():
            self.pause("no_port")
            return
        environment, command = dict(self.order["environment"]), self.order["command"]
        if self.port:
            environment["PORT"] = str(self.port)
            # Only here is the port known; a command may name it as files of this kind do everywhere.
            command = [part.replace("${PORT}", str(self.port)) for part in command]
        user = self.order["user"]
        apart: dict[str, Any] = {} if user is None else {"user": user, "group": user, "extra_groups": []}
        try:
            born = subprocess.Popen(  # noqa: S603 - the command of the application, as a list
                command,
                cwd=self.order["directory"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=self.log.into,
                stderr=self.log.into,
                start_new_session=True,
                umask=0o022,
                **apart,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            self.pause("cannot_start: " + (getattr(error, "strerror", None) or str(error)))
            return
        # All children are waited for in one place, adopted ones too.
        born.returncode = 0
        self.ended, self.began = False, time.monotonic()
        self.pid, self.started = born.pid, started_at(born.pid)
        self.restarts += self.again
        self.again = True
        self.save("running")

    def reap(self) -> bool:
        """Take in who ended. Answers whether anything still lives."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if not pid:
                return True
            if pid == self.pid and not self.ended:
                self.exit_code = os.waitstatus_to_exitcode(status)
                self.after_end()

    def after_end(self) -> None:
        self.ended = True
        if self.state == "stopping":
            return
        # What it left behind may hold its port.
        self.end_all(0.0)
        if time.monotonic() - self.began >= STEADY_SECONDS:
            self.quick_ends = 0
        self.pause("ended")

    def pause(self, why: str) -> None:
        self.pid = self.started = None
        self.quick_ends += 1
        pause = self.order["back_off_seconds"] * 2 ** min(self.quick_ends - 1, 20)
        self.due = time.monotonic() + min(pause, PAUSE_SECONDS_MOST)
        in_a_loop = self.quick_ends >= QUICK_ENDS_MOST or why != "ended"
        self.save("failed" if in_a_loop else "starting", why)

    def stop(self) -> None:
        grace = self.order["grace_seconds"]
        with contextlib.suppress(OSError, ValueError), open("stop") as file:
            grace = float(file.read())
        self.save("stopping")
        self.end_all(grace)
        self.pid = self.started = None
        self.save("stopped")

    def end_all(self, grace_seconds: float) -> None:
        """Ask the program and all that came from it to end, and end what does not."""
        if grace_seconds > 0:
            send(offspring(), signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while self.reap():
            if time.monotonic() >= deadline:
                send(offspring(), signal.SIGKILL)
            select.select([self.log.out], [], [], LOOK_SECONDS)
            self.log.take()
        self.log.take()

    def take_port(self) -> bool:
        """A port nobody else has, the same as before if possible."""
        low, high = self.order["ports"]
        whole = high - low + 1
        first = int.from_bytes(self.order["mark"].encode()[-6:], "big") % whole
        mine = [self.port] if self.port else []
        for port in (*mine, *(low + (first + step) % whole for step in range(whole))):
            held = self.held if self.held and port == self.port else hold(port)
            if held and can_bind(port):
                self.port, self.held = port, held
                return True
        self.port = self.held = None
        return False


def hold(port: int) -> socket.socket | None:
    """Every shim of every house on this machine holds its port by a name that the system gives once, and takes back
    when the shim ends, however it ends. The name lives where the port does: in the network namespace."""
    held = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        held.bind(f"\0dure-port-{port}")
    except OSError:
        held.close()
        return None
    return held


def can_bind(port: int) -> bool:
    """Whether nobody listens there, on any address of this machine."""
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("", port))
        except OSError:
            return False
    return True


def read_before() -> dict[str, Any]:
    """What the shim before this one saw last, if it was killed and the machine has not begun anew since."""
    try:
        with open("state.json") as file:
            before: dict[str, Any] = json.load(file)
        return before if before["boot"] == boot() and before["state"] != "stopped" else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def sweep(order: dict[str, Any], before: dict[str, Any]) -> None:
    """End what a shim before this one left behind. It is nobody's child here, so it is watched from outside."""
    mark = f"DURE_INSTANCE={order['mark']}".encode()
    pid = before.get("pid")
    leader = pid if pid and started_at(pid) == before.get("started") else None
    deadline, asked = time.monotonic() + order["grace_seconds"], set[int]()
    while left := orphans(mark, leader):
        late = time.monotonic() >= deadline
        send(left if late else set(left) - asked, signal.SIGKILL if late else signal.SIGTERM)
        asked |= set(left)
        time.sleep(LOOK_SECONDS)


def go_apart() -> int:
    """Leave the house, which waits only until there is a state to see. Answers the file that tells it so."""
    told, tell = os.pipe()
    if os.fork():
        os.close(tell)
        os.read(told, 1)
        os._exit(0)
    os.close(told)
    os.setsid()
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # No program under a shim becomes more than it is, whatever setuid program it finds.
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    own_words = os.open("shim.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for file, into in ((nothing, 0), (own_words, 1), (own_words, 2)):
        os.dup2(file, into)
    return tell


def main() -> None:
    os.chdir(sys.argv[1])
    os.umask(0o077)
    lock = os.open("lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    tell = go_apart()
    seen, wake = os.pipe()
    os.set_blocking(wake, False)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    with open("order.json") as file:
        order = json.load(file)
    before = read_before()
    shim = Shim(order, before)
    shim.save("stopping" if os.path.exists("stop") else "starting")
    os.close(tell)
    sweep(order, before)
    if os.path.exists("stop"):
        shim.save("stopped")
    else:
        shim.look_after(seen)


if __name__ == "__main__":
    main()
