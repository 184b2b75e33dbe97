"""How a job becomes one or many: its matrix, worked out when what it needs is known."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from dure.kit import Refused, Text, say
from dure.workflow.expression import (
    Contexts,
    ExpressionBroken,
    Value,
    as_flag,
    as_number,
    has_expression,
    interpolate,
    resolve,
    text_of,
)
from dure.workflow.syntax import MATRIX_MAX
from dure.workflow.workflow import Job, Strategy

KEY_CHARACTERS = 12
NAME_CHARACTERS_MAX = 200
INCLUDE = "include"
EXCLUDE = "exclude"


class MatrixBroken(Refused):
    """The matrix cannot be worked out, or comes to nothing, or to too much."""


@dataclass(frozen=True)
class JobInstance:
    """One of the jobs that a job of the file stands for. The key stays the same when the run is run again."""

    key: str
    job: str
    name: str
    matrix: dict[str, Value] | None
    index: int
    total: int
    fail_fast: bool
    max_parallel: int


def expand(job: Job, contexts: Contexts) -> tuple[JobInstance, ...]:
    """The instances of a job, in order: one without a matrix, one for each combination with one."""
    try:
        return instances(job, contexts)
    except ExpressionBroken as error:
        raise MatrixBroken(error.text) from error


def instances(job: Job, contexts: Contexts) -> tuple[JobInstance, ...]:
    strategy = job.strategy if job.strategy is None else said(job.strategy, contexts)
    combinations: Sequence[dict[str, Value] | None] = [None]
    fail_fast, max_parallel = True, 0.0
    if strategy is not None:
        fail_fast = as_flag(strategy.fail_fast, contexts)
        max_parallel = 0 if strategy.max_parallel is None else as_number(strategy.max_parallel, contexts)
        if strategy.matrix is not None:
            combinations = combine(strategy.matrix)
    total = len(combinations)
    at_once = int(min(max_parallel, total)) if max_parallel >= 1 else total
    return tuple(
        JobInstance(key, job.id, named(job, matrix, contexts, index, total), matrix, index, total, fail_fast, at_once)
        for index, (key, matrix) in enumerate(zip(keys(job.id, combinations), combinations, strict=True))
    )


def said(strategy: Strategy, contexts: Contexts) -> Strategy:
    """The strategy with its matrix worked out, also where one expression stands for all of it."""
    if strategy.whole is None:
        return replace(strategy, matrix=resolve(strategy.matrix, contexts))
    found = resolve(strategy.whole, contexts)
    if not isinstance(found, dict):
        raise MatrixBroken(
            say("The strategy must come to a mapping, and it came to '{value}'.", value=text_of(found)[:100])
        )
    fail_fast, max_parallel = found.get("fail-fast", True), found.get("max-parallel")
    return Strategy(
        matrix=found.get("matrix"),
        fail_fast=fail_fast if isinstance(fail_fast, bool) else text_of(fail_fast),
        max_parallel=None if max_parallel is None else as_number(text_of(max_parallel), contexts),
    )


def combine(matrix: Value) -> list[dict[str, Value]]:
    """Every combination of the lists, less what is excluded, with what is included."""
    if not isinstance(matrix, dict):
        raise MatrixBroken(
            say("The matrix must come to a mapping, and it came to '{value}'.", value=text_of(matrix)[:100])
        )
    lists = {key: vector(key, value) for key, value in matrix.items() if key not in (INCLUDE, EXCLUDE)}
    count = 1
    for values in lists.values():
        count *= len(values)
        within_limit(count)
    found = [dict(zip(lists, values, strict=True)) for values in product(*lists.values())] if lists else []
    excluded = mappings(EXCLUDE, matrix.get(EXCLUDE))
    kept = [one for one in found if not any(agree(one, other) for other in excluded)]
    made = include(kept, mappings(INCLUDE, matrix.get(INCLUDE)), set(lists))
    within_limit(len(made))
    if not made:
        raise MatrixBroken(say("The matrix comes to no job at all. Give it a value, or exclude less."))
    return made


def within_limit(count: int) -> None:
    if count > MATRIX_MAX:
        raise MatrixBroken(say("The matrix comes to more than {count} jobs. Make it smaller.", count=MATRIX_MAX))


def vector(key: str, value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise MatrixBroken(
            say(
                "`{key}` of the matrix must come to a list, and it came to '{value}'.",
                key=key,
                value=text_of(value)[:100],
            )
        )
    if not value:
        raise MatrixBroken(say("The list `{key}` of the matrix is empty. Give it a value or remove it.", key=key))
    return value


def mappings(key: str, value: Value) -> list[dict[str, Value]]:
    """What is included or excluded."""
    listed = [] if value is None else value
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise MatrixBroken(say("`{key}` of the matrix must come to a list of mappings.", key=key))
    within_limit(len(listed))
    return [one for one in listed if isinstance(one, dict)]


def agree(one: dict[str, Value], other: dict[str, Value]) -> bool:
    """Whether a combination has all that the other names, at least as deep as the other goes."""
    return all(key in one and alike(one[key], value) for key, value in other.items())


def alike(one: Value, other: Value) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return agree(one, other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(alike(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, list | dict) or isinstance(other, list | dict):
        return False
    return text_of(one) == text_of(other)


def include(
    kept: list[dict[str, Value]], included: Iterable[dict[str, Value]], lists: set[str]
) -> list[dict[str, Value]]:
    """Add to each combination what goes with it; what goes with none stands as a combination of its own."""
    made = [dict(one) for one in kept]
    more: list[dict[str, Value]] = []
    for addition in included:
        fixed = {key: value for key, value in addition.items() if key in lists}
        fitting = [at for at, one in enumerate(kept) if agree(one, fixed)]
        for at in fitting:
            made[at].update(addition)
        if not fitting:
            more.append(dict(addition))
    return made + more


def keys(job: str, combinations: Sequence[dict[str, Value] | None]) -> list[str]:
    """A name for each that depends on its values alone; equal combinations are counted."""
    made: list[str] = []
    seen: dict[str, int] = {}
    for matrix in combinations:
        key = job if matrix is None else f"{job}:{digest(matrix)}"
        seen[key] = seen.get(key, 0) + 1
        made.append(key if seen[key] == 1 else f"{key}.{seen[key]}")
    return made


def digest(matrix: dict[str, Value]) -> str:
    written = json.dumps(matrix, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(written.encode()).hexdigest()[:KEY_CHARACTERS]


def named(job: Job, matrix: dict[str, Value] | None, contexts: Contexts, index: int, total: int) -> str:
    """What people call it: its own name, and the values of its matrix unless the name tells them itself."""
    name = job.id if job.name is None else job.name
    if has_expression(name):
        here: dict[str, Value] = {**contexts, "matrix": matrix, "strategy": {"job-index": index, "job-total": total}}
        return interpolate(name, here)[:NAME_CHARACTERS_MAX] or job.id
    values = [] if matrix is None else [text_of(value) for value in leaves(list(matrix.values()))]
    shown = ", ".join(value for value in values if value)
    return f"{name} ({shown})"[:NAME_CHARACTERS_MAX] if shown else name


def leaves(value: Value) -> Iterable[Value]:
    if isinstance(value, list | dict):
        for inner in value if isinstance(value, list) else value.values():
            yield from leaves(inner)
    else:
        yield value


def instance_contexts(instance: JobInstance) -> dict[str, Value]:
    """The contexts `matrix` and `strategy` of one instance."""
    return {
        "matrix": instance.matrix,
        "strategy": {
            "fail-fast": instance.fail_fast,
            "job-index": instance.index,
            "job-total": instance.total,
            "max-parallel": instance.max_parallel,
        },
    }


def runner_labels(job: Job, contexts: Contexts) -> tuple[str, ...]:
    """The labels a runner must have. An expression may come to one label or to a list of them."""
    found: list[str] = []
    for label in job.runs_on.labels:
        value = resolve(label, contexts)
        found.extend(text_of(one) for one in (value if isinstance(value, list) else [value]))
    if any(not label.strip() for label in found):
        raise ExpressionBroken(no_label(job))
    return tuple(dict.fromkeys(label.strip() for label in found))


def no_label(job: Job) -> Text:
    return say("`runs-on` of {job} comes to an empty label. Name one that a runner has.", job=job.id)
