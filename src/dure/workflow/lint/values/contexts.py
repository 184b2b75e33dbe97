"""The contexts of GitHub's documentation: what each holds, and which may be asked where."""

from collections.abc import Mapping
from dataclasses import dataclass

from dure.workflow.lint.values.kinds import (
    ANY,
    FLAG,
    NUMBER,
    OPEN,
    WORDS,
    Kind,
    map_of,
    record_of,
)

GITHUB_WORDS = (
    "action action_path action_ref action_repository action_status actor actor_id api_url base_ref env event_name"
    " event_path graphql_url head_ref job output path ref ref_name ref_type repository repository_id repository_owner"
    " repository_owner_id repository_visibility repositoryurl run_attempt run_id run_number secret_source server_url"
    " sha state step_summary token triggering_actor workflow workflow_ref workflow_sha workspace"
)
GITHUB = {
    **dict.fromkeys(GITHUB_WORDS.split(), WORDS),
    "artifact_cache_size_limit": NUMBER,
    "retention_days": NUMBER,
    "ref_protected": FLAG,
    "event": OPEN,
}
SERVICE = record_of({"id": WORDS, "network": WORDS, "ports": map_of(WORDS)})
JOB = record_of(
    {
        "check_run_id": NUMBER,
        "container": record_of({"id": WORDS, "network": WORDS}),
        "services": map_of(SERVICE),
        "status": WORDS,
        "workflow_ref": WORDS,
        "workflow_sha": WORDS,
        "workflow_repository": WORDS,
        "workflow_file_path": WORDS,
    }
)
RUNNER = record_of(dict.fromkeys(("arch", "debug", "environment", "name", "os", "temp", "tool_cache"), WORDS))
STRATEGY = Kind("object", ANY, {"fail-fast": FLAG, "job-index": NUMBER, "job-total": NUMBER, "max-parallel": NUMBER})
SECRETS_ALWAYS = dict.fromkeys(("github_token", "actions_step_debug", "actions_runner_debug"), WORDS)
"""Secrets that are there without anybody passing them."""
NONE = record_of({})

CONTEXTS: Mapping[str, Kind] = {
    "github": record_of(GITHUB),
    "env": map_of(WORDS),
    "vars": map_of(WORDS),
    "job": JOB,
    "runner": RUNNER,
    "secrets": map_of(WORDS),
    "strategy": STRATEGY,
    "matrix": NONE,
    "needs": NONE,
    "steps": NONE,
    "inputs": NONE,
}


def known_contexts(changes: Mapping[str, Kind]) -> dict[str, Kind]:
    return {**CONTEXTS, **changes}


def github_with(inputs: Mapping[str, Kind]) -> Kind:
    """The github context of a workflow that is started by hand with these inputs."""
    event = Kind("object", ANY, {"inputs": record_of(dict.fromkeys(inputs, WORDS))})
    return record_of({**GITHUB, "event": event})


def steps_member(outputs: Kind) -> Kind:
    return record_of({"outputs": outputs, "conclusion": WORDS, "outcome": WORDS})


@dataclass(frozen=True)
class Availability:
    """What may be asked in one place: contexts, and the functions that are not for everywhere."""

    contexts: frozenset[str]
    functions: frozenset[str] = frozenset()


STATUS = "always cancelled failure success"
FILES = "hashfiles"
OF_RUN = "github inputs vars"
OF_JOB = f"{OF_RUN} needs strategy matrix"
OF_STEP = f"{OF_JOB} env job runner secrets steps"
OF_ACTION = "github inputs strategy matrix env job runner steps"
OF_PLACES = {
    "nowhere": ("", ""),
    "run-name": (OF_RUN, ""),
    "concurrency": (OF_RUN, ""),
    "env": (f"{OF_RUN} secrets", ""),
    "input.default": (OF_RUN, ""),
    "call.output": (f"{OF_RUN} jobs", ""),
    "strategy": (f"{OF_RUN} needs", ""),
    "job.if": (f"{OF_RUN} needs", STATUS),
    "job": (OF_JOB, ""),
    "job.env": (f"{OF_JOB} secrets", ""),
    "job.secrets": (f"{OF_JOB} secrets", ""),
    "job.defaults": (f"{OF_JOB} env", ""),
    "job.outputs": (OF_STEP, ""),
    "job.url": (f"{OF_JOB} env job runner steps", ""),
    "container.credentials": (f"{OF_JOB} env secrets", ""),
    "container.env": (f"{OF_JOB} env job runner secrets", ""),
    "snapshot.if": (OF_JOB, ""),
    "step.if": (f"{OF_JOB} env job runner steps", f"{STATUS} {FILES}"),
    "step": (OF_STEP, FILES),
    "action.step": (OF_ACTION, FILES),
    "action.step.if": (OF_ACTION, f"{STATUS} {FILES}"),
}
AVAILABLE: Mapping[str, Availability] = {
    place: Availability(frozenset(contexts.split()), frozenset(functions.split()))
    for place, (contexts, functions) in OF_PLACES.items()
}
EVERYWHERE_NOT = frozenset(f"{STATUS} {FILES}".split())
"""Functions that only some places know."""
