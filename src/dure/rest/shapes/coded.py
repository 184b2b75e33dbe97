"""Repositories, commits, branches and files."""

import base64
from collections.abc import Sequence

from dure.code import Check, CommitInfo, Protection, Repository, TreeEntry
from dure.plan import Project
from dure.rest.shapes.said import Addresses, Shape, moment

KINDS = {"tree": "dir", "file": "file", "executable": "file", "link": "symlink", "submodule": "submodule"}
STATES = {"pending": "pending", "running": "pending", "success": "success", "failure": "failure", "cancelled": "error"}
"""Our words for a check, in theirs for a status."""
ENDED = ("success", "failure", "cancelled")


def repository_shape(at: Addresses, project: Project, repository: Repository | None) -> Shape:
    owner = {"login": project.owner, "type": "User", "url": f"{at.house}/api/v3/users/{project.owner}"}
    return {
        "id": project.id,
        "name": project.name,
        "full_name": project.path,
        "private": True,
        "visibility": "private",
        "owner": owner,
        "description": project.description or None,
        "fork": False,
        "archived": False,
        "disabled": False,
        "url": at.api(),
        "html_url": at.page(),
        "clone_url": f"{at.page()}.git",
        "default_branch": repository.default_branch if repository is not None else "main",
        "open_issues_count": project.open_issues,
        "created_at": moment(project.made_at),
        "has_issues": True,
        "permissions": {"admin": False, "push": False, "pull": True},
    }


def commit_shape(at: Addresses, info: CommitInfo) -> Shape:
    author = {"name": info.author_name, "email": info.author_email, "date": moment(info.authored_at)}
    committer = {"name": info.committer_name, "date": moment(info.committed_at)}
    return {
        "sha": info.sha,
        "url": at.api("commits", info.sha),
        "html_url": at.page("code", "commit", info.sha),
        "commit": {"message": info.message.rstrip("\n"), "author": author, "committer": committer},
        "author": None,
        "committer": None,
        "parents": [{"sha": sha, "url": at.api("commits", sha)} for sha in info.parents],
    }


def branch_shape(at: Addresses, name: str, sha: str, rules: Sequence[Protection]) -> Shape:
    is_protected = any(rule.covers(name) for rule in rules)
    return {"name": name, "commit": {"sha": sha, "url": at.api("commits", sha)}, "protected": is_protected}


def ref_shape(at: Addresses, ref: str, sha: str) -> Shape:
    target = {"type": "commit", "sha": sha, "url": at.api("commits", sha)}
    return {"ref": ref, "url": at.api("git", ref), "object": target}


def content_shape(at: Addresses, entry: TreeEntry, ref: str, data: bytes | None = None) -> Shape:
    told: Shape = {
        "type": KINDS.get(entry.kind, "file"),
        "name": entry.name,
        "path": entry.path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": f"{at.api('contents', entry.path)}?ref={ref}",
        "html_url": at.page("code", ref, entry.path),
    }
    return told if data is None else {**told, "encoding": "base64", "content": base64.encodebytes(data).decode()}


def check_shape(at: Addresses, check: Check) -> Shape:
    conclusion = check.state if check.state in ENDED else None
    return {
        "id": check.id,
        "name": check.name,
        "head_sha": check.sha,
        "status": "completed" if conclusion else "in_progress" if check.state == "running" else "queued",
        "conclusion": conclusion,
        "started_at": moment(check.set_at),
        "completed_at": moment(check.set_at) if conclusion else None,
        "details_url": check.url or None,
        "url": at.api("check-runs", check.id),
        "html_url": check.url or at.page(),
        "output": {"title": check.words or None, "summary": None},
    }


def status_shape(at: Addresses, check: Check) -> Shape:
    return {
        "id": check.id,
        "context": check.name,
        "state": STATES.get(check.state, "pending"),
        "description": check.words or None,
        "target_url": check.url or None,
        "created_at": moment(check.set_at),
        "updated_at": moment(check.set_at),
        "url": at.api("statuses", check.sha),
    }
