"""A whole workflow file."""

from dure.kit import say
from dure.workflow.document import YamlMap, read_yaml
from dure.workflow.mistake import WorkflowBroken
from dure.workflow.reading.fields import fields, maybe_text, required, scalar, texts
from dure.workflow.reading.job import read_jobs
from dure.workflow.reading.notes import Enough, Notes
from dure.workflow.reading.shared import read_concurrency, read_defaults, read_permissions
from dure.workflow.reading.triggers import read_triggers
from dure.workflow.syntax import NOTHING, OF_RUN, OF_WORKFLOW_ENV, WORKFLOW
from dure.workflow.workflow import Triggers, Workflow


def parse_workflow(source: str, path: str) -> Workflow:
    """Read a workflow file. It raises WorkflowBroken with every mistake, and nothing else."""
    top = read_yaml(source, path)
    notes = Notes(source)
    if not isinstance(top, YamlMap):
        notes.mistake(top, say("A workflow begins with lines of `key: value`, `on:` and `jobs:` among them."))
        raise WorkflowBroken(path, notes.mistakes)
    try:
        workflow = read_workflow(notes, top, path)
    except Enough as error:
        raise WorkflowBroken(path, notes.in_order()) from error
    if notes.mistakes:
        raise WorkflowBroken(path, notes.in_order())
    return workflow


def read_workflow(notes: Notes, top: YamlMap, path: str) -> Workflow:
    found = fields(notes, top, WORKFLOW)
    named = scalar(notes, found["name"]) if "name" in found else None
    if "description" in found:
        scalar(notes, found["description"])
    on = required(notes, top, found, "on")
    jobs = required(notes, top, found, "jobs")
    return Workflow(
        name=(named.words.strip() if named else "") or path,
        path=path,
        run_name=maybe_text(notes, found.get("run-name"), OF_RUN),
        triggers=read_triggers(notes, on) if on is not None else Triggers(),
        env=texts(notes, found.get("env"), OF_WORKFLOW_ENV),
        defaults=read_defaults(notes, found.get("defaults"), NOTHING),
        concurrency=read_concurrency(notes, found.get("concurrency"), OF_RUN),
        permissions=read_permissions(notes, found.get("permissions")),
        jobs=read_jobs(notes, jobs) if jobs is not None else {},
        warnings=tuple(notes.warnings),
    )
