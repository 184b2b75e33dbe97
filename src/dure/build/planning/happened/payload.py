"""What every event tells, and the pieces that many of them share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dure.build.planning.happened.happened import Happened
from dure.code import CommitInfo, PushedCommit
from dure.ledger import Actor
from dure.plan import Project

ADDRESSES = ("url", "compare")


def payload_of(happened: Happened, project: Project, default_branch: str, by: Actor, server_url: str) -> dict[str, Any]:
    """`github.event`."""
    action = {"action": happened.type} if happened.type else {}
    about = {"repository": repository_told(project, default_branch), "sender": person_told(by.ref, by.name)}
    return {key: with_address(value, key, server_url) for key, value in {**action, **happened.payload, **about}.items()}


def with_address(value: Any, key: str, server_url: str) -> Any:
    """The same with whole addresses where paths stood."""
    if isinstance(value, dict):
        return {name: with_address(inner, name, server_url) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_address(inner, "", server_url) for inner in value]
    if isinstance(value, str) and value.startswith("/") and (key in ADDRESSES or key.endswith("_url")):
        return server_url + value
    return value


def repository_told(project: Project, default_branch: str) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "full_name": project.path,
        "private": True,
        "fork": False,
        "html_url": f"/{project.path}",
        "url": f"/api/v1/projects/{project.path}",
        "clone_url": f"/{project.path}.git",
        "default_branch": default_branch,
        "owner": {"login": project.owner, "name": project.owner},
        "description": project.description,
        "created_at": moment_told(project.made_at),
    }


def person_told(ref: str, name: str) -> dict[str, Any]:
    """Somebody who did something: a person, or the house, a token or a job, which are nobody's account."""
    kind, _, number = ref.partition(":")
    if kind == "person" and number.isdecimal():
        return {"login": name, "id": int(number), "type": "User"}
    return {"login": name, "type": "Bot"}


def commit_told(commit: PushedCommit, path: str) -> dict[str, Any]:
    return {
        "id": commit.sha,
        "message": commit.title,
        "timestamp": moment_told(commit.authored_at),
        "url": f"/{path}/code/commit/{commit.sha}",
        "author": {"name": commit.author},
    }


def with_messages(
    payload: dict[str, Any], head: CommitInfo, commits: Mapping[str, CommitInfo], path: str
) -> dict[str, Any]:
    """What a push tells, with the whole messages of its commits. The event in the ledger has only their titles."""
    told = [whole_commit(commits[each["id"]], path) if each["id"] in commits else each for each in payload["commits"]]
    return {**payload, "commits": told, "head_commit": whole_commit(head, path)}


def whole_commit(commit: CommitInfo, path: str) -> dict[str, Any]:
    return {
        "id": commit.sha,
        "message": commit.message.rstrip("\n"),
        "timestamp": moment_told(commit.authored_at),
        "url": f"/{path}/code/commit/{commit.sha}",
        "author": {"name": commit.author_name, "email": commit.author_email},
        "committer": {"name": commit.committer_name},
        "distinct": True,
    }


def moment_told(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
