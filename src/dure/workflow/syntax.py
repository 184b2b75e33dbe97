"""GitHub's workflow syntax as data: events and what may be said of each, permissions, limits, and what expressions may
name in each place. `grammar/workflow_file.py` puts it together."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class EventSyntax:
    """What `on` may say of an event: its kinds, and the lists that narrow it. Empty: only its name."""

    types: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()


MADE = ("created", "edited", "deleted")
BRANCHES = ("branches", "branches-ignore")
TAGS = ("tags", "tags-ignore")
PATHS = ("paths", "paths-ignore")
OF_CHANGE = EventSyntax(
    (
        "assigned",
        "unassigned",
        "labeled",
        "unlabeled",
        "opened",
        "edited",
        "closed",
        "reopened",
        "synchronize",
        "converted_to_draft",
        "locked",
        "unlocked",
        "enqueued",
        "dequeued",
        "milestoned",
        "demilestoned",
        "ready_for_review",
        "review_requested",
        "review_request_removed",
        "auto_merge_enabled",
        "auto_merge_disabled",
        "stacked",
    ),
    (*BRANCHES, *PATHS),
)
EVENTS: Mapping[str, EventSyntax] = {
    "branch_protection_rule": EventSyntax(MADE),
    "check_run": EventSyntax(("created", "rerequested", "completed", "requested_action")),
    "check_suite": EventSyntax(("completed",)),
    "create": EventSyntax(),
    "delete": EventSyntax(),
    "deployment": EventSyntax(),
    "deployment_status": EventSyntax(),
    "discussion": EventSyntax(
        (
            *MADE,
            "transferred",
            "pinned",
            "unpinned",
            "labeled",
            "unlabeled",
            "locked",
            "unlocked",
            "category_changed",
            "answered",
            "unanswered",
        )
    ),
    "discussion_comment": EventSyntax(MADE),
    "fork": EventSyntax(),
    "gollum": EventSyntax(),
    "image_version": EventSyntax(("created", "ready", "deleted"), ("names", "versions")),
    "issue_comment": EventSyntax(MADE),
    "issues": EventSyntax(
        (
            "opened",
            "edited",
            "deleted",
            "transferred",
            "pinned",
            "unpinned",
            "closed",
            "reopened",
            "assigned",
            "unassigned",
            "labeled",
            "unlabeled",
            "locked",
            "unlocked",
            "milestoned",
            "demilestoned",
            "field_added",
            "field_removed",
            "typed",
            "untyped",
        )
    ),
    "label": EventSyntax(MADE),
    "merge_group": EventSyntax(("checks_requested",), BRANCHES),
    "milestone": EventSyntax(("created", "closed", "opened", "edited", "deleted")),
    "page_build": EventSyntax(),
    "project": EventSyntax(("created", "closed", "reopened", "edited", "deleted")),
    "project_card": EventSyntax(("created", "moved", "converted", "edited", "deleted")),
    "project_column": EventSyntax(("created", "updated", "moved", "deleted")),
    "public": EventSyntax(),
    "pull_request": OF_CHANGE,
    "pull_request_comment": EventSyntax(MADE),
    "pull_request_review": EventSyntax(("submitted", "edited", "dismissed")),
    "pull_request_review_comment": EventSyntax(MADE),
    "pull_request_target": OF_CHANGE,
    "push": EventSyntax((), (*BRANCHES, *TAGS, *PATHS)),
    "registry_package": EventSyntax(("published", "updated")),
    "release": EventSyntax(("published", "unpublished", *MADE, "prereleased", "released")),
    "status": EventSyntax(),
    "watch": EventSyntax(("started",)),
    "workflow_run": EventSyntax(("requested", "in_progress", "completed"), ("workflows", *BRANCHES)),
}
"""Beside these there are repository_dispatch, whose kinds are free, schedule, workflow_call and workflow_dispatch."""
EVENT_NAMES = frozenset(EVENTS) | {"repository_dispatch", "schedule", "workflow_call", "workflow_dispatch"}
DISPATCH_TYPES = ("string", "number", "boolean", "choice", "environment")
CALL_TYPES = ("string", "number", "boolean")

READ_WRITE = ("read", "write", "none")
PERMISSIONS: Mapping[str, tuple[str, ...]] = {
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
    "id-token": ("write", "none"),
    "copilot-requests": ("write", "none"),
    "models": ("read", "none"),
    "vulnerability-alerts": ("read", "none"),
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

SHELLS = ("bash", "sh", "python", "pwsh", "cmd", "powershell")

JOBS_MAX = 256
STEPS_MAX = 1_000
MATRIX_MAX = 256
NAME_MAX = 100
TIMEOUT_MINUTES = 360
NESTED_CALLS_MAX = 10
"""How deep workflows may call one another, the first one not counted."""


@dataclass(frozen=True)
class Reach:
    """What an expression in this place may name."""

    contexts: frozenset[str]
    functions: frozenset[str] = frozenset()

    def __or__(self, other: "Reach") -> "Reach":
        return Reach(self.contexts | other.contexts, self.functions | other.functions)


PLANNED = frozenset(("github", "inputs", "vars"))
STATUS_FUNCTIONS = frozenset(("success", "failure", "cancelled", "always"))
FILE_FUNCTIONS = frozenset(("hashFiles",))
IN_MATRIX = PLANNED | {"needs", "strategy", "matrix"}
IN_STEP = IN_MATRIX | {"secrets", "steps", "job", "runner", "env"}

NOTHING = Reach(frozenset())
OF_RUN = Reach(PLANNED)
OF_CALL_OUTPUT = Reach(PLANNED | {"jobs"})
OF_WORKFLOW_ENV = Reach(PLANNED | {"secrets"})
OF_STRATEGY = Reach(PLANNED | {"needs"})
OF_JOB = Reach(IN_MATRIX)
OF_JOB_IF = Reach(PLANNED | {"needs"}, STATUS_FUNCTIONS)
OF_JOB_ENV = Reach(IN_MATRIX | {"secrets"})
OF_JOB_DEFAULTS = Reach(IN_MATRIX | {"env"})
OF_CREDENTIALS = Reach(PLANNED | {"secrets", "env"})
OF_ENVIRONMENT_URL = Reach(IN_STEP - {"secrets"})
OF_OUTPUTS = Reach(IN_STEP)
OF_STEP = Reach(IN_STEP, FILE_FUNCTIONS)
OF_STEP_IF = Reach(IN_STEP - {"secrets"}, STATUS_FUNCTIONS | FILE_FUNCTIONS)
