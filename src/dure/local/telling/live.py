"""On a terminal: a list of the jobs, drawn anew in its place as they go on. What failed is told in full at the end."""

import shutil
import sys
import time
from typing import TextIO

from dure.kit import columns_of, paint, plain, say, shortened, told
from dure.local.course import Course, Task
from dure.local.telling.teller import Teller, closing, failure_lines, length
from dure.wire import Happening, StepStarted

SIGNS = {"success": "✓", "failure": "✗", "cancelled": "⊘", "skipped": "–", "running": "●", "waiting": "○", "held": "○"}
STYLES = {"success": "good", "failure": "bad", "cancelled": "bad", "running": "busy"}
NAME_COLUMNS_MAX = 40
SECONDS_BETWEEN = 0.1


class Live(Teller):
    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(is_live=True, pause=SECONDS_BETWEEN)
        self.stream = stream or sys.stdout
        self.course: Course | None = None
        self.steps: dict[Task, str] = {}
        self.drawn = 0
        self.drawn_at = 0.0
        self.note = ""
        self.is_away = False
        """Somebody else has the terminal."""

    def begin(self, course: Course) -> None:
        self.course = course

    def happened(self, task: Task, happening: Happening) -> None:
        super().happened(task, happening)
        if isinstance(happening, StepStarted):
            self.steps[task] = happening.name

    def cancelled(self, *, by_force: bool) -> None:
        words = say("Ending by force.") if by_force else say("Ending the jobs. Ctrl-C once more ends them by force.")
        self.note = told(words)

    def held(self, task: Task | None) -> None:
        self.is_away = task is not None
        if task is not None:
            self.draw()
            words = say("A shell in {job}, where it failed. The job goes on when you leave it.", job=task.name)
            print(paint(plain(told(words)), "strong", self.stream), file=self.stream, flush=True)
        self.drawn = 0

    def tick(self) -> None:
        if not self.is_away and time.monotonic() - self.drawn_at >= SECONDS_BETWEEN:
            self.draw()

    def draw(self) -> None:
        """All lines anew, as many as the terminal has room for: those that are over give way first."""
        self.drawn_at = time.monotonic()
        columns, rows = shutil.get_terminal_size()
        tasks = list(self.course.tasks) if self.course is not None else []
        while len(tasks) > max(rows - 3, 1):
            tasks.remove(next((task for task in tasks if task.is_over), tasks[-1]))
        width = min(max((columns_of(plain(task.name)) for task in tasks), default=0), NAME_COLUMNS_MAX)
        lines = [self.row(task, width, columns) for task in tasks]
        lines += [self.note] if self.note else []
        up = f"\x1b[{self.drawn}A" if self.drawn else ""
        self.stream.write(up + "".join(f"\r\x1b[K{line}\n" for line in lines) + "\x1b[J")
        self.stream.flush()
        self.drawn = len(lines)

    def row(self, task: Task, width: int, columns: int) -> str:
        state = task.result if task.is_over else task.state
        name = shortened(plain(task.name), width)
        name += " " * (width - columns_of(name))
        took = length(self.seconds(task)).rjust(9)
        words = shortened(f"{name}  {took}  {plain(self.about(task))}".rstrip(), max(columns - 3, 10))
        sign = SIGNS[state]
        return f"{paint(sign, STYLES[state], self.stream) if state in STYLES else sign} {words}"

    def about(self, task: Task) -> str:
        if task.state == "running":
            return self.steps.get(task, "")
        if task.state == "waiting":
            return told(say("waits for {jobs}", jobs=", ".join(task.definition.needs)))
        is_said = task.is_over and (task.result != "success" or task.is_reused)
        return told(task.why) if task.why is not None and is_said else ""

    def end(self, course: Course) -> None:
        self.note = ""
        self.draw()
        for task in course.tasks:
            if task.link:
                print(plain(f"{task.name}  {task.link}"), file=self.stream)
        for line in failure_lines(self.failures):
            print(line, file=self.stream)
        style = "good" if course.result in ("success", "skipped") else "bad"
        words = told(closing(course, time.monotonic() - self.since))
        print(paint(words, style, self.stream), file=self.stream, flush=True)
