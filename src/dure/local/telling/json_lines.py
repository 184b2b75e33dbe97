"""For programs: one line of JSON for each happening, in the order in which it happened."""

import sys
import time
from typing import Any

import msgspec

from dure.kit import told
from dure.local.course import Course, Task
from dure.local.telling.teller import Teller
from dure.wire import Happening, StepStarted

CONTROL = {"control": True}


class JsonLines(Teller):
    def tell(self, what: str, **facts: Any) -> None:
        sys.stdout.write(msgspec.json.encode({"what": what, **facts}).decode() + "\n")

    def changed(self, task: Task) -> None:
        super().changed(task)
        facts: dict[str, Any] = {"job": task.definition.id, "name": task.name, "state": task.state}
        if task.instance is not None and task.instance.matrix is not None:
            facts["matrix"] = task.instance.matrix
        if task.is_over:
            seconds = self.seconds(task)
            facts |= {"result": task.result, "outputs": task.outputs}
            facts |= {"environment_url": task.link} if task.link else {}
            facts |= {} if seconds is None else {"seconds": round(seconds, 3)}
        if task.why is not None:
            facts["why"] = told(task.why)
        self.tell("job", workflow=task.part.workflow.path, **facts)

    def happened(self, task: Task, happening: Happening) -> None:
        super().happened(task, happening)
        facts = msgspec.to_builtins(happening)
        facts.pop("log_offset", None)
        self.tell(facts.pop("what"), job=task.definition.id, name_of_job=task.name, **facts)

    def line(self, task: Task, step: StepStarted | None, words: str) -> None:
        super().line(task, step, words)
        index = None if step is None else step.index
        self.tell("line", job=task.definition.id, name_of_job=task.name, step=index, text=words)

    def tick(self) -> None:
        sys.stdout.flush()

    def end(self, course: Course) -> None:
        self.tell("ended", result=course.result, seconds=round(time.monotonic() - self.since, 3))
        sys.stdout.flush()
