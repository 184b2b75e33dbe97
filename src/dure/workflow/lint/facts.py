"""Facts of the workflow syntax that lint knows: keys of sections, events with their types, runner labels, branding.

Keys that only Dure reads stand among the others.
"""

from collections.abc import Mapping


def keys(words: str) -> frozenset[str]:
    return frozenset(words.split())


WORKFLOW = keys("name description run-name on permissions env defaults concurrency jobs")
JOB = keys(
    "name needs permissions if runs-on environment concurrency outputs env defaults steps timeout-minutes"
    " cancel-timeout-minutes strategy continue-on-error container services uses with secrets snapshot x-cache"
)
CALLING_JOB = keys("name uses with secrets needs if permissions strategy concurrency")
"""What a job may say that calls another workflow."""
STEP_ALWAYS = keys("id if name env continue-on-error timeout-minutes background")
STEP_RUN = STEP_ALWAYS | {"run", "shell", "working-directory"}
STEP_USES = STEP_ALWAYS | {"uses", "with"}
STEP_ELSE = keys("wait wait-all cancel parallel")
"""Keys by which a step does something else than a script or an action."""
STRATEGY = keys("matrix fail-fast max-parallel")
DEFAULTS = frozenset(("run",))
DEFAULTS_RUN = frozenset(("shell", "working-directory"))
CONCURRENCY = frozenset(("group", "cancel-in-progress", "queue"))
ENVIRONMENT = frozenset(("name", "url", "deployment"))
CONTAINER = keys("image credentials env ports volumes options")
SERVICE = CONTAINER | {"command", "entrypoint"}
CREDENTIALS = frozenset(("username", "password"))
RUNS_ON = frozenset(("group", "labels"))
SNAPSHOT = frozenset(("image-name", "version", "if"))
SCHEDULE = frozenset(("cron", "timezone"))
DISPATCH = frozenset(("inputs",))
DISPATCH_INPUT = keys("description required default type options deprecationMessage")
DISPATCH_TYPES = ("string", "number", "boolean", "choice", "environment")
DISPATCH_INPUTS_MAX = 25
CALL = frozenset(("inputs", "outputs", "secrets"))
CALL_INPUT = keys("description required default type deprecationMessage")
CALL_SECRET = frozenset(("description", "required"))
CALL_OUTPUT = frozenset(("description", "value"))
CALL_TYPES = ("string", "number", "boolean")
CACHE = frozenset(("inputs",))

FILTERS = keys("types branches branches-ignore paths paths-ignore tags tags-ignore workflows")
BRANCHED = keys("merge_group push pull_request pull_request_target workflow_run")
"""Events that can be filtered by branch, by path, by tag."""
PATHED = keys("push pull_request pull_request_target")
TAGGED = frozenset(("push",))

PULL_REQUEST = (
    "assigned unassigned labeled unlabeled opened edited closed reopened synchronize converted_to_draft locked unlocked"
    " enqueued dequeued milestoned demilestoned ready_for_review review_requested review_request_removed"
    " auto_merge_enabled auto_merge_disabled"
)
EDITABLE = "created edited deleted"
EVENT_TYPES = {
    "branch_protection_rule": EDITABLE,
    "check_run": "created rerequested completed requested_action",
    "check_suite": "completed requested rerequested",
    "create": "",
    "delete": "",
    "deployment": "",
    "deployment_status": "",
    "discussion": (
        f"{EDITABLE} transferred pinned unpinned labeled unlabeled locked unlocked category_changed answered unanswered"
    ),
    "discussion_comment": EDITABLE,
    "fork": "",
    "gollum": "",
    "image_version": "",
    "issue_comment": EDITABLE,
    "issues": (
        "opened edited deleted transferred pinned unpinned closed reopened assigned unassigned labeled unlabeled locked"
        " unlocked milestoned demilestoned typed untyped"
    ),
    "label": EDITABLE,
    "merge_group": "checks_requested",
    "milestone": "created closed opened edited deleted",
    "page_build": "",
    "public": "",
    "pull_request": PULL_REQUEST,
    "pull_request_review": "submitted edited dismissed",
    "pull_request_review_comment": EDITABLE,
    "pull_request_target": PULL_REQUEST,
    "push": "",
    "registry_package": "published updated",
    "release": "published unpublished created edited deleted prereleased released",
    "repository_dispatch": "",
    "schedule": "",
    "status": "",
    "watch": "started",
    "workflow_call": "",
    "workflow_dispatch": "",
    "workflow_run": "completed requested in_progress",
}
EVENTS: Mapping[str, frozenset[str]] = {name: frozenset(types.split()) for name, types in EVENT_TYPES.items()}

SYSTEM_OF_LABEL = {
    "ubuntu": "latest slim latest-4-cores latest-8-cores latest-16-cores 24.04 24.04-arm 22.04 22.04-arm",
    "windows": "latest latest-8-cores 2025 2025-vs2026 2022 11-arm",
    "macos": (
        "latest latest-large latest-xlarge 26 26-intel 26-large 26-xlarge 15 15-intel 15-large 15-xlarge 14 14-large"
        " 14-xlarge"
    ),
}
HOSTED: Mapping[str, str] = {
    f"{system}-{version}": system for system, versions in SYSTEM_OF_LABEL.items() for version in versions.split()
}
"""Runners that GitHub hosts, and their systems."""
SAME_MACHINE = (
    {"ubuntu-latest", "ubuntu-24.04"},
    {"windows-latest", "windows-2022", "windows-2025"},
    {"macos-latest", "macos-15"},
)
"""Labels by which one machine can be known at once."""
SELF_HOSTED = keys("self-hosted linux macos windows x64 arm arm64")
SYSTEMS = {"linux": "ubuntu", "macos": "macos", "windows": "windows"}

SHELLS_OF = {
    "any": keys("bash sh pwsh python powershell cmd"),
    "ubuntu": keys("bash sh pwsh python"),
    "macos": keys("bash sh pwsh python"),
    "windows": keys("bash pwsh python powershell cmd"),
}
DEFAULT_SHELL = {"windows": "pwsh"}

DEPRECATED_COMMANDS = {
    "set-output": '`echo "{name}={value}" >> "$GITHUB_OUTPUT"`',
    "save-state": '`echo "{name}={value}" >> "$GITHUB_STATE"`',
    "set-env": '`echo "{name}={value}" >> "$GITHUB_ENV"`',
    "add-path": '`echo "{path}" >> "$GITHUB_PATH"`',
}

ACTION = keys("name author description inputs outputs runs branding")
ACTION_INPUT = keys("description required default deprecationMessage type options")
ACTION_OUTPUT = frozenset(("description", "value"))
USING = ("composite", "docker", "node20", "node24")
RUNS: Mapping[str, tuple[str, frozenset[str]]] = {
    "javascript": ("main", keys("using main pre pre-if post post-if")),
    "docker": (
        "image",
        keys("using image pre-entrypoint entrypoint post-entrypoint args env pre-if post-if"),
    ),
    "composite": ("steps", frozenset(("using", "steps"))),
}
"""For each kind of action the key that it cannot do without, and all that it may have."""
