"""Finding deployments."""

from collections.abc import Sequence

from sqlalchemy import select

from dure import policy
from dure.deploy.deployment.deployment import UNDER_WAY, Deployment
from dure.deploy.environment import Environment
from dure.kit import Missing, say
from dure.ledger import Work
from dure.plan import Project

LIMIT = 50
FORMER_MAX = 200


def deployments_of(
    work: Work,
    project: Project,
    *,
    environment: Environment | None = None,
    release_id: int | None = None,
    sha: str | None = None,
    before: int | None = None,
    skip: int = 0,
    limit: int = LIMIT,
) -> Sequence[Deployment]:
    """The newest first."""
    policy.require(work, "deploy.read", project.scope)
    query = select(Deployment).where(Deployment.project_id == project.id)
    if environment is not None:
        query = query.where(Deployment.environment_id == environment.id)
    if release_id is not None:
        query = query.where(Deployment.release_id == release_id)
    if sha is not None:
        query = query.where(Deployment.sha == sha)
    if before is not None:
        query = query.where(Deployment.number < before)
    return work.session.scalars(query.order_by(Deployment.number.desc()).offset(skip).limit(limit)).all()


def find_deployment(work: Work, project: Project, number: int, *, to_change: bool = False) -> Deployment:
    policy.require(work, "deploy.read", project.scope)
    query = select(Deployment).where(Deployment.project_id == project.id, Deployment.number == number)
    if to_change:
        query = query.with_for_update()
    found = work.session.scalars(query, execution_options={"populate_existing": to_change}).one_or_none()
    if found is None:
        raise Missing(say("There is no deployment {number} here.", number=number))
    return found


def deployment_of(work: Work, deployment_id: int) -> Deployment:
    """The deployment with this id, for rooms that have it from an event."""
    found = work.session.get(Deployment, deployment_id)
    if found is None:
        raise Missing(say("There is no deployment {number} here.", number=deployment_id))
    policy.require(work, "deploy.read", f"project:{found.project_id}")
    return found


def live_in(work: Work, environment: Environment) -> Deployment | None:
    """What serves this environment now."""
    policy.require(work, "deploy.read", f"project:{environment.project_id}")
    return None if environment.live_id is None else work.session.get(Deployment, environment.live_id)


def in_flight(work: Work, project: Project) -> Sequence[Deployment]:
    """Everything that waits or moves, the oldest first."""
    policy.require(work, "deploy.read", project.scope)
    query = select(Deployment).where(Deployment.project_id == project.id, Deployment.phase.in_(UNDER_WAY))
    return work.session.scalars(query.order_by(Deployment.id)).all()


# open: only verbs of this room, which have asked, come here.
def former_healthy(work: Work, environment: Environment, bad: Deployment) -> Deployment | None:
    """The last one before that ran well, of another release. What came last of a release is what counts of it."""
    query = select(Deployment).where(
        Deployment.environment_id == environment.id, Deployment.id < bad.id, Deployment.traffic_at.is_not(None)
    )
    seen = {bad.release_id}
    for row in work.session.scalars(query.order_by(Deployment.id.desc()).limit(FORMER_MAX)):
        if row.release_id not in seen and row.is_healthy:
            return row
        seen.add(row.release_id)
    return None
