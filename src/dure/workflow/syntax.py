"""GitHub's workflow syntax as data: which keys there are, which of them Dure carries out, and what may be named where.

When a part of the syntax is built, its word moves from a LATER set to the set beside it, and nothing else here changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

WORKFLOW = frozenset(("name", "description", "run-name", "on", "env", "defaults", "concurrency", "permissions", "jobs"))
JOB = frozenset(
    (
        "name",
        "needs",
        "if",
        "runs-on",
        "strategy",
        "env",
        "defaults",
        "concurrency",
        "permissions",
        "outputs",
        "timeout-minutes",
        "continue-on-error",
        "steps",
    )
)
JOB_LATER = frozenset(
    ("container", "services", "environment", "uses", "with", "secrets", "snapshot", "cancel-timeout-minutes")
)
STEP = frozenset(
    (
        "id",
        "name",
        "if",
        "run",
        "uses",
        "with",
        "env",
        "shell",
        "working-directory",
        "timeout-minutes",
        "continue-on-error",
    )
)
STEP_LATER = frozenset(("background", "wait", "wait-all", "cancel", "parallel"))
STRATEGY = frozenset(("matrix", "fail-fast", "max-parallel"))
DEFAULTS = frozenset(("run",))
DEFAULTS_RUN = frozenset(("shell", "working-directory"))
CONCURRENCY = frozenset(("group", "cancel-in-progress", "queue"))
RUNS_ON = frozenset(("group", "labels"))

FILTERS = frozenset(
    (
        "types",
        "branches",
        "branches-ignore",
        "tags",
        "tags-ignore",
        "paths",
        "paths-ignore",
        "workflows",
        "names",
        "versions",
    )
)
DISPATCH_INPUT = frozenset(("description", "type", "required", "default", "options"))
DISPATCH_INPUT_LATER = frozenset(("deprecationMessage",))
DISPATCH_TYPES = ("string", "number", "boolean", "choice", "environment")
EVENTS = frozenset(
    (
        "push",
        "workflow_dispatch",
        "branch_protection_rule",
        "check_run",
        "check_suite",
        "create",
        "delete",
        "deployment",
        "deployment_status",
        "discussion",
        "discussion_comment",
        "fork",
        "gollum",
        "image_version",
        "issue_comment",
        "issues",
        "label",
        "merge_group",
        "milestone",
        "page_build",
        "project",
        "project_card",
        "project_column",
        "public",
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
        "pull_request_target",
        "registry_package",
        "release",
        "repository_dispatch",
        "schedule",
        "status",
        "watch",
        "workflow_call",
        "workflow_run",
    )
)

READ_WRITE = frozenset(("read", "write", "none"))
PERMISSIONS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            "actions",
            "artifact-metadata",
            "attestations",
            "checks",
            "code-quality",
            "contents",
            "deployments",
            "discussions",
            "drives",
            "issues",
            "packages",
            "pages",
            "pull-requests",
            "repository-projects",
            "security-events",
            "statuses",
        ),
        READ_WRITE,
    ),
    "id-token": frozenset(("write", "none")),
    "copilot-requests": frozenset(("write", "none")),
    "models": frozenset(("read", "none")),
    "vulnerability-alerts": frozenset(("read", "none")),
}

BUILT_IN_ACTIONS: Mapping[str, frozenset[str]] = {
    "actions/checkout": frozenset(("ref", "path", "fetch-depth", "fetch-tags", "clean", "persist-credentials")),
    "actions/upload-artifact": frozenset(
        (
            "name",
            "path",
            "if-no-files-found",
            "retention-days",
            "compression-level",
            "overwrite",
            "include-hidden-files",
        )
    ),
    "actions/download-artifact": frozenset(("name", "path", "pattern", "merge-multiple")),
}
"""The actions that Dure carries out itself, in any version, and the inputs it takes for each."""
REQUIRED_INPUTS: Mapping[str, frozenset[str]] = {"actions/upload-artifact": frozenset(("path",))}

SHELLS = ("bash", "sh", "python", "pwsh", "cmd", "powershell")

JOBS_MAX = 256
STEPS_MAX = 1_000
MATRIX_MAX = 256
NAME_MAX = 100
TIMEOUT_MINUTES = 360


@dataclass(frozen=True)
class Reach:
    """What an expression in this place may name."""

    contexts: frozenset[str]
    functions: frozenset[str] = frozenset()


PLANNED = frozenset(("github", "inputs", "vars"))
STATUS_FUNCTIONS = frozenset(("success", "failure", "cancelled", "always"))
FILE_FUNCTIONS = frozenset(("hashFiles",))
IN_MATRIX = PLANNED | {"needs", "strategy", "matrix"}
IN_STEP = IN_MATRIX | {"secrets", "steps", "job", "runner", "env"}

NOTHING = Reach(frozenset())
OF_RUN = Reach(PLANNED)
OF_WORKFLOW_ENV = Reach(PLANNED | {"secrets"})
OF_STRATEGY = Reach(PLANNED | {"needs"})
OF_JOB = Reach(IN_MATRIX)
OF_JOB_IF = Reach(PLANNED | {"needs"}, STATUS_FUNCTIONS)
OF_JOB_ENV = Reach(IN_MATRIX | {"secrets"})
OF_JOB_DEFAULTS = Reach(IN_MATRIX | {"env"})
OF_OUTPUTS = Reach(IN_STEP)
OF_STEP = Reach(IN_STEP, FILE_FUNCTIONS)
OF_STEP_IF = Reach(IN_STEP - {"secrets"}, STATUS_FUNCTIONS | FILE_FUNCTIONS)
