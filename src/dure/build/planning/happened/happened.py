"""What happened, in GitHub's words: the name of the event, at which commit, and what the workflows may know of it."""

from typing import Any

import msgspec

NUL = "\\u0000"
DISPATCHES = frozenset({"workflow_dispatch", "repository_dispatch"})
"""Only these a job may raise with its own token; otherwise workflows would begin each other for ever."""
RAISED = DISPATCHES | {
    *("push", "create", "delete", "pull_request", "pull_request_target", "merge_group"),
    *("issues", "issue_comment", "label", "milestone"),
    *("release", "deployment", "deployment_status"),
    *("schedule", "workflow_run", "workflow_call"),
}
"""What may happen in this house. The other events of GitHub may be named, and never come."""


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """Something that may begin workflows.

    The planning of it adds to `payload` what every event has: `action`, `repository` and `sender`. Addresses in it are
    paths; the house's own address is put before them.
    """

    name: str
    """As `on` names it: push, issues, release ..."""
    key: str
    """What makes it the same when it is told again. One key is planned once in a project."""
    type: str = ""
    """As `types` names it: opened, published ..."""
    ref: str = ""
    """The branch or tag it is about, whole: refs/heads/main. Empty: the default branch."""
    sha: str = ""
    """The commit whose workflows begin. Empty: the last of the default branch."""
    base: str = ""
    """The branch that a change is meant for: github.base_ref."""
    head: str = ""
    """The branch that it comes from: github.head_ref."""
    before: str = ""
    after: str = ""
    """Filters of paths ask what changed between these two commits."""
    message_sha: str = ""
    """The commit whose message may say [skip ci]; if not said, `after`."""
    workflow: str = ""
    """Of workflow_run: the name of the workflow that ran, and the branch it ran on."""
    branch: str = ""
    cron: str = ""
    """Of schedule: which one, and by whose clocks."""
    zone: str = ""
    title: str = ""
    """What the run is called where its workflow does not say; else by its commit."""
    payload: dict[str, Any] = {}

    def as_json(self) -> str:
        return msgspec.json.encode(self).decode().replace(NUL, "")


def happened_from(words: str) -> Happened:
    return msgspec.json.decode(words, type=Happened)
