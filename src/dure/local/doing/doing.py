"""Doing the jobs of a run: a supervisor for each, listened to until its last word, as many at a time as there is room.

One thread, because it makes processes by forking. What the supervisors say lies in files; their bells say when to look.
"""

import os
import select
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NoReturn, TypeVar

from dure.kit import Refused, say
from dure.local.course import Course, Task
from dure.local.doing.order import brings_itself, order_of
from dure.local.doing.sharing import Sharing
from dure.local.doing.supplies import Supplies
from dure.local.doing.visiting import visit
from dure.local.doing.workplace import Workplace, begin
from dure.local.ground import Ground, bring
from dure.local.telling import Teller
from dure.runner import JobPlace, happenings
from dure.wire import Ended, Happening, StepEnded, StepStarted

T = TypeVar("T")
LOOK_SECONDS = 0.5
"""However quiet it is, the clocks on the terminal move on, and a supervisor that was killed is noticed."""
READ_BYTES = 1 << 20
STAMP_CHARACTERS = 25
"""A line of a log begins with a moment: 2026-11-21T09:44:00.123Z and a space."""
Wish = Literal["no", "asked", "force"]
LOST = say("The process for this job was killed.")


class Interrupted(Exception):
    """The person wants it to end while a house is asked."""


@dataclass(eq=False)
class Running:
    """One job in work, and how far it has been heard."""

    task: Task
    place: JobPlace
    process: int
    bell: int
    log: int = -1
    heard: int = 0
    """Bytes of the journal."""
    told: int = 0
    """Bytes of the log."""
    rest: bytes = b""
    step: StepStarted | None = None
    beside: dict[int, StepStarted] = field(default_factory=dict)
    """Those in the background, by their numbers."""
    ended: Ended | None = None


@dataclass
class Doing:
    course: Course
    ground: Ground
    workplace: Workplace
    supplies: Supplies
    sharing: Sharing
    teller: Teller
    at_once: int
    env: Mapping[str, str]
    hold: bool = False
    """Whether a job that fails is kept until somebody has looked into it."""
    running: list[Running] = field(default_factory=list)
    number: int = 0
    wish: Wish = "no"
    """What the person wants, by Ctrl-C."""
    passed_on: Wish = "no"
    visit: int = 0
    """The process that shows a held job on the terminal."""
    seen: set[Path] = field(default_factory=set)
    """Held jobs that were told of."""
    woken: int = -1
    is_asking: bool = False
    """Whether we wait for a house, which may take its time."""

    def run(self) -> None:
        """Until every job is over."""
        with self.interruptible():
            try:
                self.go_round()
            except BaseException:
                # Whoever read what we tell has gone, for one: nothing is left running in a place that will be cleared.
                self.give_up()
                raise

    def go_round(self) -> None:
        while True:
            self.pass_on()
            for task in self.course.next_up(self.at_once - len(self.running)):
                self.start(task)
            if self.course.is_over:
                return
            self.listen()
            for job in list(self.running):
                self.hear(job)
            self.look_into_held()

    def give_up(self) -> None:
        for job in self.running:
            job.place.wishes("force")
        for job in self.running:
            with suppress(ChildProcessError):
                os.waitpid(job.process, 0)

    def pass_on(self) -> None:
        if self.wish == self.passed_on:
            return
        self.passed_on = self.wish
        self.course.cancel()
        self.teller.cancelled(by_force=self.wish == "force")
        for job in self.running:
            job.place.wishes(self.wish)

    def start(self, task: Task) -> None:
        self.number += 1
        task.number = self.number
        try:
            done = self.asking(self.sharing.take_over, task)
            if done is not None:
                task.is_reused = True
                self.course.ended(task, "success", *done)
                return
            order = order_of(task, self.number, dict(self.env), hold=self.hold)
            furnish = None if brings_itself(order) else self.furnish
            place, process = begin(self.workplace, order, furnish)
        except (Refused, OSError) as error:
            why = error.text if isinstance(error, Refused) else say("{error}", error=str(error))
            self.course.ended(task, "failure", {}, why)
            return
        self.running.append(Running(task, place, process, place.listen("bell")))

    def furnish(self, target: Path) -> None:
        bring(self.ground, target, self.workplace.view.user)

    def listen(self) -> None:
        """Waits until there is something to hear, or a moment has passed."""
        self.teller.tick()
        bells: list[int] = [self.woken, *(job.bell for job in self.running)]
        ringing, _, _ = select.select(bells, [], [], LOOK_SECONDS if not self.teller.is_live else self.teller.pause)
        for bell in ringing:
            with suppress(BlockingIOError):
                os.read(bell, 65536)

    def hear(self, job: Running) -> None:
        if job.task.stopped and job.place.wish == "no":
            job.place.wishes("asked")
        gone = os.waitpid(job.process, os.WNOHANG)[0] if job.ended is None else 0
        for happening in self.news(job):
            self.take(job, happening)
        self.read_log(job, None)
        self.supplies.serve(job.place)
        if job.ended is not None:
            self.finish(job, waited=bool(gone))
        elif gone:
            self.lose(job)

    def news(self, job: Running) -> Iterator[Happening]:
        for end, happening in list(happenings(job.place.path / "journal", job.heard)):
            job.heard = end
            yield happening

    def take(self, job: Running, happening: Happening) -> None:
        """What is told comes in the order of the log."""
        if isinstance(happening, StepStarted | StepEnded):
            self.read_log(job, happening.log_offset)
            if isinstance(happening, StepStarted) and happening.kind == "background":
                job.beside[happening.index] = happening
            elif happening.index not in job.beside:
                job.step = happening if isinstance(happening, StepStarted) else None
        if isinstance(happening, Ended):
            job.ended = happening
        else:
            self.teller.happened(job.task, happening)

    def read_log(self, job: Running, until: int | None) -> None:
        if job.log < 0:
            with suppress(FileNotFoundError):
                job.log = os.open(job.place.path / "log", os.O_RDONLY | os.O_CLOEXEC)
            if job.log < 0:
                return
        while until is None or job.told < until:
            size = READ_BYTES if until is None else min(READ_BYTES, until - job.told)
            piece = os.pread(job.log, size, job.told)
            if not piece:
                return
            job.told += len(piece)
            whole, _, job.rest = (job.rest + piece).rpartition(b"\n")
            for line in whole.split(b"\n") if whole else ():
                self.tell_line(job, line.decode("utf-8", "replace"))

    def tell_line(self, job: Running, line: str) -> None:
        words, step = line[STAMP_CHARACTERS:], job.step
        if line[STAMP_CHARACTERS - 1 : STAMP_CHARACTERS] == "/":
            # The number of a step in the background.
            number, _, words = words.partition(" ")
            step = job.beside.get(int(number), step)
        self.teller.line(job.task, step, words)

    def finish(self, job: Running, *, waited: bool) -> None:
        ended = job.ended
        assert ended is not None
        if not waited:
            os.waitpid(job.process, 0)
        self.forget(job)
        why = say("{words}", words=ended.why) if ended.why else None
        result = "failure" if ended.conclusion == "lost" else ended.conclusion
        job.task.link = ended.environment_url
        self.course.ended(job.task, result, ended.outputs, why)
        self.asking(self.sharing.offer, job.task)

    def asking(self, ask: Callable[[Task], T], task: Task) -> T | None:
        """Ctrl-C does not wait for a house, and nothing is asked of it any more afterwards."""
        try:
            self.is_asking = True
            return ask(task) if self.wish == "no" else None
        except Interrupted:
            return None
        finally:
            self.is_asking = False

    def lose(self, job: Running) -> None:
        self.forget(job)
        self.course.ended(job.task, "failure", {}, LOST)

    def look_into_held(self) -> None:
        """On a terminal, one after the other, by a process of its own: the other jobs go on meanwhile."""
        if self.visit and os.waitpid(self.visit, os.WNOHANG)[0]:
            self.visit = 0
            self.teller.held(None)
        for job in self.running:
            place = job.place.path
            if self.visit or place in self.seen or not (place / "held").exists():
                continue
            self.seen.add(place)
            for happening in self.news(job):
                self.take(job, happening)
            self.read_log(job, None)
            if not (sys.stdin.isatty() and sys.stdout.isatty()):
                self.teller.held_elsewhere(job.task, place)
                continue
            self.teller.held(job.task)
            self.visit = os.fork()
            if self.visit == 0:
                look_round(place)

    def forget(self, job: Running) -> None:
        os.close(job.bell)
        if job.log >= 0:
            os.close(job.log)
        self.running.remove(job)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """A first Ctrl-C asks the jobs to end, a second one ends them."""
        self.woken, waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

        def interrupt(*_: object) -> None:
            self.wish = "asked" if self.wish == "no" else "force"
            with suppress(BlockingIOError):
                os.write(waker, b"!")
            if self.is_asking:
                self.is_asking = False
                raise Interrupted

        before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            for handle in (self.woken, waker):
                os.close(handle)


def look_round(place: Path) -> NoReturn:
    """In the child: the shell of a held job has the terminal to itself."""
    code = 1
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        visit(place)
        code = 0
    finally:
        os._exit(code)
