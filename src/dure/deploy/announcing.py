"""Deployments are said to workflows: `deployment` when one begins, `deployment_status` at each of its turns."""

from collections.abc import Mapping
from typing import Any

from dure import build
from dure.deploy.deployment import (
    ApprovalAsked,
    Deployment,
    DeploymentBegun,
    DeploymentFailed,
    DeploymentStopped,
    RolledBack,
    WentLive,
    deployment_of,
)
from dure.ledger import Actor, Entry, Event, Work, on_entry
from dure.plan import Project, project_of

STATES: Mapping[type[Event], str] = {
    DeploymentBegun: "in_progress",
    ApprovalAsked: "waiting",
    WentLive: "success",
    RolledBack: "failure",
    DeploymentFailed: "failure",
    DeploymentStopped: "inactive",
}


def tell_workflows(work: Work, entry: Entry) -> None:
    """The state it has come to, and before the first that it was made."""
    event = entry.event()
    assert isinstance(
        event, DeploymentBegun | ApprovalAsked | WentLive | RolledBack | DeploymentFailed | DeploymentStopped
    )
    row, project = deployment_of(work, event.deployment), project_of(work, event.project)
    told, by = deployment_told(row, project, event.environment), Actor(entry.actor, entry.actor_name)
    if isinstance(event, DeploymentBegun):
        made = happened(row, "deployment", f"entry:{entry.id}/deployment", {"deployment": told})
        build.raise_event(work, project, made, by=by, at=entry.at)
    state = STATES[type(event)]
    if isinstance(event, RolledBack) and not event.by_itself:
        state = "inactive"
    status = {
        "id": entry.id,
        "state": state,
        "environment": event.environment,
        "description": str(event.sentence())[:DESCRIPTION_CHARACTERS_MAX],
        "creator": {"login": entry.actor_name},
        "created_at": build.moment_told(entry.at),
        "target_url": told["html_url"],
    }
    turned = happened(row, "deployment_status", f"entry:{entry.id}", {"deployment": told, "deployment_status": status})
    build.raise_event(work, project, turned, by=by, at=entry.at)


DESCRIPTION_CHARACTERS_MAX = 140


def happened(row: Deployment, name: str, key: str, payload: dict[str, Any]) -> build.Happened:
    return build.Happened(
        name=name,
        type="created",
        key=key,
        ref=f"refs/tags/v{row.version}",
        sha=row.sha,
        title=row.version,
        payload=payload,
    )


def deployment_told(row: Deployment, project: Project, environment: str) -> dict[str, Any]:
    """`github.event.deployment`."""
    return {
        "id": row.id,
        "ref": f"v{row.version}",
        "sha": row.sha,
        "task": "deploy",
        "environment": environment,
        "payload": {},
        "description": None,
        "creator": {"login": row.made_by_name},
        "created_at": build.moment_told(row.made_at),
        "html_url": f"/{project.path}/deployments/{row.number}",
    }


reactions = [on_entry(event, tell_workflows) for event in STATES]
