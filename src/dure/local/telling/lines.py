"""Line by line: `job | step | text`, so that the words of jobs that run at the same time stay apart."""

import sys
import time
from typing import TextIO

from dure.kit import paint, plain, told
from dure.local.course import Course, Task
from dure.local.telling.teller import Teller, closing, failure_lines, length, shown, state_of
from dure.wire import Happening, StepEnded, StepStarted


class Lines(Teller):
    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self.stream = stream or sys.stdout

    def put(self, *words: str) -> None:
        self.stream.write(" | ".join(words) + "\n")

    def changed(self, task: Task) -> None:
        super().changed(task)
        if task.is_over:
            why = f": {told(task.why)}" if task.why is not None and (task.result != "success" or task.is_reused) else ""
            took = length(self.seconds(task))
            self.put(plain(task.name), state_of(task), plain((took + why).removeprefix(": ")))
            if task.link:
                self.put(plain(task.name), plain(task.link))

    def happened(self, task: Task, happening: Happening) -> None:
        super().happened(task, happening)
        if isinstance(happening, StepEnded) and happening.conclusion != "success":
            words = happening.why or (f"exit code {happening.exit_code}" if happening.exit_code is not None else "")
            self.put(plain(task.name), plain(happening.name), plain(f"{happening.conclusion} {words}".strip()))

    def said(self, task: Task, step: StepStarted, words: str) -> None:
        text = shown(words)
        if text or not words:
            self.put(plain(task.name), plain(step.name), text)

    def tick(self) -> None:
        self.stream.flush()

    def end(self, course: Course) -> None:
        for line in failure_lines(self.failures):
            print(line, file=self.stream)
        style = "good" if course.result in ("success", "skipped") else "bad"
        words = told(closing(course, time.monotonic() - self.since))
        print(paint(words, style, self.stream), file=self.stream, flush=True)
