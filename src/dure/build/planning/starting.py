"""Making runs: one for each workflow that begins, with a row for each of its jobs."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import func, select

from dure.build.outsiders import must_wait
from dure.build.planning.reading import Reading
from dure.build.run import (
    Run,
    advance,
    ask,
    end_run,
    enter_group,
    group_in,
    known_variables,
    one_at_a_time,
    placeholders,
    show_check,
)
from dure.code import is_protected
from dure.kit import Refused, Text, keep, now, say
from dure.ledger import Work
from dure.plan import Project
from dure.workflow import Plan, Planned, Source, Workflow, interpolate

BROKEN = say("The workflow file could not be read.")
TITLE_LIMIT_CHARACTERS = 200


@dataclass(frozen=True)
class Cause:
    """What begins runs: at which commit, who did it, and what the workflows may know of it."""

    event: str
    sha: str
    ref: str
    actor: str
    actor_name: str
    title: str
    server_url: str
    artifact_days: int
    """So long the house keeps what jobs leave."""
    payload: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)
    base_ref: str = ""
    """Of a change: the branch it is meant for, and the one it comes from."""
    head_ref: str = ""


# open: the callers are a machine of the house, and `begin_by_hand`, which asks.
def start_runs(work: Work, project: Project, cause: Cause, readings: Sequence[Reading]) -> list[Run]:
    """A run for each of these workflows. One that could not be read has failed already."""
    one_at_a_time(work, project.id)
    return [start(work, project, cause, reading) for reading in readings]


def start(work: Work, project: Project, cause: Cause, reading: Reading) -> Run:
    last = work.session.execute(select(func.max(Run.number)).where(Run.project_id == project.id)).scalar() or 0
    contexts = {
        "github": github(project, cause, reading, is_protected=is_protected(work, project, cause.ref)),
        "inputs": cause.inputs,
        "vars": known_variables(work, project.id),
    }
    workflow = reading.workflow
    planned = planned_alone(project, cause, reading) if reading.plan is None else reading.plan
    run = Run(
        project_id=project.id,
        number=last + 1,
        workflow_path=reading.path,
        workflow_name=clean(reading.name),
        title=clean(run_title(workflow, contexts, cause)),
        sha=cause.sha,
        ref=cause.ref,
        event=cause.event,
        actor=cause.actor,
        actor_name=cause.actor_name,
        definition="" if planned is None else msgspec.json.encode(planned).decode(),
        mistakes=msgspec.json.encode(reading.mistakes).decode() if reading.mistakes else "",
        contexts=msgspec.json.encode(contexts).decode().replace("\\u0000", ""),
        made_at=now(),
    )
    work.add(run)
    if planned is None:
        run.why = keep(BROKEN)
        end_run(work, run, "failure")
        return run
    for row in placeholders(run, planned.top, None):
        work.add(row)
    why = must_wait(work, project, cause.event, cause.actor, cause.actor_name)
    group_up(work, run, planned.top.workflow, contexts, why)
    return run


def planned_alone(project: Project, cause: Cause, reading: Reading) -> Plan | None:
    """The plan of a workflow that calls no other."""
    if reading.workflow is None:
        return None
    return Plan(Planned(Source(project.path, reading.path, cause.sha, cause.ref), reading.workflow))


def group_up(work: Work, run: Run, workflow: Workflow, contexts: dict[str, Any], why: Text | None) -> None:
    """Into its group, if it has one, and off. `why` says that it waits for a yes before that."""
    try:
        if workflow.concurrency is not None:
            group = group_in(workflow.concurrency, contexts)
            run.group_name = group.group
            run.group_ends_others, run.group_keeps_all = group.ends_others, group.keeps_all
    except Refused as broken:
        run.why = keep(broken.text)
        end_run(work, run, "failure")
        return
    show_check(work, run)
    if why is not None:
        run.held, run.why = True, keep(why)
        ask(work, run, None)
        return
    enter_group(work, run)
    advance(work, run)


def run_title(workflow: Workflow | None, contexts: dict[str, Any], cause: Cause) -> str:
    if workflow is not None and workflow.run_name:
        with suppress(Refused):
            return interpolate(workflow.run_name, contexts) or cause.title
    return cause.title


def clean(words: str) -> str:
    """One line without anything that a database or a terminal could stumble over."""
    return "".join(sign for sign in " ".join(words.split()) if sign.isprintable())[:TITLE_LIMIT_CHARACTERS]


def github(project: Project, cause: Cause, reading: Reading, *, is_protected: bool) -> dict[str, Any]:
    """The context `github`, as far as the house knows it."""
    is_tag = cause.ref.startswith("refs/tags/")
    ref_name = cause.ref.removeprefix("refs/heads/").removeprefix("refs/tags/").removeprefix("refs/pull/")
    return {
        "actor": cause.actor_name,
        "triggering_actor": cause.actor_name,
        "event": cause.payload,
        "event_name": cause.event,
        "ref": cause.ref,
        "ref_name": ref_name,
        "ref_type": "tag" if is_tag else "branch",
        "ref_protected": is_protected,
        "base_ref": cause.base_ref,
        "head_ref": cause.head_ref,
        "sha": cause.sha,
        "repository": project.path,
        "repository_id": str(project.id),
        "repository_owner": project.owner,
        "repository_owner_id": project.owner,
        "repositoryUrl": f"{cause.server_url}/{project.path}.git",
        "server_url": cause.server_url,
        "api_url": f"{cause.server_url}/api/v1",
        "graphql_url": "",
        "retention_days": str(cause.artifact_days),
        "secret_source": "Actions",
        "workflow": reading.name,
        "workflow_ref": f"{project.path}/{reading.path}@{cause.ref}",
        "workflow_sha": cause.sha,
    }
