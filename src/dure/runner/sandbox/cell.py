"""One sandbox for one job: opened once, and each step is started inside it by the sandbox's own first process."""

import fcntl
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from typing import NoReturn

from dure.runner.inside.init import descendants
from dure.runner.sandbox import bubblewrap, kernel, namespaces
from dure.runner.sandbox.view import ACTIONS, INSIDE, PROGRAMS, ROOM, SYSTEM_PATH, View
from dure.wire import Tier

PIPE_BYTES = 1 << 20
ENDING_SECONDS_MAX = 5.0
STANDING_SECONDS_MAX = 30.0
ANSWER_BYTES = 9
EMPTY = {"PATH": SYSTEM_PATH, "LC_ALL": "C.UTF-8"}


class CellLost(Exception):
    """The sandbox ended although nobody asked it to."""


class Cell:
    """`run` starts a program inside, `ended` says whether it is over. What it prints comes out of the file `output`."""

    def __init__(self, tier: Tier, view: View) -> None:
        self.tier = tier
        self.view = view
        self.output, inner = os.pipe2(os.O_CLOEXEC)
        with suppress(OSError):  # An unprivileged user may only have so many large pipes.
            fcntl.fcntl(self.output, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.set_blocking(self.output, False)
        if os.geteuid() == 0:
            # So that the job may open it by its name, /dev/stdout.
            os.fchown(inner, view.user.uid, view.user.gid)
        self.socket, theirs = socket.socketpair()
        self.process = os.fork()
        if self.process == 0:
            begin(tier, view, inner, theirs.fileno())
        os.close(inner)
        theirs.close()
        self.answers = b""
        self.lock = threading.Lock()
        self.numbers = count(1)
        self.running: dict[int, int] = {}
        """Programs that are not over, and whom to wake when one is."""
        self.codes: dict[int, int] = {}
        self.is_lost = False

    @property
    def room(self) -> str:
        """The job's directory, as the job sees it."""
        return str(self.view.room) if self.tier == "none" else ROOM

    @property
    def inside(self) -> str:
        return str(self.view.inside) if self.tier == "none" else INSIDE

    @property
    def actions(self) -> str:
        return str(self.view.actions) if self.tier == "none" else ACTIONS

    @property
    def programs(self) -> str:
        return str(self.view.programs) if self.tier == "none" else PROGRAMS

    def run(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        directory: str,
        *,
        into: int | None = None,
        terminal: bool = False,
        wake: int = -1,
    ) -> int:
        """Starts one program; its number. It prints into the job's log, or into a file that we have opened for it."""
        variables = [f"{name}={value}" for name, value in environment.items()]
        number = next(self.numbers)
        files = "log" if into is None else "terminal" if terminal else "pipe"
        with self.lock:
            self.running[number] = wake
        self.ask("run", str(number), files, directory, str(len(words)), *words, *variables, sent=into)
        return number

    def signal(self, program: int, number: int) -> None:
        """To a program that runs, and those of its children that stayed with it."""
        with suppress(CellLost):
            self.ask("signal", str(program), str(number))

    def stand(self) -> None:
        """Waits until it is built, with everything in its place. Nothing may have been asked of it before."""
        self.ask("clear")
        said = b""
        while len(said) < ANSWER_BYTES:
            if not select.select([self.socket], [], [], STANDING_SECONDS_MAX)[0]:
                raise CellLost
            piece = self.socket.recv(ANSWER_BYTES - len(said))
            if not piece:
                raise CellLost
            said += piece

    def clear(self) -> None:
        """Ends everything that was ever started inside."""
        with suppress(CellLost):
            self.ask("clear")

    def ask(self, *parts: str, sent: int | None = None) -> None:
        data = b"".join(os.fsencode(part).replace(b"\0", b"") + b"\0" for part in parts)
        try:
            with self.lock:
                self.socket.sendall(len(data).to_bytes(4, "little") + data)
                if sent is not None:
                    socket.send_fds(self.socket, [b"!"], [sent])
        except OSError as error:
            raise CellLost from error

    def hear(self) -> None:
        """Takes in which programs are over, for whoever waits for them. Call it when `socket` can be read."""
        with self.lock:
            try:
                piece = self.socket.recv(4096, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            except OSError as error:
                self.is_lost = True
                raise CellLost from error
            if not piece:
                self.is_lost = True
                raise CellLost
            self.answers += piece
            while len(self.answers) >= ANSWER_BYTES:
                answer, self.answers = self.answers[:ANSWER_BYTES], self.answers[ANSWER_BYTES:]
                if answer[:1] == b"e":
                    self.over(int.from_bytes(answer[1:5], "little"), int.from_bytes(answer[5:], "little"))

    def over(self, number: int, code: int) -> None:
        self.codes[number] = code
        wake = self.running.pop(number, -1)
        if wake >= 0:
            os.eventfd_write(wake, 1)

    def ended(self, number: int) -> int | None:
        """The exit code of a program, once it is over."""
        if self.is_lost:
            raise CellLost
        return self.codes.pop(number, None)

    def close(self) -> None:
        """Ends the sandbox and all in it. Without its supervisor the first process inside ends everything itself."""
        self.socket.close()
        until = time.monotonic() + ENDING_SECONDS_MAX
        pidfd = os.pidfd_open(self.process)
        if not select.select([pidfd], [], [], max(0.0, until - time.monotonic()))[0]:
            os.kill(self.process, signal.SIGKILL)
        os.close(pidfd)
        os.waitpid(self.process, 0)
        # Without a namespace a job may have killed the one who should have cleared it away.
        while left := descendants(os.getpid()) if self.tier == "none" else ():
            for process in left:
                with suppress(OSError):
                    os.kill(process, signal.SIGKILL)


def begin(tier: Tier, view: View, output: int, control: int) -> NoReturn:
    """In the child: nothing of ours stays open, and nothing of our environment comes along."""
    code = 125
    try:
        os.setsid()
        null = os.open("/dev/null", os.O_RDONLY)
        # Handles as high as these are free, so that none is overwritten before it is moved.
        output, control = fcntl.fcntl(output, fcntl.F_DUPFD, 64), fcntl.fcntl(control, fcntl.F_DUPFD, 64)
        for handle, place in ((null, 0), (output, 1), (output, 2), (control, 3)):
            os.dup2(handle, place)
        os.closerange(4, 4096)
        os.umask(0o022)
        enter(tier, view)
    except OSError as error:
        os.write(2, f"The sandbox could not be made: {error.strerror or error}\n".encode())
    finally:
        os._exit(code)


def enter(tier: Tier, view: View) -> NoReturn:
    script = f"{view.inside if tier == 'none' else INSIDE}/init.py"
    argv = [str(view.python), "-I", "-S", script, "tree" if tier == "none" else "space"]
    if tier == "bubblewrap":
        bubblewrap.enter(bubblewrap.found() or "bwrap", view, argv, EMPTY)
    if tier == "namespaces":
        namespaces.enter(view, argv, EMPTY)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(view.user.gid, view.user.gid, view.user.gid)
        os.setresuid(view.user.uid, view.user.uid, view.user.uid)
    kernel.control(kernel.PR_SET_NO_NEW_PRIVS, 1)
    os.execve(argv[0], argv, EMPTY)  # noqa: S606
