"""A whole workflow file."""

from dataclasses import dataclass, replace

from dure.kit import say
from dure.workflow.document import YamlMap, read_yaml
from dure.workflow.grammar import WORKFLOW, Enough, Notes, check, in_order
from dure.workflow.mistake import Mistake, WorkflowBroken
from dure.workflow.reading.fields import fields, text, texts
from dure.workflow.reading.job import read_jobs
from dure.workflow.reading.shared import read_concurrency, read_defaults, read_permissions
from dure.workflow.reading.triggers import read_triggers
from dure.workflow.workflow import Job, Workflow


@dataclass(frozen=True)
class Examined:
    """All that could be found out about a file. `workflow` is there even where the file is broken, as far as it goes.

    `grammar` are the mistakes against the grammar, in the order in which GitHub finds them; only where there are none
    it looks further, at `sense`.
    """

    path: str
    source: str
    tree: YamlMap | None
    workflow: Workflow | None
    grammar: tuple[Mistake, ...]
    sense: tuple[Mistake, ...] = ()
    warnings: tuple[Mistake, ...] = ()

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """What GitHub would say."""
        return self.grammar or self.sense


def parse_workflow(source: str, path: str) -> Workflow:
    """Read a workflow file. It raises WorkflowBroken with every mistake, and nothing else."""
    found = examine(source, path)
    if found.mistakes or found.workflow is None:
        raise WorkflowBroken(path, once(in_order(found.mistakes)))
    return found.workflow


def once(mistakes: list[Mistake]) -> list[Mistake]:
    """Of an expression that cannot be read GitHub also says that it is unexpected. Once is enough for people."""
    broken = {mistake.value for mistake in mistakes if mistake.value is not None}
    return [one for one in mistakes if one.value or "${{" not in str(one.text) or (one.line, one.column) not in broken]


def examine(source: str, path: str) -> Examined:
    """Read a workflow file as far as it goes. It raises nothing."""
    try:
        top = read_yaml(source, path, unique=False)
    except WorkflowBroken as broken:
        return Examined(path, source, None, None, broken.mistakes)
    notes = Notes(source)
    if not isinstance(top, YamlMap):
        notes.unfit(top, say("A workflow begins with lines of `key: value`, `on:` and `jobs:` among them."))
        return Examined(path, source, None, None, tuple(notes.grammar))
    workflow: Workflow | None = None
    try:
        check(notes, top, WORKFLOW)
        workflow = read_workflow(notes, top, path)
    except Enough:
        pass
    return Examined(
        path, source, top, workflow, tuple(notes.grammar), tuple(in_order(notes.sense)), tuple(notes.warnings)
    )


def read_workflow(notes: Notes, top: YamlMap, path: str) -> Workflow:
    found = fields(top)
    jobs = read_jobs(notes, found["jobs"]) if "jobs" in found else {}
    return Workflow(
        name=(text(found.get("name")) or "").strip() or path,
        path=path,
        run_name=text(found.get("run-name")),
        triggers=read_triggers(notes, found.get("on")),
        env=texts(found.get("env")),
        defaults=read_defaults(notes, found.get("defaults")),
        concurrency=read_concurrency(notes, found.get("concurrency")),
        permissions=read_permissions(found.get("permissions")),
        jobs=known_needs(jobs),
        warnings=tuple(notes.warnings),
    )


def known_needs(jobs: dict[str, Job]) -> dict[str, Job]:
    """Needs name their jobs in any case; they are kept as the jobs are called."""
    names = {name.lower(): name for name in jobs}
    made = {}
    for name, job in jobs.items():
        needs = tuple(names.get(need.lower(), need) for need in job.needs)
        made[name] = job if needs == job.needs else replace(job, needs=needs)
    return made
