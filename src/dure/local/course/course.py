"""The course of a run: what may begin, what has ended, what that means for the rest. All of it is in memory.

`dure.workflow` decides; this keeps what it decides about. Who does the jobs asks `next_up` and tells `ended`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dure.kit import Refused, Text, say
from dure.local.asking import Asked
from dure.workflow import (
    Decision,
    Finished,
    Job,
    JobInstance,
    Plan,
    Planned,
    Result,
    Workflow,
    as_flag,
    as_number,
    call_inputs,
    call_outputs,
    expand,
    instance_contexts,
    needs_context,
    ready,
    resolve_texts,
    text_of,
    together,
)

State = Literal["waiting", "held", "running", "calling", "over"]
UNDER_WAY = ("running", "calling")
SIBLING_FAILED = say("Another job of this matrix failed.")
TOKEN = "GITHUB_TOKEN"  # noqa: S105 - its name
CANCELLED = say("The run was cancelled.")
NOT_ASKED_FOR = say("None of its combinations fits --matrix.")


@dataclass(eq=False)
class Part:
    """One workflow that runs: one that the event begins, or one that a job calls."""

    plan: Plan
    planned: Planned
    known: dict[str, Any]
    """The contexts github, inputs and vars."""
    secrets: Mapping[str, str]
    above: "Task | None" = None
    """The job that calls it."""
    tasks: list["Task"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.tasks = [Task(self, job, self.named(shown_before(job))) for job in self.workflow.jobs.values()]

    @property
    def workflow(self) -> Workflow:
        return self.planned.workflow

    def named(self, name: str) -> str:
        """A job of a called workflow has its caller's name before its own."""
        return name if self.above is None else f"{self.above.name} / {name}"

    @property
    def is_stopped(self) -> bool:
        return self.above is not None and (self.above.stopped or self.above.part.is_stopped)

    @property
    def is_over(self) -> bool:
        return all(task.is_over for task in self.tasks)

    @property
    def result(self) -> Result:
        return together(task.counted for task in self.tasks)

    def finished(self) -> dict[str, Finished]:
        """The jobs of the file that are over, with all that a matrix made of them."""
        found = {}
        for name in self.workflow.jobs:
            tasks = [task for task in self.tasks if task.definition.id == name]
            if tasks and all(task.is_over for task in tasks):
                outputs = {key: value for task in tasks for key, value in task.outputs.items() if value}
                found[name] = Finished(together(task.counted for task in tasks), outputs)
        return found


@dataclass(eq=False)
class Task:
    """A job of a file, and once its matrix is known, one instance of it."""

    part: Part
    definition: Job
    name: str
    instance: JobInstance | None = None
    contexts: dict[str, Any] = field(default_factory=dict)
    """All that its expressions may name, once it may begin."""
    state: State = "waiting"
    result: Result = "skipped"
    outputs: dict[str, str] = field(default_factory=dict)
    why: Text | None = None
    forgiven: bool = False
    stopped: bool = False
    """Told to end, because another of its matrix failed."""
    number: int = 0
    """In this run, once it has begun."""
    key: str = ""
    """Under this a house knows its work (`x-cache`); empty: it is not shared."""
    link: str = ""
    """Where people see what it has put up: the url of its environment."""
    is_reused: bool = False
    """Somebody had done its work already."""

    @property
    def is_over(self) -> bool:
        return self.state == "over"

    @property
    def counted(self) -> Result:
        """What its end means for others."""
        return "success" if self.forgiven and self.result == "failure" else self.result

    @property
    def calls(self) -> str:
        """The key of the workflow that runs in its place."""
        return self.part.planned.calls.get(self.definition.id, "")

    @property
    def at_once(self) -> int:
        return self.instance.max_parallel if self.instance is not None else 1


def shown_before(job: Job) -> str:
    return job.id if job.name is None or "${{" in job.name else job.name


class Course:
    """`changed` hears of every task whose state is new."""

    def __init__(self, parts: Sequence[Part], asked: Asked, changed: Callable[[Task], None]) -> None:
        self.parts, self.asked, self.changed = list(parts), asked, changed
        self.is_cancelled = False

    @property
    def tasks(self) -> Iterator[Task]:
        """In order, those of a called workflow after the job that calls it."""
        for part in self.parts:
            if part.above is None:
                yield from self.tasks_in(part)

    def tasks_in(self, part: Part) -> Iterator[Task]:
        for task in part.tasks:
            yield task
            for called in self.parts:
                if called.above is task:
                    yield from self.tasks_in(called)

    @property
    def is_over(self) -> bool:
        return all(part.is_over for part in self.parts)

    @property
    def result(self) -> Result:
        return together(part.result for part in self.parts if part.above is None)

    def next_up(self, free: int) -> list[Task]:
        """As many as there is room for, of those that may begin now; they count as running from here on."""
        while self.decide_all() or self.begin_calls() or self.end_calls():
            pass
        chosen: list[Task] = []
        for task in self.tasks:
            if len(chosen) < free and task.state == "held" and not task.calls and self.may_begin(task):
                task.state = "running"
                self.changed(task)
                chosen.append(task)
        return chosen

    def decide_all(self) -> bool:
        """Of a list, so that every part has its turn."""
        return any([self.decide(part) for part in self.parts])  # noqa: C419

    def begin_calls(self) -> bool:
        """Jobs in whose place a workflow runs take up no room of their own."""
        called = [task for task in self.tasks if task.state == "held" and task.calls and self.may_begin(task)]
        for task in called:
            try:
                part = self.called_part(task)
            except Refused as broken:
                self.end(task, "failure", broken.text)
                continue
            task.state = "calling"
            self.parts.append(part)
            self.changed(task)
        return bool(called)

    def called_part(self, task: Task) -> Part:
        part = task.part
        planned = part.plan.at(task.calls)
        call = planned.workflow.triggers.call
        if call is None:
            raise Refused(say("{path} cannot be called: its `on` does not name workflow_call.", path=task.calls))
        outside = {"github": part.known["github"], "vars": part.known["vars"]}
        inputs = call_inputs(call, task.definition, task.contexts, outside)
        return Part(part.plan, planned, {**outside, "inputs": inputs}, handed_secrets(task), task)

    def end_calls(self) -> bool:
        """A call is over when the workflow is, with what that gives."""
        ended = [part for part in self.parts if part.above is not None and not part.above.is_over and part.is_over]
        for part in ended:
            self.end_call(part, part.above)
        return bool(ended)

    def end_call(self, part: Part, caller: Task | None) -> None:
        call = part.workflow.triggers.call
        assert caller is not None
        try:
            outputs = {} if call is None else call_outputs(call, part.finished(), part.known)
        except Refused as broken:
            self.end(caller, "failure", broken.text)
            return
        self.ended(caller, part.result, outputs)

    def may_begin(self, task: Task) -> bool:
        beside = [other for other in task.part.tasks if other.definition is task.definition]
        return sum(other.state in UNDER_WAY for other in beside) < task.at_once

    def decide(self, part: Part) -> bool:
        """Decides about every job of which it can be decided. False when there was none: one that ends at once may let
        others begin."""
        begun = {task.definition.id for task in part.tasks if task.state != "waiting"}
        finished = part.finished()
        cancelled = self.is_cancelled or part.is_stopped
        decisions = ready(part.workflow, finished, part.known, known=begun, cancelled=cancelled)
        for decision in decisions:
            self.carry_out(part, decision, finished)
        return bool(decisions)

    def carry_out(self, part: Part, decision: Decision, finished: Mapping[str, Finished]) -> None:
        task = next(task for task in part.tasks if task.definition.id == decision.job)
        if decision.word == "run":
            try:
                self.hold(task, {**part.known, "needs": needs_context(task.definition, finished)}, decision.why)
            except Refused as broken:
                self.end(task, "failure", broken.text)
        elif decision.word == "fail":
            self.end(task, "failure", decision.why)
        else:
            cancelled = self.is_cancelled or part.is_stopped
            self.end(task, "cancelled" if cancelled else "skipped", decision.why)

    def hold(self, task: Task, contexts: dict[str, Any], why: Text) -> None:
        """Makes of a job what its matrix says, less the combinations that were not asked for."""
        instances = [each for each in expand(task.definition, contexts) if self.is_asked_for(each)]
        if not instances:
            self.end(task, "skipped", NOT_ASKED_FOR)
            return
        made = [Task(task.part, task.definition, task.part.named(each.name), each, why=why) for each in instances]
        for each, instance in zip(made, instances, strict=True):
            each.contexts = {**contexts, **instance_contexts(instance)}
            each.forgiven = as_flag(task.definition.continue_on_error, each.contexts)
            each.state = "held"
        place = task.part.tasks.index(task)
        task.part.tasks[place : place + 1] = made
        for each in made:
            self.changed(each)

    def is_asked_for(self, instance: JobInstance) -> bool:
        shown = {key: text_of(value) for key, value in (instance.matrix or {}).items()}
        return self.asked.wants(instance.matrix, shown)

    def ended(self, task: Task, result: Result, outputs: Mapping[str, str], why: Text | None = None) -> None:
        task.outputs = dict(outputs)
        self.end(task, result, why if why is not None or not task.stopped else SIBLING_FAILED)

    def end(self, task: Task, result: Result, why: Text | None) -> None:
        task.state, task.result, task.why = "over", result, why
        self.changed(task)
        if result == "failure" and not task.forgiven and task.instance is not None and task.instance.fail_fast:
            self.stop_beside(task)

    def stop_beside(self, failed: Task) -> None:
        for task in failed.part.tasks:
            if task.definition is failed.definition and not task.is_over:
                self.stop(task)

    def stop(self, task: Task) -> None:
        """Who does the jobs tells those that run."""
        if task.state not in UNDER_WAY:
            self.end(task, "cancelled", SIBLING_FAILED)
            return
        task.stopped = True
        for part in self.parts:
            for inner in part.tasks if part.above is task else ():
                if not inner.is_over and inner.state != "waiting":
                    self.stop(inner)

    def cancel(self) -> None:
        """The person wants it to end. What waits does not begin; who does the jobs tells those that run."""
        self.is_cancelled = True
        for task in self.tasks:
            if task.state == "held":
                self.end(task, "cancelled", CANCELLED)


def handed_secrets(task: Task) -> dict[str, str]:
    """What the workflow that a job calls may know. The token goes along always."""
    mine, given = task.part.secrets, task.definition.secrets
    if given == "inherit":
        return dict(mine)
    token = {name: value for name, value in mine.items() if name == TOKEN}
    contexts: dict[str, Any] = {**task.contexts, "secrets": {TOKEN: "", **mine}}
    return {**resolve_texts(given or {}, contexts), **token}


def minutes_of(task: Task) -> float:
    return as_number(task.definition.timeout_minutes, task.contexts)
