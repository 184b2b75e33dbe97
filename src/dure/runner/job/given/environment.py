"""The variables a step sees: those of the workflow, and those that tell it where it is. Never the runner's own."""

import re
from collections.abc import Mapping

from dure.runner.job.desk import Scope
from dure.runner.sandbox import SYSTEM_PATH
from dure.workflow import Value, text_of

GITHUB = (
    *("action_path", "action_ref", "action_repository"),
    *("actor", "actor_id", "api_url", "base_ref", "event_name", "event_path", "graphql_url", "head_ref", "job"),
    *("ref", "ref_name", "ref_protected", "ref_type", "repository", "repository_id", "repository_owner"),
    *("repository_owner_id", "retention_days", "run_attempt", "run_id", "run_number", "server_url", "sha"),
    *("triggering_actor", "workflow", "workflow_ref", "workflow_sha", "workspace"),
)
"""What of the context `github` is told as GITHUB_…"""
FILES = {
    "GITHUB_ENV": "env",
    "GITHUB_OUTPUT": "output",
    "GITHUB_PATH": "path",
    "GITHUB_STATE": "state",
    "GITHUB_STEP_SUMMARY": "summary",
}
OURS = re.compile(r"(GITHUB|RUNNER)_", re.IGNORECASE)
"""Names that a workflow cannot give another meaning."""
VARIABLE_BYTES_MAX = 128 << 10
"""More than this the kernel does not take in one variable."""


def environment_of(
    scope: Scope, name: str, files: int, step_env: Mapping[str, str], python_path: str
) -> dict[str, str]:
    """All variables of one step. `files` is the number of those it says something by."""
    told = scope.github()
    github = {f"GITHUB_{name.upper()}": text_of(told[name]) for name in GITHUB if told.get(name) is not None}
    runner = {f"RUNNER_{name.upper()}": text_of(value) for name, value in scope.runner().items()}
    ways = {name: f"{scope.room}/commands/{kind}_{files}" for name, kind in FILES.items()}
    given = {name: value for name, value in {**scope.env, **scope.around, **step_env}.items() if not OURS.match(name)}
    path = given.pop("PATH", SYSTEM_PATH if not python_path else f"{SYSTEM_PATH}:{python_path}")
    return {
        "HOME": f"{scope.room}/home",
        "LANG": "C.UTF-8",
        "TERM": "dumb",
        "CI": "true",
        **given,
        "PATH": ":".join([*scope.paths, path]),
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION": name,
        **github,
        **runner,
        **ways,
    }


def too_large(environment: Mapping[str, str]) -> str | None:
    """The name of a variable that no program could be started with."""
    return next((name for name, value in environment.items() if len(value.encode()) > VARIABLE_BYTES_MAX), None)


def event_of(scope: Scope) -> Value:
    event = scope.github().get("event")
    return event if isinstance(event, dict) else {}
