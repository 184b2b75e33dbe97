"""Deployments, and how far they are."""

from datetime import datetime

from dure.deploy import Deployment, Environment
from dure.rest.shapes.said import Addresses, Shape, moment, user_shape

STATES = {
    "waiting": "queued",
    "live": "success",
    **dict.fromkeys(("failed", "rolled_back"), "failure"),
    **dict.fromkeys(("superseded", "cancelled", "replaced"), "inactive"),
}


def deployment_shape(at: Addresses, one: Deployment, environment: Environment) -> Shape:
    return {
        "id": one.id,
        "sha": one.sha,
        "ref": f"v{one.version}",
        "task": "deploy",
        "environment": environment.name,
        "original_environment": environment.name,
        "production_environment": environment.is_production,
        "transient_environment": False,
        "description": None,
        "payload": {},
        "creator": user_shape(at.house, one.made_by, one.made_by_name),
        "created_at": moment(one.made_at),
        "updated_at": moment(changed_at(one)),
        "url": at.api("deployments", one.id),
        "statuses_url": at.api("deployments", one.id, "statuses"),
        "repository_url": at.api(),
    }


def deployment_status_shape(at: Addresses, one: Deployment, environment: Environment) -> Shape:
    """There is one, which says how far it is now."""
    return {
        "id": one.id,
        "state": STATES.get(one.phase, "in_progress"),
        "description": str(one.why or one.phase_words),
        "environment": environment.name,
        "creator": user_shape(at.house, one.made_by, one.made_by_name),
        "created_at": moment(changed_at(one)),
        "updated_at": moment(changed_at(one)),
        "log_url": at.page("deployments", one.number),
        "target_url": at.page("deployments", one.number),
        "url": at.api("deployments", one.id, "statuses", one.id),
        "deployment_url": at.api("deployments", one.id),
        "repository_url": at.api(),
    }


def changed_at(one: Deployment) -> datetime:
    return one.ended_at or one.live_at or one.started_at or one.made_at
