"""What is watched: the services of a project by environment, as deploy knows them, and who may look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dure import deploy, policy
from dure.deploy import Runs, Service
from dure.kit import Missing, say
from dure.ledger import Work
from dure.monitor.store import ServiceKey
from dure.people import Role
from dure.plan import Project

policy.action("monitor.read", Role.GUEST, say("see how services fare"), token="read")  # noqa: S106
policy.action("monitor.read_logs", Role.REPORTER, say("read the logs of services"), token="read")  # noqa: S106

Known = Callable[[], Sequence[Runs]]
"""Everything that runs in this house now: whose counts are whose, and whose log is whose."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """One environment of a project, and the services in it with the versions that run of each."""

    project: Project
    id: int
    name: str
    is_production: bool
    live: str | None
    """The version that is live."""
    services: dict[str, list[str]]

    @property
    def ref(self) -> str:
        return f"environment:{self.id}"

    def key(self, service: str) -> ServiceKey:
        return ServiceKey(self.project.id, self.id, service)


def places_of(work: Work, project: Project) -> Sequence[Place]:
    """The environments in the order in which a release goes through them. A worker has no host, but it runs."""
    policy.require(work, "monitor.read", project.scope)
    environments = deploy.environments_of(work, project)
    services: dict[int, dict[str, list[str]]] = {environment.id: {} for environment in environments}
    for service in work.session.scalars(select(Service).where(Service.environment_id.in_(services))):
        services[service.environment_id].setdefault(service.name, [])
    for run in deploy.running(work):
        if run.environment_id in services:
            versions = services[run.environment_id].setdefault(run.service, [])
            if run.version not in versions:
                versions.append(run.version)
    lives = {environment.id: deploy.live_in(work, environment) for environment in environments}
    return [
        Place(
            project=project,
            id=environment.id,
            name=environment.name,
            is_production=environment.is_production,
            live=live.version if (live := lives[environment.id]) else None,
            services=dict(sorted(services[environment.id].items())),
        )
        for environment in environments
    ]


def place_of(work: Work, project: Project, *, service: str, environment: str = "") -> Place:
    """Where a service is: in the environment said, else in production, else where it is first."""
    policy.require(work, "monitor.read", project.scope)
    found = [
        place for place in places_of(work, project) if service in place.services and environment in ("", place.name)
    ]
    if not found:
        raise Missing(say("There is no service {service} here.", service=service[:80]))
    return next((place for place in found if place.is_production), found[0])


def place_to_read(work: Work, project: Project, *, service: str, environment: str = "") -> Place:
    """The same for whoever wants to read its logs, which tell more than numbers do."""
    policy.require(work, "monitor.read_logs", project.scope)
    return place_of(work, project, service=service, environment=environment)
