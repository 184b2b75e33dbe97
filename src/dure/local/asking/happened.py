"""The event that workflows are asked about: from the person's words, a file in GitHub's shape, and what git knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dure.local.asking.asked import Asked
from dure.local.ground import NO_COMMIT, Ground, git_lists, git_says

HERE = "http://dure.localhost"
BRANCH, TAG = "refs/heads/", "refs/tags/"


@dataclass(frozen=True)
class Happened:
    """What is told to the workflows, and at which commit they run."""

    name: str
    ref: str
    sha: str
    base: str = ""
    """The branch that a pull request asks to be merged into."""
    before: str = NO_COMMIT
    payload: Mapping[str, Any] = field(default_factory=dict)
    actor: str = "local"

    @property
    def ref_name(self) -> str:
        for start in (BRANCH, TAG, "refs/"):
            if self.ref.startswith(start):
                return self.ref.removeprefix(start)
        return self.ref

    @property
    def head(self) -> str:
        return str(within(self.payload, "pull_request", "head", "ref") or "")


def happened(asked: Asked, ground: Ground, name: str) -> Happened:
    """The event, as far as it is told; the rest is what the working copy is."""
    told: dict[str, Any] = dict(asked.payload) if asked.payload is not None else usual(name, ground)
    told.setdefault("repository", about(ground))
    told.setdefault("sender", {"login": ground.actor})
    if asked.inputs and "inputs" not in told:
        told["inputs"] = dict(asked.inputs)
    is_request = name.startswith("pull_request")
    number = told.get("number") or within(told, "pull_request", "number") or 1
    ref = f"refs/pull/{number}/merge" if is_request else str(told.get("ref") or ground.ref)
    if not is_request and not ref.startswith("refs/") and ref != ground.sha:
        ref = BRANCH + ref
    head = within(told, "pull_request", "head", "sha") if is_request else told.get("after")
    return Happened(
        name=name,
        ref=ref,
        sha=str(head or within(told, "head_commit", "id") or ground.sha),
        base=str(within(told, "pull_request", "base", "ref") or ""),
        before=str(told.get("before") or NO_COMMIT),
        payload=told,
        actor=asked.actor or str(within(told, "sender", "login") or ground.actor),
    )


def usual(name: str, ground: Ground) -> dict[str, Any]:
    """What the event would say if what lies here were brought to a house now."""
    if name == "push":
        commit = {"id": ground.sha, "message": "", "author": {"name": ground.actor}}
        known = commit if ground.has_commits else None
        return {"ref": ground.ref, "before": NO_COMMIT, "after": ground.sha, "head_commit": known, "commits": []}
    if name.startswith("pull_request"):
        head = {"ref": ground.ref.removeprefix(BRANCH), "sha": ground.sha, "repo": about(ground)}
        base = {"ref": main_branch(ground), "repo": about(ground)}
        request = {"number": 1, "title": "", "state": "open", "draft": False, "head": head, "base": base}
        return {"action": "synchronize", "number": 1, "pull_request": request}
    if name == "workflow_dispatch":
        return {"ref": ground.ref, "inputs": {}}
    return {"ref": ground.ref}


def about(ground: Ground) -> dict[str, Any]:
    owner, _, name = ground.project.partition("/")
    return {
        "name": name,
        "full_name": ground.project,
        "default_branch": main_branch(ground),
        "html_url": f"{HERE}/{ground.project}",
        "owner": {"login": owner, "name": owner},
    }


def main_branch(ground: Ground) -> str:
    """The branch that others are compared with, as far as the working copy tells."""
    if ground.git is None:
        return "main"
    head = ground.git.shared / "refs/remotes/origin/HEAD"
    if head.is_file():
        return head.read_text("utf-8", "replace").strip().rpartition("refs/remotes/origin/")[2]
    branches = ground.git.shared / "refs/heads"
    return next((name for name in ("main", "master") if (branches / name).exists()), "main")


def changed_paths(ground: Ground, event: Happened) -> Sequence[str] | None:
    """What differs from the base, what is not committed yet included. None where there is nothing to compare with."""
    if ground.git is None or not ground.has_commits:
        return None
    base = base_of(ground, event)
    if not base:
        return None
    changed = git_lists(ground.root, "diff", "--name-only", "--no-renames", "-z", base, "--")
    fresh = git_lists(ground.root, "ls-files", "-z", "--others", "--exclude-standard")
    return sorted({*changed, *fresh})


def base_of(ground: Ground, event: Happened) -> str:
    """From where the change began: what was pushed before, else where this branch left the main one, else a commit
    ago."""
    main = event.base or main_branch(ground)
    if event.before.strip("0"):
        return event.before
    candidates = [f"refs/remotes/origin/{main}", f"refs/heads/{main}"]
    if event.base == "" and ground.ref.startswith(BRANCH):
        candidates.insert(0, f"refs/remotes/origin/{ground.ref.removeprefix(BRANCH)}")
    for name in candidates:
        base = git_says(ground.root, "merge-base", "HEAD", name, may_fail=True).strip()
        if base and (base != ground.sha or is_dirty(ground)):
            return base
    return git_says(ground.root, "rev-parse", "-q", "--verify", "HEAD~1", may_fail=True).strip()


def is_dirty(ground: Ground) -> bool:
    return bool(git_says(ground.root, "status", "--porcelain", "-unormal", "--no-renames"))


def within(told: Mapping[str, Any], *names: str) -> Any:
    """What stands deep in the event, if it stands there."""
    found: Any = told
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def github_of(event: Happened, ground: Ground, workflow: str, path: str) -> dict[str, Any]:
    """The context `github`, as a house would tell it."""
    owner = ground.project.partition("/")[0]
    return {
        "actor": event.actor,
        "triggering_actor": event.actor,
        "event": dict(event.payload),
        "event_name": event.name,
        "ref": event.ref,
        "ref_name": event.ref_name,
        "ref_type": "tag" if event.ref.startswith(TAG) else "branch",
        "ref_protected": False,
        "base_ref": event.base,
        "head_ref": event.head,
        "sha": event.sha,
        "repository": ground.project,
        "repository_id": "1",
        "repository_owner": owner,
        "repository_owner_id": "1",
        "repositoryUrl": f"{HERE}/{ground.project}.git",
        "server_url": HERE,
        "api_url": f"{HERE}/api/v3",
        "graphql_url": "",
        "retention_days": "0",
        "run_number": "1",
        "secret_source": "Actions",
        "workflow": workflow,
        "workflow_ref": f"{ground.project}/{path}@{event.ref}",
        "workflow_sha": event.sha,
    }
