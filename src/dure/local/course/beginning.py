"""What the workflows that were chosen begin with: their contexts, their answers, the jobs that were asked for."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dure.kit import Invalid, Refused, plain, say, told
from dure.local.asking import (
    DISPATCH,
    Asked,
    Broken,
    Choice,
    Found,
    Happened,
    NotUnderstood,
    github_of,
    place_and_words,
)
from dure.local.course.course import Part
from dure.local.ground import Ground, Sources
from dure.workflow import (
    Brought,
    CallWords,
    Plan,
    Source,
    Workflow,
    WorkflowBroken,
    call_inputs,
    dispatch_inputs,
    parse_workflow,
    plan_calls,
    text_of,
)

CALL = "workflow_call"


def parts_of(asked: Asked, ground: Ground, sources: Sources, event: Happened, chosen: Sequence[Choice]) -> list[Part]:
    """Each with all that it calls. What cannot be had is told with its place, like any other mistake."""
    shelf, parts, lines = Shelf(ground, sources), [], list[str]()
    for choice in chosen:
        if choice.verdict.yes:
            found = replace(choice.found, workflow=only(choice.found.workflow, asked.job))
            top = Source(ground.project, found.path, event.sha, event.ref)
            plan, mistakes = plan_calls(found.workflow, top, shelf.bring)
            lines += [place_and_words(found.path, mistake) for mistake in mistakes]
            parts.append(part_of(asked, ground, event, found, plan))
    if lines:
        raise Broken(lines)
    return parts


@dataclass
class Shelf:
    """Where called workflows are read: in the folder, and in what is fetched."""

    ground: Ground
    sources: Sources
    fetched: dict[tuple[str, str], Path] = field(default_factory=dict)
    """Where other repositories lie, by their name and how they are asked for."""

    def bring(self, asker: Source, words: CallWords) -> Brought:
        project, ref = (words.project, words.ref) if words.project else (asker.project, asker.ref)
        try:
            root = self.fetched.get((project, ref), self.ground.root)
            if words.project and (project, ref) not in self.fetched:
                root = self.fetched[project, ref] = self.sources.find(project, ref).path
            data = (root / words.path).read_bytes()
            workflow = parse_workflow(data.decode(errors="replace"), words.path)
        except OSError:
            return say("There is no {file}.", file=words.path)
        except WorkflowBroken as broken:
            first = broken.mistakes[0]
            return say("{path}, line {line}: {why}", path=words.path, line=first.line, why=first.text)
        except Refused as refused:
            return refused.text
        return Source(project, words.path, asker.sha if not words.project else ref, ref), workflow


def part_of(asked: Asked, ground: Ground, event: Happened, found: Found, plan: Plan) -> Part:
    workflow = found.workflow
    inputs: dict[str, Any] = {}
    dispatch = workflow.triggers.dispatch
    if event.name == DISPATCH and dispatch is not None:
        inputs = answers(asked, event, found)
    elif event.name == CALL:
        inputs = called_inputs(asked, event, workflow)
    payload = {**event.payload, "inputs": inputs} if inputs else event.payload
    if event.name == DISPATCH and dispatch is not None:
        inputs = {name: value for name, value in inputs.items() if name in dispatch.inputs}
    known = {
        "github": github_of(replace(event, payload=payload), ground, workflow.name, found.path),
        "inputs": inputs,
        "vars": dict(asked.variables),
    }
    return Part(plan, plan.top, known, asked.secrets)


def called_inputs(asked: Asked, event: Happened, workflow: Workflow) -> dict[str, Any]:
    """As if somebody called it: what was said, each of its type, else its default."""
    call = workflow.triggers.call
    said = {**(event.payload.get("inputs") or {}), **asked.inputs}
    nobody = replace(next(iter(workflow.jobs.values())), with_=said)
    try:
        return {} if call is None else dict(call_inputs(call, nobody, {}, {}))
    except Refused as broken:
        raise NotUnderstood(broken.text) from broken


def answers(asked: Asked, event: Happened, found: Found) -> dict[str, Any]:
    """To the questions of a workflow that is begun by hand: by the words given, else by the file of the event.

    What a file says has happened is taken as it is, even if no house would begin it; words are asked for anew.
    """
    trigger = found.workflow.triggers.dispatch
    assert trigger is not None
    told_by_event = event.payload.get("inputs")
    replayed = {} if not isinstance(told_by_event, dict) else {name: text_of(it) for name, it in told_by_event.items()}
    said = {**replayed, **asked.inputs}
    try:
        return dispatch_inputs(trigger, said)
    except Invalid as wrong:
        odd = wrong.fields
    problems = [f"{name}: {told(text)}" for name, text in odd.items()]
    if asked.payload is None or any(name in asked.inputs for name in odd):
        raise NotUnderstood(say("{file}: {problems}", file=found.path, problems="; ".join(problems)))
    for problem in problems:
        words = say("{file}: {problem} It is run as the event says.", file=found.path, problem=problem)
        print(plain(told(words)), file=sys.stderr, flush=True)
    sound = replace(trigger, inputs={name: each for name, each in trigger.inputs.items() if name not in odd})
    right = dispatch_inputs(sound, {name: value for name, value in said.items() if name not in odd})
    return {**right, **{name: said.get(name, "") for name in odd}}


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
