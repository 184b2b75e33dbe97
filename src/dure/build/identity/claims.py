"""What a job says of itself, in the words that GitHub has for it: those who check them need no other rules."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

from dure.build.run import Job, Run
from dure.plan import Project
from dure.workflow import Planned

LIFE_SECONDS = 600
EARLY_SECONDS = 300
"""Clocks differ."""
FROM_GITHUB = (
    *("actor", "actor_id", "base_ref", "event_name", "head_ref", "ref", "ref_protected", "ref_type", "repository"),
    *("repository_id", "repository_owner", "repository_owner_id", "run_attempt", "run_id", "run_number", "sha"),
    *("workflow", "workflow_ref", "workflow_sha"),
)
OURS = ("aud", "exp", "iat", "iss", "jti", "nbf", "sub")
MORE = ("environment", "job_workflow_ref", "job_workflow_sha", "repository_visibility", "runner_environment")


@dataclass(frozen=True)
class Claims:
    """For one audience, at one moment."""

    audience: str
    subject: str
    words: dict[str, str]

    @staticmethod
    def names() -> list[str]:
        return [*FROM_GITHUB, *OURS, *MORE]

    def told(self, issuer: str) -> dict[str, Any]:
        now = int(time.time())
        return {
            "jti": str(uuid.uuid4()),
            "iss": issuer,
            "sub": self.subject,
            "aud": self.audience,
            **self.words,
            "nbf": now - EARLY_SECONDS,
            "iat": now,
            "exp": now + LIFE_SECONDS,
        }


def claims_of(project: Project, run: Run, job: Job, planned: Planned, audience: str, house_url: str) -> Claims:
    """`planned`: the workflow that the job stands in, which may be called by the one that began."""
    github = run.known().get("github", {})
    known = {"actor_id": run.actor.rpartition(":")[2], **github}
    words = {name: text_of(known.get(name)) for name in FROM_GITHUB}
    # Not worked out once more: it is for this one that somebody has said yes.
    if job.environment:
        words["environment"] = job.environment
    words |= {
        "job_workflow_ref": planned.source.reference,
        "job_workflow_sha": planned.source.sha,
        "repository_visibility": "private",
        "runner_environment": "self-hosted",
    }
    return Claims(audience or f"{house_url}/{project.owner}", subject_of(project, run, job.environment), words)


def subject_of(project: Project, run: Run, environment: str) -> str:
    """What most rules of others are about."""
    here = f"repo:{project.path}"
    if environment:
        # A colon in a name must not look like another part.
        return f"{here}:environment:{environment.replace(':', '%3A')}"
    if run.event.startswith("pull_request") and run.event != "pull_request_target":
        return f"{here}:pull_request"
    return f"{here}:ref:{run.ref}"


def text_of(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
