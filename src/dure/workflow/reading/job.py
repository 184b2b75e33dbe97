"""`jobs:`: what a workflow does, side by side and one after another."""

from typing import Literal

from dure.kit import say
from dure.workflow.document import YamlList, YamlMap, YamlNode, YamlScalar, plain
from dure.workflow.expression import Value
from dure.workflow.grammar import Notes
from dure.workflow.reading.container import read_container, read_environment, read_services
from dure.workflow.reading.fields import (
    check_name,
    fields,
    flag,
    is_expression,
    items,
    maybe_condition,
    name_in,
    names,
    number,
    pairs,
    text,
    texts,
    words,
)
from dure.workflow.reading.needs import check_needs
from dure.workflow.reading.shared import read_concurrency, read_defaults, read_permissions
from dure.workflow.reading.step import read_steps
from dure.workflow.syntax import JOBS_MAX, OF_JOB_IF, TIMEOUT_MINUTES
from dure.workflow.workflow import CacheInputs, Job, RunsOn, Strategy

COMBINED = ("include", "exclude")
LOCAL = ("./", "$/")
OF_ANOTHER = 3
"""Owner, repository and a path: so much a workflow of another repository needs at least."""
GROUP_PREFIXES = ("org", "organization", "ent", "enterprise")
INHERIT: Literal["inherit"] = "inherit"


def read_jobs(notes: Notes, node: YamlNode) -> dict[str, Job]:
    found = pairs(node)
    if len(found) > JOBS_MAX:
        notes.mistake(node, say("A workflow has at most {count} jobs. Split it.", count=JOBS_MAX))
        return {}
    jobs = {name.words: read_job(notes, name, inner) for name, inner in found}
    if isinstance(node, YamlMap):
        check_needs(notes, node)
    return jobs


def read_job(notes: Notes, name: YamlScalar, node: YamlNode) -> Job:
    found = fields(node)
    return Job(
        id=check_name(notes, name),
        name=text(found.get("name")),
        needs=tuple(dict.fromkeys(names(found.get("needs")) or ())),
        condition=maybe_condition(notes, found.get("if"), OF_JOB_IF),
        runs_on=read_runs_on(notes, found.get("runs-on")),
        strategy=read_strategy(notes, found.get("strategy")),
        env=texts(found.get("env")),
        defaults=read_defaults(notes, found.get("defaults")),
        concurrency=read_concurrency(notes, found.get("concurrency")),
        permissions=read_permissions(found.get("permissions")),
        outputs=texts(found.get("outputs")),
        timeout_minutes=number(notes, found.get("timeout-minutes")) or TIMEOUT_MINUTES,
        continue_on_error=flag(found.get("continue-on-error"), False),
        steps=read_steps(notes, found.get("steps")),
        line=name.line,
        uses=read_called(notes, found.get("uses")),
        with_=read_given(found.get("with")),
        secrets=read_secrets(found.get("secrets")),
        container=read_container(notes, found.get("container")),
        services=read_services(notes, found.get("services")),
        environment=read_environment(found.get("environment")),
        cancel_timeout_minutes=number(notes, found.get("cancel-timeout-minutes")),
        snapshot=plain(found["snapshot"]) if "snapshot" in found else None,
        cache=read_cache(found.get("x-cache")),
    )


def read_called(notes: Notes, node: YamlNode | None) -> str | None:
    """The workflow that a job calls: `./path` in this repository, or one of another at a version."""
    named = words(node)
    if node is None or named is None or named.startswith(LOCAL) or is_expression(node):
        return named
    place, at, version = named.partition("@")
    if len([part for part in place.split("/") if part]) < OF_ANOTHER or not at or not version:
        notes.mistake(
            node,
            say("Expected format {form}. Actual '{words}'", form="{owner}/{repo}/{path}@{ref}, ./{path}", words=named),
            "workflow-call",
        )
    return named


def read_runs_on(notes: Notes, node: YamlNode | None) -> RunsOn:
    """A label, a list of labels, or a group and labels."""
    if not isinstance(node, YamlMap):
        return RunsOn(labels(notes, node))
    found = fields(node)
    if not found:
        notes.mistake(node, say("Name a `group` or `labels` that the runner must have."), "runner-label")
    group = text(found.get("group"))
    if group is not None and not is_expression(found["group"]):
        check_group(notes, found["group"], group)
    return RunsOn(labels(notes, found.get("labels")), group)


def labels(notes: Notes, node: YamlNode | None) -> tuple[str, ...]:
    found = items(node)
    if not found and isinstance(node, YamlList):
        notes.mistake(node, say("Name at least one label that the runner must have."), "runner-label")
    return tuple(one.words for one in found)


def check_group(notes: Notes, node: YamlNode, group: str) -> None:
    prefix, slash, name = group.partition("/")
    if not slash:
        return
    if "/" in name or prefix not in GROUP_PREFIXES:
        notes.mistake(
            node,
            say(
                "Invalid runs-on group name '{group}. Please use 'organization/' or 'enterprise/' prefix to target a"
                " single runner group.'",
                group=group,
            ),
            "runner-label",
        )
    elif not name:
        notes.mistake(node, say("Invalid runs-on group name '{group}'.", group=group), "runner-label")


def read_strategy(notes: Notes, node: YamlNode | None) -> Strategy | None:
    if node is None:
        return None
    if isinstance(node, YamlScalar):
        return Strategy(whole=node.words) if is_expression(node) else None
    found = fields(node)
    if "matrix" in found:
        check_matrix(notes, found["matrix"])
    return Strategy(
        matrix=plain(found["matrix"]) if "matrix" in found else None,
        fail_fast=flag(found.get("fail-fast"), True),
        max_parallel=number(notes, found.get("max-parallel")),
    )


def check_matrix(notes: Notes, node: YamlNode) -> None:
    """A matrix that is written out comes to something."""
    if isinstance(node, YamlMap) and not node.pairs:
        notes.mistake(node, say("The matrix is empty. Give it a list, or `include`."), "matrix")
    for key, inner in pairs(node):
        if isinstance(inner, YamlList) and not inner.items and key.words not in COMBINED:
            notes.mistake(inner, say("Matrix vector '{key}' does not contain any values", key=key.words), "matrix")


def read_given(node: YamlNode | None) -> dict[str, Value]:
    """What a called workflow is given, each value of its own kind."""
    found: dict[str, Value] = {}
    for key, value in pairs(node):
        if isinstance(value, YamlScalar):
            found[name_in(found, key)] = "" if value.value is None else value.value
    return found


def read_secrets(node: YamlNode | None) -> dict[str, str] | Literal["inherit"] | None:
    if node is None:
        return None
    return texts(node) if isinstance(node, YamlMap) else INHERIT


def read_cache(node: YamlNode | None) -> CacheInputs | None:
    if not isinstance(node, YamlMap):
        return None
    return CacheInputs(names(fields(node).get("inputs")) or ())
