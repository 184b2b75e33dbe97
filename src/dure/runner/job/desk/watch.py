"""Waiting while a job does something: its output flows into the log, wishes to cancel are heard, time runs out."""

import os
import select
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socket import socket
from typing import Literal

from dure.runner.box import NUMBER, Guest
from dure.runner.place import JobPlace
from dure.runner.record import Lines
from dure.runner.sandbox import PIPE_BYTES, Cell, CellLost

READ_BYTES = 64 << 10
"""What fits into the nearest memory of a processor is masked and stamped twice as fast as larger pieces, and of larger
ones each copy would be asked of the system anew."""
ROUND_SECONDS = 0.1
LISTEN_SECONDS = 1.0
"""The wish is looked at so often even if nobody rings."""
INTERRUPT_SECONDS, TERMINATE_SECONDS = 7.5, 2.5
CLEAR_SECONDS_MAX = 10.0

Stop = Literal["cancelled", "forced", "step_time", "job_time"]


@dataclass(frozen=True)
class Ending:
    code: int
    stop: Stop | None = None
    """Why it was stopped, when it was."""


class Watch:
    cell: Cell | Guest
    """Where the program runs that is watched."""
    is_dry = False
    """Nothing more comes out of it."""

    def __init__(
        self, place: JobPlace, cell: Cell, log: Lines, job_seconds_max: float, after_seconds_max: float
    ) -> None:
        self.place, self.cell, self.log = place, cell, log
        self.output = cell.output
        self.into: int | None = None
        self.wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.ear = place.listen("ear")
        self.wish = place.wish
        self.listened_at = time.monotonic()
        self.job_until = self.listened_at + job_seconds_max
        self.after_seconds_max = after_seconds_max
        self.obeyed: Stop | None = None
        """The stop that the job already knows of: the steps that run nevertheless are not stopped by it again."""

    def attend(self, number: int, step_seconds_max: float | None = None) -> Ending:
        """Until a program is over, one way or the other."""
        until = None if step_seconds_max is None else time.monotonic() + step_seconds_max
        stopping: Stopping | None = None
        while True:
            code = self.turn(ROUND_SECONDS, number)
            if code is not None:
                self.drain()
                return Ending(code, stopping.why if stopping else None)
            why = self.reason(until)
            if why and (stopping is None or (why == "forced" and stopping.why != why)):
                stopping = Stopping(why, number, time.monotonic())
            if stopping:
                stopping.press(self.cell)

    def attend_guest(self, guest: Guest, step_seconds_max: float | None = None) -> Ending:
        """The same for a program of a container."""
        with self.at(guest):
            return self.attend(NUMBER, step_seconds_max)

    @contextmanager
    def at(self, guest: Guest) -> Iterator[None]:
        before = self.cell, self.output
        self.cell, self.output = guest, guest.output
        try:
            yield
        finally:
            self.cell, self.output = before
            self.is_dry = False

    def wait(self, is_there: Callable[[], bool]) -> Stop | None:
        """Until something is there that the runner provides, or the job has to stop."""
        while not is_there():
            self.turn(ROUND_SECONDS)
            if why := self.reason(None):
                return why
        return None

    def wait_at_the_end(self, is_there: Callable[[], bool]) -> None:
        """The same when the sandbox is gone already: only somebody who wants an end at all costs is heard."""
        while not is_there() and self.wish != "force":
            select.select([self.ear], [], [], ROUND_SECONDS)
            self.listen()

    def turn(self, seconds: float, number: int = 0) -> int | None:
        """One look at everything; the exit code when the program has ended."""
        outputs = [] if self.is_dry else [self.output]
        sources: list[int | socket] = [*outputs, self.cell.socket, self.wake, *self.ears()]
        readable, _, _ = select.select(sources, [], [], seconds)
        if self.output in readable:
            self.read()
        else:
            self.log.let_go()
        if self.wake in readable:
            with suppress(BlockingIOError):
                os.eventfd_read(self.wake)
        self.look(readable)
        if self.cell.socket in readable:
            self.cell.hear()
        return self.cell.ended(number)

    def ears(self) -> list[int]:
        return [self.ear]

    def look(self, readable: list[int | socket]) -> None:
        if self.ear in readable or time.monotonic() - self.listened_at > LISTEN_SECONDS:
            self.listen()

    def read(self) -> int:
        """How many bytes there were to read."""
        try:
            piece = os.read(self.output, READ_BYTES)
        except BlockingIOError:
            return 0
        if not piece and isinstance(self.cell, Guest):
            self.is_dry = True
            return 0
        if not piece:
            raise CellLost
        self.log.read(piece)
        return len(piece)

    def drain(self) -> None:
        """What the program wrote before it ended is in the pipe by now; what it left running may go on writing."""
        left = PIPE_BYTES
        with suppress(CellLost):
            while left > 0 and (size := self.read()):
                left -= size

    def listen(self) -> None:
        with suppress(BlockingIOError):
            while os.read(self.ear, 4096):
                pass
        self.listened_at = time.monotonic()
        self.wish = self.place.wish

    def reason(self, step_until: float | None) -> Stop | None:
        """Why the program should stop now."""
        now = time.monotonic()
        if self.wish == "force" or (self.obeyed and now > self.job_until):
            return "forced"
        if self.obeyed is None and self.wish == "asked":
            return "cancelled"
        if self.obeyed is None and now > self.job_until:
            return "job_time"
        if step_until is not None and now > step_until:
            return "step_time"
        return None

    def obey(self, why: Stop, /) -> None:
        """The job goes on to its last steps, which have some time of their own."""
        if self.obeyed is None:
            self.obeyed = why
            self.job_until = time.monotonic() + self.after_seconds_max


class SideWatch(Watch):
    """For a step in the background, in a thread of its own: it has its own output, and hears what the job has heard."""

    def __init__(self, main: Watch, log: Lines) -> None:
        self.main = main
        self.place, self.cell, self.log = main.place, main.cell, log
        self.output, self.into = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self.output, False)
        if os.geteuid() == 0:
            os.fchown(self.into, main.cell.view.user.uid, main.cell.view.user.gid)
        self.wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.began_after = main.obeyed
        self.is_cancelled = False
        self.is_obeyed = False

    def ears(self) -> list[int]:
        return []

    def look(self, readable: list[int | socket]) -> None:
        """The main thread listens for all."""

    def listen(self) -> None:
        """The main thread listens for all."""

    def reason(self, step_until: float | None) -> Stop | None:
        heard = self.main.reason(step_until)
        if heard == "forced" or self.is_obeyed:
            return "forced" if heard == "forced" else None
        if self.is_cancelled:
            return "cancelled"
        if self.main.obeyed != self.began_after:
            return self.main.obeyed
        return heard

    def obey(self, _: Stop, /) -> None:
        """The job itself hears it in the main thread."""
        self.is_obeyed = True

    def close(self) -> None:
        if self.into is not None:
            os.close(self.into)
            os.close(self.output)
            os.close(self.wake)
            self.into = None


@dataclass
class Stopping:
    """First a word, then a louder one, then the end of everything that the job has started."""

    why: Stop
    program: int
    since: float
    pressed: int = field(default=0)

    def press(self, cell: Cell | Guest) -> None:
        passed = time.monotonic() - self.since
        if self.why == "forced":
            passed += INTERRUPT_SECONDS + TERMINATE_SECONDS
        if passed >= INTERRUPT_SECONDS + TERMINATE_SECONDS + CLEAR_SECONDS_MAX:
            raise CellLost
        if passed >= INTERRUPT_SECONDS + TERMINATE_SECONDS:
            self.once(3, lambda: self.end(cell))
        elif passed >= INTERRUPT_SECONDS:
            self.once(2, lambda: cell.signal(self.program, signal.SIGTERM))
        else:
            self.once(1, lambda: cell.signal(self.program, signal.SIGINT))

    def end(self, cell: Cell | Guest) -> None:
        """Where others run as well, they are not meant, unless everything is."""
        if self.why == "forced" or len(cell.running) == 1:
            cell.clear()
        else:
            cell.signal(self.program, signal.SIGKILL)

    def once(self, stage: int, act: Callable[[], None]) -> None:
        if self.pressed < stage:
            self.pressed = stage
            act()
