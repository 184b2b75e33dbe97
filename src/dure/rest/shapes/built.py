"""Runs and artifacts."""

from dure.build import Artifact, Run
from dure.rest.shapes.said import Addresses, Shape, moment, user_shape

DONE = {"success": "success", "failure": "failure", "cancelled": "cancelled"}
STATUSES = {"queued": "queued", "running": "in_progress"}


def run_shape(at: Addresses, run: Run) -> Shape:
    return {
        "id": run.id,
        "name": run.workflow_name,
        "display_title": run.title,
        "run_number": run.number,
        "run_attempt": run.attempt,
        "event": run.event,
        "status": STATUSES.get(run.state, "completed"),
        "conclusion": DONE.get(run.state),
        "head_branch": run.ref_name,
        "head_sha": run.sha,
        "path": run.workflow_path,
        "actor": user_shape(at.house, run.actor, run.actor_name),
        "created_at": moment(run.made_at),
        "run_started_at": moment(run.started_at or run.made_at),
        "updated_at": moment(run.ended_at or run.started_at or run.made_at),
        "url": at.api("actions", "runs", run.id),
        "html_url": at.page("runs", run.number),
        "artifacts_url": at.api("actions", "runs", run.id, "artifacts"),
    }


def artifact_shape(at: Addresses, artifact: Artifact, run: Run | None) -> Shape:
    return {
        "id": artifact.id,
        "name": artifact.name,
        "size_in_bytes": artifact.size,
        "digest": artifact.digest,
        "expired": False,
        "created_at": moment(artifact.kept_at),
        "updated_at": moment(artifact.kept_at),
        "expires_at": moment(artifact.expires_at),
        "url": at.api("actions", "artifacts", artifact.id),
        "archive_download_url": at.api("actions", "artifacts", artifact.id, "zip"),
        "workflow_run": None
        if run is None
        else {"id": run.id, "head_branch": run.ref_name, "head_sha": run.sha, "repository_id": run.project_id},
    }
