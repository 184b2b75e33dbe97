"""The supervisor's desk: everything that one job is done with, and what both steps and actions do with it."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from dure.kit import Refused, say
from dure.runner.job.drawer import Drawer, give
from dure.runner.job.scope import Scope
from dure.runner.job.watch import Ending, Stop, Watch
from dure.runner.place import ROOM_PLACES, Answer, JobPlace, Want
from dure.runner.record import Journal, Log
from dure.runner.sandbox import Cell, User
from dure.wire import Annotation, Level

ANNOTATIONS_MAX = 200
HASH_SECONDS_MAX = 120.0
MESSAGE_MAX = 65_536


class Stopped(Exception):
    """The step has to stop, for a reason that is not its own."""

    def __init__(self, why: Stop) -> None:
        super().__init__(why)
        self.why = why


class StepFailed(Refused):
    """The step could not do what it should."""


@dataclass
class Desk:
    place: JobPlace
    scope: Scope
    log: Log
    journal: Journal
    cell: Cell
    watch: Watch
    commands: Drawer
    """Files by which steps and supervisor speak: readable by the job, each made for one use."""
    handed: Drawer
    """Files that the job makes for us, and we for it."""
    step: int = 0
    until: float | None = None
    """When the time of the step that runs is up, by the clock that only goes forward."""
    annotations: int = 0
    wants: int = 0
    hashes: int = 0
    said_outputs: dict[str, str] = field(default_factory=dict)
    """Outputs that the step has set by a line that it printed."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that every later step gets, set by our actions."""

    def run(self, argv: Sequence[str], environment: Mapping[str, str], directory: str) -> int:
        """Runs one program of the step to its end; its exit code."""
        self.cell.run(argv, environment, directory)
        return self.over(self.watch.attend(self.left()))

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
        self.wants += 1
        name = f"{self.wants:04}"
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

    @property
    def shelf(self) -> Path:
        return self.place.path / "shelf"

    def annotate(self, level: Level, message: str, place: Mapping[str, str | int | None] | None = None) -> None:
        """Tells the house about something that was remarked. There is an end to how many remarks it hears."""
        self.annotations += 1
        if self.annotations > ANNOTATIONS_MAX:
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
        self.hashes += 1
        name = f"hash_{self.hashes}"
        self.commands.put(name, b"")
        argv = self.script("hash_files", f"{self.scope.room}/commands/{name}", self.scope.workspace, *patterns)
        self.cell.run(argv, {"PATH": "/usr/bin:/bin"}, self.scope.workspace)
        ending = self.watch.attend(HASH_SECONDS_MAX)
        if ending.stop == "step_time":
            raise StepFailed(say("hashFiles took longer than {seconds:g} s.", seconds=HASH_SECONDS_MAX))
        code = self.over(ending)
        digest = self.commands.read(name, 64).decode("ascii", "replace")
        self.commands.drop(name)
        if code != 0:
            raise StepFailed(say("The files that hashFiles names could not be read."))
        return digest


def make_room(place: JobPlace, user: User) -> Path:
    """The job's own directory. Whoever the job runs as, it is theirs alone."""
    room = place.path / "room"
    room.mkdir(mode=0o700)
    with suppress(FileNotFoundError):
        # What the job shall find in its workspace, where somebody has laid it out.
        (place.path / "found").rename(room / "work")
    for name in ROOM_PLACES:
        (room / name).mkdir(mode=0o700, exist_ok=name == "work")
        give(room / name, user)
    give(room, user)
    return room


def at() -> datetime:
    return datetime.now(UTC)
