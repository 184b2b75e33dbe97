"""What runs where: for whoever counts, tails logs, or lists addresses."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dure.deploy.deployment import Deployment
from dure.deploy.environment import Environment, host_of
from dure.deploy.instance import Placed
from dure.ledger import Work
from dure.plan import Project


@dataclass(frozen=True)
class Runs:
    """One version of one service that is wanted in one environment."""

    project_id: int
    path: str
    environment_id: int
    environment: str
    production: bool
    service: str
    version: str
    key: str
    """Its name in the traffic: "d12"."""
    host: str
    instances: tuple[str, ...]
    """By which the platform knows them."""
    deployment_id: int


# open: for rounds of the house, which ask for all projects at once and show nobody what they find.
def running(work: Work) -> Sequence[Runs]:
    """Everything that is wanted now, in every project."""
    query = (
        select(Placed, Deployment, Environment, Project)
        .join(Deployment, Deployment.id == Placed.deployment_id)
        .join(Environment, Environment.id == Deployment.environment_id)
        .join(Project, Project.id == Environment.project_id)
        .where(Placed.is_wanted.is_(True))
        .order_by(Placed.id)
    )
    found: dict[tuple[int, str], Runs] = {}
    for placed, deployment, environment, project in work.session.execute(query):
        before = found.get((deployment.id, placed.service))
        found[deployment.id, placed.service] = Runs(
            project_id=project.id,
            path=project.path,
            environment_id=environment.id,
            environment=environment.name,
            production=environment.is_production,
            service=placed.service,
            version=deployment.version,
            key=deployment.version_key,
            host=host_of(placed.service, environment.name, project),
            instances=(*(before.instances if before else ()), placed.key),
            deployment_id=deployment.id,
        )
    return list(found.values())
