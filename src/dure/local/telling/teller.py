"""What every way of telling has in common: it hears all that happens, and remembers what failed."""

import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dure.kit import Text, plain, say, say_count, told
from dure.local.course import Course, Task
from dure.wire import Happening, StepEnded, StepStarted

LAST_LINES = 20
"""So many lines of a step that failed are shown again at the end."""
SHOWN_MAX = 10


@dataclass
class Failure:
    task: Task
    step: str
    why: str
    lines: Sequence[str]


@dataclass(eq=False)
class Teller:
    """Deaf and dumb by itself: each way of telling says what it wants to."""

    is_live: bool = False
    """Whether it wants to be asked for a new look every `pause`, even if nothing happened."""
    pause: float = 0.1
    began: dict[Task, float] = field(default_factory=dict)
    took: dict[Task, float] = field(default_factory=dict)
    last: dict[tuple[Task, int], deque[str]] = field(default_factory=dict)
    """By step: those in the background speak between the others."""
    failures: list[Failure] = field(default_factory=list)
    opening: set[tuple[Task, int]] = field(default_factory=set)
    """Steps that have begun to say what they will run, which whoever wrote them knows."""
    folded: set[tuple[Task, int]] = field(default_factory=set)
    grouped: set[tuple[Task, int]] = field(default_factory=set)
    """Steps that are inside of a group of lines."""
    since: float = field(default_factory=time.monotonic)

    def begin(self, course: Course) -> None:
        """Before anything happens."""

    def changed(self, task: Task) -> None:
        """A job has another state."""
        if task.state == "running":
            self.began[task] = time.monotonic()
        elif task.is_over and task in self.began:
            self.took[task] = time.monotonic() - self.began[task]

    def happened(self, task: Task, happening: Happening) -> None:
        if isinstance(happening, StepStarted):
            self.last[task, happening.index] = deque(maxlen=LAST_LINES)
            self.opening.add((task, happening.index))
        elif isinstance(happening, StepEnded) and happening.conclusion == "failure":
            why = happening.why
            if not why and happening.exit_code is not None:
                why = told(say("exit code {code}", code=happening.exit_code))
            self.failures.append(Failure(task, happening.name, why, list(self.last.get((task, happening.index), ()))))

    def line(self, task: Task, step: StepStarted | None, words: str) -> None:
        """A line of a log."""
        if step is None:
            return
        here = task, step.index
        if here in self.opening:
            self.opening.discard(here)
            if words.startswith("##[group]Run "):
                self.folded.add(here)
        if here in self.folded:
            if words == "##[endgroup]":
                self.folded.discard(here)
        else:
            words = self.indented(here, words)
            self.last.setdefault(here, deque(maxlen=LAST_LINES)).append(words)
            self.said(task, step, words)

    def indented(self, here: tuple[Task, int], words: str) -> str:
        """What a page folds, such as what an inner step of an action will run, stands below its title."""
        if words.startswith("##[group]"):
            self.grouped.add(here)
        elif words == "##[endgroup]":
            self.grouped.discard(here)
        elif here in self.grouped:
            return f"  {shown(words)}"
        return words

    def said(self, task: Task, step: StepStarted, words: str) -> None:
        """A line of a step, by itself."""

    def cancelled(self, *, by_force: bool) -> None:
        """The person wants it to end."""

    def held(self, task: Task | None) -> None:
        """A shell in this job has the terminal now; None: it is ours again."""

    def held_elsewhere(self, task: Task, place: Path) -> None:
        """A job waits for somebody to look into it, and there is no terminal here."""
        words = say("{job} is held. To look into it: dure run --attach {place}", job=task.name, place=place)
        print(plain(told(words)), file=sys.stderr, flush=True)

    def noted(self, words: Text) -> None:
        """Something that nobody asked for could not be done."""
        print(plain(told(words)), file=sys.stderr, flush=True)

    def tick(self) -> None:
        """Time has passed."""

    def end(self, course: Course) -> None:
        """All is over."""

    def seconds(self, task: Task) -> float | None:
        if task in self.took:
            return self.took[task]
        return time.monotonic() - self.began[task] if task in self.began else None


STATES = {
    "success": say("success"),
    "failure": say("failure"),
    "cancelled": say("cancelled"),
    "skipped": say("skipped"),
    "waiting": say("waits"),
    "held": say("waits"),
    "running": say("running"),
}


def state_of(task: Task) -> str:
    return told(STATES[task.result if task.is_over else task.state])


def length(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def closing(course: Course, seconds: float) -> Text:
    """One sentence on all of it."""
    tasks = list(course.tasks)
    ended = [task for task in tasks if task.result != "skipped"]
    failed = sum(task.counted == "failure" for task in tasks)
    if failed:
        what = say_count("{count} of {all} jobs failed", "{count} of {all} jobs failed", failed, all=len(ended))
    elif any(task.result == "cancelled" for task in tasks):
        what = say("The run was cancelled")
    elif not ended:
        what = say("No job ran")
    else:
        what = say_count("{count} job ended well", "{count} jobs ended well", len(ended))
    return say("{what}, {time}.", what=what, time=length(seconds))


def failure_lines(failures: Sequence[Failure]) -> list[str]:
    """What failed, with the last that it said."""
    lines = []
    for failure in failures[:SHOWN_MAX]:
        head = told(say("Failed: {job} | {step}", job=failure.task.name, step=failure.step))
        lines += ["", plain(f"{head} ({failure.why})" if failure.why else head)]
        lines += [f"    {shown(words)}" for words in failure.lines if shown(words)]
    if len(failures) > SHOWN_MAX:
        lines += ["", told(say("… and {count} more.", count=len(failures) - SHOWN_MAX))]
    return lines


def shown(words: str) -> str:
    """A line of a log as people read it: without the marks that fold it on a page."""
    for mark, instead in (("##[group]", ""), ("##[error]", ""), ("##[warning]", ""), ("##[notice]", "")):
        if words.startswith(mark):
            return plain(instead + words[len(mark) :])
    return "" if words.startswith("##[endgroup]") else plain(words)
