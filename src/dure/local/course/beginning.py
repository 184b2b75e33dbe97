"""What the workflows that were chosen begin with: their contexts, their answers, the jobs that were asked for."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dure.kit import Invalid, say, told
from dure.local.asking import DISPATCH, Asked, Choice, Found, Happened, NotUnderstood, github_of
from dure.local.course.course import Part
from dure.local.ground import Ground
from dure.workflow import Workflow, dispatch_inputs


def parts_of(asked: Asked, ground: Ground, event: Happened, chosen: Sequence[Choice]) -> list[Part]:
    return [part_of(asked, ground, event, choice.found) for choice in chosen if choice.verdict.yes]


def part_of(asked: Asked, ground: Ground, event: Happened, found: Found) -> Part:
    workflow = found.workflow
    inputs: dict[str, Any] = {}
    if event.name == DISPATCH and workflow.triggers.dispatch is not None:
        inputs = answers(asked, event, found)
    payload = {**event.payload, "inputs": inputs} if inputs else event.payload
    known = {
        "github": github_of(replace(event, payload=payload), ground, workflow.name, found.path),
        "inputs": inputs,
        "vars": dict(asked.variables),
    }
    return Part(only(workflow, asked.job), known, asked.secrets)


def answers(asked: Asked, event: Happened, found: Found) -> dict[str, Any]:
    """To the questions of a workflow that is begun by hand: by the words given, else by the file of the event."""
    trigger = found.workflow.triggers.dispatch
    assert trigger is not None
    told_by_event = event.payload.get("inputs")
    said = {name: str(value) for name, value in told_by_event.items()} if isinstance(told_by_event, dict) else {}
    try:
        return dispatch_inputs(trigger, {**said, **asked.inputs})
    except Invalid as wrong:
        problems = "; ".join(f"{name}: {told(text)}" for name, text in wrong.fields.items())
        raise NotUnderstood(say("{file}: {problems}", file=found.path, problems=problems)) from wrong


def only(workflow: Workflow, job: str | None) -> Workflow:
    """The workflow with one job and all that it needs, near or far."""
    if job is None:
        return workflow
    wanted, left = set[str](), [job]
    while left:
        name = left.pop()
        if name in workflow.jobs and name not in wanted:
            wanted.add(name)
            left.extend(workflow.jobs[name].needs)
    return replace(workflow, jobs={name: made for name, made in workflow.jobs.items() if name in wanted})
