"""The supervisor's desk: everything that one job is done with, and what both steps and actions do with it."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from dure.kit import Refused, Text, say
from dure.runner.box import Boxes, Guest
from dure.runner.job.desk.drawer import Drawer, give
from dure.runner.job.desk.scope import Scope, Standing
from dure.runner.job.desk.watch import Ending, SideWatch, Stop, Watch
from dure.runner.place import ROOM_PLACES, Answer, JobPlace, Want
from dure.runner.record import Journal, Lines
from dure.runner.sandbox import Cell, User
from dure.wire import Annotation, Level, StepResult, Summary

ANNOTATIONS_MAX = 200
HASH_SECONDS_MAX = 120.0
MESSAGE_MAX = 65_536
SUMMARY_MAX = 1 << 20


T = TypeVar("T")


class Stopped(Exception):
    """The step has to stop, for a reason that is not its own."""

    def __init__(self, why: Stop) -> None:
        super().__init__(why)
        self.why = why


class StepFailed(Refused):
    """The step could not do what it should."""


@dataclass
class Done:
    """How a step went."""

    outcome: StepResult
    code: int | None = None
    why: Text | None = None
    outputs: dict[str, str] = field(default_factory=dict)


@dataclass
class Said:
    """What a step says while it runs, by lines that it prints."""

    outputs: dict[str, str] = field(default_factory=dict)
    state: dict[str, str] = field(default_factory=dict)
    """What an action keeps for its own clearing away."""
    fault: Text | None = None
    """Why it has failed, however its program ends."""


@dataclass
class Tally:
    """Numbers of which every one is used once, by whichever step."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    used: dict[str, int] = field(default_factory=dict)

    def next(self, what: str) -> int:
        with self.lock:
            number = self.used[what] = self.used.get(what, 0) + 1
        return number


@dataclass
class Later:
    """What an action does after the last step of its job."""

    name: str
    condition: str
    env: dict[str, str]
    act: Callable[["Desk"], Done]
    trail: tuple[int, ...] = ()


@dataclass
class Desk:
    place: JobPlace
    scope: Scope
    log: Lines
    journal: Journal
    cell: Cell
    watch: Watch
    commands: Drawer
    """Files by which steps and supervisor speak: readable by the job, each made for one use."""
    handed: Drawer
    """Files that the job makes for us, and we for it."""
    tally: Tally = field(default_factory=Tally)
    step: int = 0
    name: str = ""
    """What people call it."""
    files: int = 0
    """The number of the files by which the step that runs says something."""
    trail: tuple[int, ...] = ()
    """Where we are: the step of the job, the step of the action it uses, and so on."""
    until: float | None = None
    """When the time of the step that runs is up, by the clock that only goes forward."""
    env: dict[str, str] = field(default_factory=dict)
    """The variables that the step that runs has of its own."""
    said: Said = field(default_factory=Said)
    states: dict[tuple[int, ...], dict[str, str]] = field(default_factory=dict)
    """What actions have kept, by where they stand."""
    later: list[Later] = field(default_factory=list)
    """What is to be done after the last step, the last one first."""
    fetched: dict[str, str | StepFailed] = field(default_factory=dict)
    """Actions that the runner keeps by now: their digests, or why there is none."""
    node: str = ""
    """Where the job finds node, once somebody has asked."""
    services: Callable[[], dict[str, str]] = field(default=dict)
    """Variables by which the official clients find what serves them."""
    boxes: Boxes | None = None
    """The job's containers, where it has any."""
    summaries: dict[int, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that every later step gets, set by our actions."""

    @contextmanager
    def inside(self, scope: Scope) -> Iterator[None]:
        """In an action that is made of steps. What its actions do later is gathered apart."""
        outer, later, files = self.scope, self.later, self.files
        self.scope, self.later = scope, []
        try:
            yield
        finally:
            self.scope, self.later, self.files = outer, later, files

    @contextmanager
    def inside_action(self, standing: Standing) -> Iterator[None]:
        """In an action that has no steps of its own."""
        outer = self.scope
        inputs = outer.standing.inputs if outer.standing is not None else None
        self.scope = replace(outer, standing=replace(standing, inputs=inputs))
        try:
            yield
        finally:
            self.scope = outer

    def at_step(self, number: int) -> AbstractContextManager[None]:
        return self.on_trail((*self.trail, number))

    @contextmanager
    def on_trail(self, trail: tuple[int, ...]) -> Iterator[None]:
        before, self.trail = self.trail, trail
        try:
            yield
        finally:
            self.trail = before

    def heed(self) -> Stop | None:
        """Between two steps: whether the job has to come to its end."""
        why = self.watch.reason(None)
        if why is not None:
            self.watch.obey(why)
            self.scope.mark("failure" if why == "job_time" else "cancelled")
        return why

    def aside(self, number: int) -> "Desk":
        """The same for a step in the background: what it changes, later steps see when somebody has waited for it."""
        log = self.log.aside(number)
        scope = self.scope.aside()
        side = replace(
            self,
            scope=scope,
            log=log,
            watch=SideWatch(self.watch, log),
            said=Said(),
            later=[],
            environment=dict(self.environment),
        )
        scope.hash_files = side.hash_files
        return side

    def run(self, argv: Sequence[str], environment: Mapping[str, str], directory: str) -> int:
        """Runs one program of the step to its end; its exit code."""
        watch = self.watch
        number = self.cell.run(argv, environment, directory, into=watch.into, wake=watch.wake)
        return self.over(watch.attend(number, self.left()))

    def run_lines(self, argv: Sequence[str], environment: Mapping[str, str], directory: str) -> int:
        """A script of the job's own: in its container, if it has one."""
        if self.boxes is None or not self.boxes.step_box:
            return self.run(argv, environment, directory)
        return self.attend(self.boxes.run(argv, environment, directory))

    def attend(self, guest: Guest) -> int:
        """A program of a container, to its end."""
        try:
            return self.over(self.watch.attend_guest(guest, self.left()))
        finally:
            guest.close()

    def over(self, ending: Ending) -> int:
        self.log.settle()
        if ending.stop is not None:
            raise Stopped(ending.stop)
        return ending.code

    def left(self) -> float | None:
        return None if self.until is None else max(0.0, self.until - time.monotonic())

    def script(self, name: str, *arguments: str) -> list[str]:
        """The words that start one of our own scripts inside."""
        return [str(self.cell.view.python), "-I", "-S", f"{self.cell.inside}/{name}.py", *arguments]

    def ask(self, want: Want) -> Path:
        """Lets the runner do something; where its answer will lie."""
        name = f"{self.tally.next('wants'):04}"
        self.place.put(f"wants/{name}.json", msgspec.json.encode(want))
        self.place.ring("bell")
        return self.place.path / "wants" / f"{name}.answer"

    def answered(self, want: Want) -> Answer:
        """What the runner says, as long as it takes: it may be away, and so may the house."""
        answer = self.ask(want)
        if why := self.watch.wait(answer.exists):
            raise Stopped(why)
        said = msgspec.json.decode(answer.read_bytes(), type=Answer)
        if said.refusal:
            raise StepFailed(say("{words}", words=said.refusal))
        return said

    def meanwhile(self, act: Callable[[], T]) -> T:
        """Does something that takes long, and stays awake for what else happens."""
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(act)
            if (why := self.watch.wait(future.done)) is not None:
                raise Stopped(why)
            return future.result()

    @property
    def shelf(self) -> Path:
        return self.place.path / "shelf"

    def tell_people(self, markdown: str) -> None:
        """Words for the page of the run. One step may say more than once, by the actions it uses."""
        self.summaries[self.step] = "\n\n".join(filter(None, (self.summaries.get(self.step), markdown)))
        self.journal.add(Summary(step=self.step, markdown=self.summaries[self.step][:SUMMARY_MAX]))

    def annotate(self, level: Level, message: str, place: Mapping[str, str | int | None] | None = None) -> None:
        """Tells the house about something that was remarked. There is an end to how many remarks it hears."""
        if self.tally.next("annotations") > ANNOTATIONS_MAX:
            return
        masked = self.log.masked
        where = {name: masked(value) if isinstance(value, str) else value for name, value in (place or {}).items()}
        limits = {"title": 300, "file": 4096}
        told = {name: v[: limits[name]] if isinstance(v, str) else v for name, v in where.items() if v is not None}
        with suppress(msgspec.ValidationError):
            words = {"step": self.step, "level": level, "message": masked(message)[:MESSAGE_MAX], **told}
            self.journal.add(msgspec.convert(words | {"what": "annotation"}, type=Annotation))

    def hash_files(self, patterns: Sequence[str]) -> str:
        """One digest of all files that the patterns name, in the order of their paths."""
        name = f"hash_{self.tally.next('hashes')}"
        self.commands.put(name, b"")
        argv = self.script("hash_files", f"{self.scope.room}/commands/{name}", self.scope.workspace, *patterns)
        watch, bare = self.watch, {"PATH": "/usr/bin:/bin"}
        number = self.cell.run(argv, bare, self.scope.workspace, into=watch.into, wake=watch.wake)
        ending = watch.attend(number, HASH_SECONDS_MAX)
        if ending.stop == "step_time":
            raise StepFailed(say("hashFiles took longer than {seconds:g} s.", seconds=HASH_SECONDS_MAX))
        code = self.over(ending)
        digest = self.commands.read(name, 64).decode("ascii", "replace")
        self.commands.drop(name)
        if code != 0:
            raise StepFailed(say("The files that hashFiles names could not be read."))
        return digest


def make_room(place: Path, user: User) -> Path:
    """The job's own directory. Whoever the job runs as, it is theirs alone."""
    room = place / "room"
    room.mkdir(mode=0o700)
    with suppress(FileNotFoundError):
        # What the job shall find in its workspace, where somebody has laid it out.
        (place / "found").rename(room / "work")
    for name in ROOM_PLACES:
        (room / name).mkdir(mode=0o700, exist_ok=name == "work")
        give(room / name, user)
    give(room, user)
    return room


def at() -> datetime:
    return datetime.now(UTC)
