"""The first process of a job's sandbox: starts what the supervisor asks for, says how it ended, buries the dead.

Started as `python -I -S init.py WAY`, with a socket to the supervisor as file 3 and the job's log as files 1 and 2.
WAY says how everything that the job started is found: `space`, because a process namespace holds it, or `tree`, by
walking from parent to child. When the socket closes, nothing is left behind.

A message is its length (4 bytes, little end first) and parts with a NUL after each; neither programs nor their
variables can have one in them. `run`, which, files, directory, number of words, words, variables; `signal`, which,
number; `clear`. Several programs may run at once: `which` is the number of one. `files` says what it prints into:
`log`, the job's log; `pipe`, one file that is sent right after the message; `terminal`, the same and it reads from it.
Answers are 9 bytes: `e`, which, and the exit code, or `c` and zeros once everything is cleared.

It imports no more than it must: every import would be paid by every job.
"""

import _signal  # type: ignore[import-not-found]  # what `signal` is made of, in a fraction of the time
import errno
import os
import select
import sys

SOCKET = 3
CANNOT_RUN, NOT_THERE = 126, 127
PR_SET_CHILD_SUBREAPER = 36
CONTROLLING_TERMINAL = 0x540E
PROCESSES_MAX = 4096
HEARD = _signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP, _signal.SIGPIPE, _signal.SIGCHLD
"""Signals that mean to a program what they usually mean, whatever they mean to us."""


class Init:
    def __init__(self, space: bool) -> None:
        self.space = space
        self.programs: dict[int, int] = {}
        """Which program a process is."""
        self.ended: dict[int, int] = {}
        self.bell, ringer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        _signal.set_wakeup_fd(ringer, warn_on_full_buffer=False)

    def serve(self) -> None:
        _signal.signal(_signal.SIGCHLD, self.bury)
        for number in (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP):
            _signal.signal(number, _signal.SIG_IGN)
        while message := self.next():
            match message:
                case [b"run", which, files, directory, words, *rest]:
                    into = None if files == b"log" else self.sent()
                    self.run(int(which), files, into, directory, rest[: int(words)], rest[int(words) :])
                case [b"signal", which, number]:
                    self.signal(int(which), int(number))
                case [b"clear"]:
                    self.clear()
                    self.answer(b"c", 0, 0)
        self.clear()

    def next(self) -> list[bytes]:
        """The next message; nothing when the supervisor is gone."""
        self.wait()
        size = int.from_bytes(self.read(4), "little")
        return self.read(size).split(b"\0")[:-1]

    def wait(self) -> None:
        """Until there is a message. A signal rings the bell: one that comes just before we wait would not be noticed
        by a mere read, and nobody would hear of the program that ended."""
        sources = select.poll()
        sources.register(SOCKET, select.POLLIN)
        sources.register(self.bell, select.POLLIN)
        while SOCKET not in (found := [handle for handle, _ in sources.poll()]):
            if self.bell in found:
                os.read(self.bell, 4096)

    def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = os.read(SOCKET, size - len(data))
            if not piece:
                return b""
            data += piece
        return data

    def sent(self) -> int:
        """A file that the supervisor has opened for a program."""
        import _socket  # noqa: PLC0415 - few jobs need it

        here = _socket.socket(fileno=SOCKET)
        try:
            _, passed, _, _ = here.recvmsg(1, 64)
            handle = int.from_bytes(passed[0][2][:4], sys.byteorder)
            os.set_inheritable(handle, False)
            return handle
        finally:
            here.detach()

    def answer(self, sign: bytes, which: int, number: int) -> None:
        try:
            os.write(SOCKET, sign + which.to_bytes(4, "little") + number.to_bytes(4, "little"))
        except OSError:
            self.clear()
            os._exit(1)

    def run(
        self, which: int, files: bytes, into: int | None, directory: bytes, words: list[bytes], variables: list[bytes]
    ) -> None:
        # All that is left here are strangers: of each program it was told when it ended.
        self.ended.clear()
        start = at_terminal if files == b"terminal" else spawned
        try:
            child = start(into, directory, words, dict(variable.split(b"=", 1) for variable in variables))
        except (OSError, ValueError) as error:
            # A ValueError: a variable has a name that none can have.
            code, why, what = CANNOT_RUN, getattr(error, "strerror", None) or str(error), words[0]
            if isinstance(error, FileNotFoundError):
                code, why, what = NOT_THERE, "there is no such thing here", error.filename
            os.write(into or 2, f"{os.fsdecode(what)}: {why}\n".encode())
            self.answer(b"e", which, code)
            return
        finally:
            if into is not None:
                os.close(into)
        self.programs[child] = which
        self.tell()

    def bury(self, *_: object) -> None:
        while True:
            try:
                child, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if child == 0:
                break
            self.ended[child] = status
        self.tell()

    def tell(self) -> None:
        """Once for each program, although a death may be noticed at any moment, even in the middle of this."""
        for child in list(self.programs):
            status = self.ended.pop(child, None)
            if status is not None:
                which = self.programs.pop(child)
                code = os.waitstatus_to_exitcode(status)
                self.answer(b"e", which, code if code >= 0 else 128 - code)

    def signal(self, which: int, number: int) -> None:
        for child, program in list(self.programs.items()):
            if program == which:
                try:  # noqa: SIM105 - contextlib would have to be imported for it
                    os.killpg(child, number)
                except OSError:
                    pass

    def clear(self) -> None:
        """Ends everything that the job has started, whatever it calls itself by now."""
        if self.space:
            try:
                os.kill(-1, _signal.SIGKILL)
            except ProcessLookupError:
                return
        else:
            while found := descendants(os.getpid()):
                for process in found:
                    try:  # noqa: SIM105
                        os.kill(process, _signal.SIGKILL)
                    except OSError:
                        pass
                self.bury()


def spawned(into: int | None, directory: bytes, words: list[bytes], variables: dict[bytes, bytes]) -> int:
    """Starts a program in a session of its own. It borrows our memory until it is itself, which a fork would copy."""
    os.chdir(directory)
    files = () if into is None else tuple((os.POSIX_SPAWN_DUP2, into, number) for number in (1, 2))
    fault: OSError = FileNotFoundError(errno.ENOENT, "", words[0])
    for program in places_of(words[0], variables):
        try:
            return os.posix_spawn(program, words, variables, file_actions=files, setsid=True, setsigdef=HEARD)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            fault = error
    raise fault


def places_of(program: bytes, variables: dict[bytes, bytes]) -> list[bytes]:
    """Where it may be, by the path that it will have itself."""
    if b"/" in program:
        return [program]
    return [os.path.join(directory, program) for directory in variables.get(b"PATH", b"/usr/bin:/bin").split(b":")]


def at_terminal(into: int | None, directory: bytes, words: list[bytes], variables: dict[bytes, bytes]) -> int:
    """The same for a program that people type to: a terminal is taken by whoever will sit at it."""
    import fcntl  # noqa: PLC0415 - only a shell for people needs it

    child = os.fork()
    if child or into is None:
        return child
    try:
        os.setsid()
        fcntl.ioctl(into, CONTROLLING_TERMINAL, 0)
        for number in (0, 1, 2):
            os.dup2(into, number)
        os.close(into)
        for number in HEARD:
            _signal.signal(number, _signal.SIG_DFL)
        os.chdir(directory)
        os.execvpe(words[0], words, variables)  # noqa: S606
    except OSError as error:
        os.write(2, f"{os.fsdecode(words[0])}: {error.strerror}\n".encode())
    finally:
        os._exit(CANNOT_RUN)


def descendants(root: int) -> list[int]:
    """Everything below this process that still lives."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as stat:
                    state, parent = stat.read().rpartition(b")")[2].split()[:2]
            except OSError:
                continue
            if state != b"Z":
                children.setdefault(int(parent), []).append(int(name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def limit() -> None:
    """What a job may have of processes and threads. In a namespace of users the kernel counts for each job apart."""
    import resource  # noqa: PLC0415 - not needed where it would count the processes of everybody

    most = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    wanted = PROCESSES_MAX if most == resource.RLIM_INFINITY else min(most, PROCESSES_MAX)
    resource.setrlimit(resource.RLIMIT_NPROC, (wanted, wanted))


def adopt() -> None:
    """Whoever loses its parent below this process becomes its child."""
    import ctypes  # noqa: PLC0415 - costs milliseconds, and only the way without namespaces needs it

    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


if __name__ == "__main__":
    os.set_inheritable(SOCKET, False)
    if sys.argv[1] == "tree":
        adopt()
    else:
        limit()
    # Only the first process of a namespace may end all that it can reach.
    Init(sys.argv[1] == "space" and os.getpid() == 1).serve()
    # Without a farewell to all that was loaded: the job's last word waits for this.
    os._exit(0)
