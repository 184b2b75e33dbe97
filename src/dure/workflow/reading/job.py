"""`jobs:`: what a workflow does, side by side and one after another."""

from dure.kit import say
from dure.workflow.document import YamlMap, YamlNode, YamlScalar, plain
from dure.workflow.expression import Value, has_expression
from dure.workflow.reading.fields import (
    check_template,
    fields,
    flag,
    identifier,
    items,
    maybe_condition,
    maybe_text,
    number,
    pairs,
    required,
    text,
    texts,
)
from dure.workflow.reading.notes import Notes
from dure.workflow.reading.shared import read_concurrency, read_defaults, read_permissions
from dure.workflow.reading.step import read_steps
from dure.workflow.syntax import (
    JOB,
    JOB_LATER,
    JOBS_MAX,
    OF_JOB,
    OF_JOB_DEFAULTS,
    OF_JOB_ENV,
    OF_JOB_IF,
    OF_OUTPUTS,
    OF_STRATEGY,
    RUNS_ON,
    STRATEGY,
    TIMEOUT_MINUTES,
    Reach,
)
from dure.workflow.workflow import Job, RunsOn, Strategy

COMBINED = ("include", "exclude")


def read_jobs(notes: Notes, node: YamlNode) -> dict[str, Job]:
    found = pairs(notes, node)
    if not found:
        if isinstance(node, YamlMap | YamlScalar):
            notes.mistake(node, say("The workflow must contain at least one job."))
        return {}
    if len(found) > JOBS_MAX:
        notes.mistake(node, say("A workflow has at most {count} jobs. Split it.", count=JOBS_MAX))
        return {}
    jobs = {name.words: read_job(notes, name, inner) for name, inner in found}
    check_needs(notes, {name.words: needed(inner) for name, inner in found})
    return jobs


def read_job(notes: Notes, name: YamlScalar, node: YamlNode) -> Job:
    found = fields(notes, node, JOB, JOB_LATER)
    called = "uses" in {key.words for key, _ in getattr(node, "pairs", ())}
    runs_on = None if called else required(notes, node, found, "runs-on")
    return Job(
        id=identifier(notes, name),
        name=maybe_text(notes, found.get("name"), OF_JOB),
        needs=tuple(dict.fromkeys(one.words for one in items(notes, found["needs"]))) if "needs" in found else (),
        condition=maybe_condition(notes, found.get("if"), OF_JOB_IF),
        runs_on=read_runs_on(notes, runs_on) if runs_on is not None else RunsOn(()),
        strategy=read_strategy(notes, found.get("strategy")),
        env=texts(notes, found.get("env"), OF_JOB_ENV),
        defaults=read_defaults(notes, found.get("defaults"), OF_JOB_DEFAULTS),
        concurrency=read_concurrency(notes, found.get("concurrency"), OF_JOB),
        permissions=read_permissions(notes, found.get("permissions")),
        outputs=texts(notes, found.get("outputs"), OF_OUTPUTS),
        timeout_minutes=number(notes, found.get("timeout-minutes"), OF_JOB) or TIMEOUT_MINUTES,
        continue_on_error=flag(notes, found.get("continue-on-error"), OF_JOB, False),
        steps=read_steps(notes, found.get("steps")),
        line=name.line,
    )


def read_runs_on(notes: Notes, node: YamlNode) -> RunsOn:
    """A label, a list of labels, or a group and labels."""
    if not isinstance(node, YamlMap):
        return RunsOn(labels(notes, node))
    found = fields(notes, node, RUNS_ON)
    if not found:
        notes.mistake(node, say("Name a `group` or `labels` that the runner must have."))
    return RunsOn(
        labels=labels(notes, found["labels"]) if "labels" in found else (),
        group=text(notes, found["group"], OF_JOB, filled=True) if "group" in found else None,
    )


def labels(notes: Notes, node: YamlNode) -> tuple[str, ...]:
    found = items(notes, node)
    if not found and not notes.mistakes:
        notes.mistake(node, say("Name at least one label that the runner must have."))
    for one in found:
        check_template(notes, one, OF_JOB)
    return tuple(one.words for one in found)


def read_strategy(notes: Notes, node: YamlNode | None) -> Strategy | None:
    if node is None:
        return None
    found = fields(notes, node, STRATEGY)
    return Strategy(
        matrix=read_matrix(notes, found["matrix"]) if "matrix" in found else None,
        fail_fast=flag(notes, found.get("fail-fast"), OF_STRATEGY, True),
        max_parallel=number(notes, found.get("max-parallel"), OF_STRATEGY),
    )


def read_matrix(notes: Notes, node: YamlNode) -> Value:
    """The matrix as it stands. Expressions may take the place of all of it, of a list, or of a value."""
    if is_expression(node):
        check_values(notes, node, OF_STRATEGY)
        return plain(node)
    for key, inner in pairs(notes, node):
        check_vector(notes, key, inner)
    if isinstance(node, YamlMap) and not node.pairs:
        notes.mistake(node, say("The matrix is empty. Give it a list, or `include`."))
    return plain(node)


def check_vector(notes: Notes, key: YamlScalar, node: YamlNode) -> None:
    listed = getattr(node, "items", None)
    if has_expression(key.words):
        notes.mistake(key, say("An expression in place of a key is not supported yet. Write the keys out."))
    elif is_expression(node):
        check_values(notes, node, OF_STRATEGY)
    elif listed is None:
        notes.mistake(node, say("A list is expected here."))
    elif not listed and key.words not in COMBINED:
        notes.mistake(
            node, say("The list `{key}` of the matrix is empty. Give it a value or remove it.", key=key.words)
        )
    else:
        for item in listed:
            if key.words in COMBINED and not isinstance(item, YamlMap) and not is_expression(item):
                notes.mistake(item, say("A mapping is expected here: lines of `key: value`."))
        check_values(notes, node, OF_STRATEGY)


def is_expression(node: YamlNode) -> bool:
    return isinstance(node, YamlScalar) and isinstance(node.value, str) and has_expression(node.value)


def check_values(notes: Notes, node: YamlNode, reach: Reach) -> None:
    """Read every expression in a value, however deep it lies."""
    if isinstance(node, YamlScalar):
        check_template(notes, node, reach)
    elif isinstance(node, YamlMap):
        for _, inner in node.pairs:
            check_values(notes, inner, reach)
    else:
        for item in node.items:
            check_values(notes, item, reach)


def needed(node: YamlNode) -> list[YamlScalar]:
    """The names that a job needs, with their places. What is wrong with them has been said."""
    found = node.get("needs") if isinstance(node, YamlMap) else None
    listed = getattr(found, "items", (found,))
    return [one for one in listed if isinstance(one, YamlScalar)]


def check_needs(notes: Notes, needs: dict[str, list[YamlScalar]]) -> None:
    """Every need is a job of this workflow, and no job waits for itself in the end."""
    names = list(needs)
    place = {name: at for at, name in enumerate(names)}
    waits = [
        sum(1 << place[one.words] for one in {n.words: n for n in needs[name]}.values() if one.words in place)
        for name in names
    ]
    for middle in range(len(names)):
        for job in range(len(names)):
            if waits[job] >> middle & 1:
                waits[job] |= waits[middle]
    for name in names:
        for one in needs[name]:
            if one.words not in place:
                notes.mistake(one, say("Job '{job}' depends on unknown job '{needed}'.", job=name, needed=one.words))
            elif one.words == name or waits[place[one.words]] >> place[name] & 1:
                notes.mistake(
                    one,
                    say(
                        "Job '{job}' depends on job '{needed}' which creates a cycle in the dependency graph.",
                        job=name,
                        needed=one.words,
                    ),
                )
