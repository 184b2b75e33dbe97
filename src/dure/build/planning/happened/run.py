"""A run as `workflow_run` tells of it."""

from typing import Any

from dure.build.planning.happened.payload import moment_told, person_told
from dure.build.run import Run
from dure.plan import Project


def run_told(run: Run, project: Project) -> dict[str, Any]:
    """`github.event.workflow_run` and `github.event.workflow`."""
    status = "completed" if run.is_over else "in_progress" if run.started_at else "queued"
    told = {
        "id": run.id,
        "name": run.workflow_name,
        "path": run.workflow_path,
        "display_title": run.title,
        "run_number": run.number,
        "run_attempt": run.attempt,
        "event": run.event,
        "status": status,
        "conclusion": run.state if run.is_over else None,
        "head_branch": run.ref_name,
        "head_sha": run.sha,
        "head_commit": {"id": run.sha, "message": run.title},
        "html_url": f"/{project.path}/runs/{run.number}",
        "url": f"/api/v1/projects/{project.path}/runs/{run.number}",
        "actor": person_told(run.actor, run.actor_name),
        "triggering_actor": person_told(run.actor, run.actor_name),
        "created_at": moment_told(run.made_at),
        "run_started_at": moment_told(run.started_at or run.made_at),
        "updated_at": moment_told(run.ended_at or run.started_at or run.made_at),
        "head_repository": {"id": project.id, "full_name": project.path},
        "pull_requests": [],
    }
    return {
        "workflow_run": told,
        "workflow": {"name": run.workflow_name, "path": run.workflow_path},
    }
