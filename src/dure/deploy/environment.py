"""Environments: the places where a project runs, in the order in which a release goes through them."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import build, policy
from dure.deploy.appfile import AppFile, EnvironmentRule
from dure.kit import Missing, Text, say
from dure.ledger import BIG, Moment, Table, Work
from dure.people import Role
from dure.plan import Project

AUTOMATIC, APPROVAL = "automatic", "approval"
HOST = re.compile(r"[^a-z0-9-]+")

policy.action("deploy.read", Role.GUEST, say("see what is deployed"), token="read")  # noqa: S106


class Environment(Table):
    """One place of one project, as the app file of its newest release describes it."""

    __tablename__ = "deploy_environment"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str]
    position: Mapped[int]
    way: Mapped[str]
    """"automatic", or "approval" when somebody must say yes first."""
    after: Mapped[str] = mapped_column(default="")
    """The environment whose deployments go on to this one."""
    is_production: Mapped[bool] = mapped_column(default=False)
    is_named: Mapped[bool] = mapped_column(default=True)
    """Whether the newest app file still names it."""
    moving_id: Mapped[int | None] = mapped_column(BIG, default=None)
    """The one deployment that may move here."""
    live_id: Mapped[int | None] = mapped_column(BIG, default=None)
    paused_release_id: Mapped[int | None] = mapped_column(default=None)
    """Releases up to this one are not deployed by themselves, because somebody went back from it."""
    paused_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    paused_by: Mapped[str] = mapped_column(default="")

    @property
    def ref(self) -> str:
        return f"environment:{self.id}"

    @property
    def needs_approval(self) -> bool:
        return self.way == APPROVAL

    def pauses(self, release_id: int) -> bool:
        return self.paused_release_id is not None and release_id <= self.paused_release_id


def host_of(service: str, environment: str, project: Project) -> str:
    """The name by which a service is reached: three labels and `localhost`, which every machine finds at home."""
    return (
        ".".join(HOST.sub("-", word.lower()).strip("-") for word in (service, environment, project.name)) + ".localhost"
    )


def hosts_of(app: AppFile, place: Environment, project: Project) -> dict[str, str]:
    """The host name of each service that takes requests."""
    return {service.name: host_of(service.name, place.name, project) for service in app.services if service.port}


def environments_of(work: Work, project: Project) -> Sequence[Environment]:
    """Those that the newest app file names, and those in which something still runs."""
    policy.require(work, "deploy.read", project.scope)
    shown = Environment.is_named.is_(True) | Environment.live_id.is_not(None) | Environment.moving_id.is_not(None)
    query = select(Environment).where(Environment.project_id == project.id, shown)
    return work.session.scalars(query.order_by(Environment.position, Environment.id)).all()


def environments_by_id(work: Work, project: Project) -> Mapping[int, Environment]:
    """Every one there ever was: deployments stay when the app file forgets where they went."""
    policy.require(work, "deploy.read", project.scope)
    query = select(Environment).where(Environment.project_id == project.id)
    return {place.id: place for place in work.session.scalars(query)}


def find_environment(work: Work, project: Project, name: str) -> Environment:
    policy.require(work, "deploy.read", project.scope)
    query = select(Environment).where(Environment.project_id == project.id, Environment.name == name)
    found = work.session.scalars(query).one_or_none()
    if found is None:
        raise Missing(no_such_environment(name))
    return found


def no_such_environment(name: str) -> Text:
    return say("There is no environment {name} here.", name=name[:80])


def locked_environment(work: Work, environment_id: int) -> Environment:
    """The row, held until this work is done, so that what is decided on it is decided once."""
    query = select(Environment).where(Environment.id == environment_id).with_for_update()
    return work.session.scalars(query, execution_options={"populate_existing": True}).one()


def settle_environments(work: Work, project: Project, rules: Sequence[EnvironmentRule]) -> Sequence[Environment]:
    """Make the rows say what the app file says. One that it names no more stays while something runs in it."""
    policy.require(work, "deploy.read", project.scope)
    query = select(Environment).where(Environment.project_id == project.id)
    known = {row.name: row for row in work.session.scalars(query)}
    for rule in rules:
        # Jobs of workflows that name an environment wait for the same yes as its deployments.
        build.settle_job_environment(work, project, rule.name, needs_approval=rule.deploy == APPROVAL)
    for position, rule in enumerate(rules):
        row = known.pop(rule.name, None)
        if row is None:
            work.add(
                Environment(
                    project_id=project.id,
                    name=rule.name,
                    position=position,
                    way=rule.deploy,
                    after=rule.after,
                    is_production=rule.production,
                )
            )
            continue
        row.position, row.way, row.after, row.is_production = position, rule.deploy, rule.after, rule.production
        row.is_named = True
    for row in known.values():
        row.is_named = False
    work.session.flush()
    return environments_of(work, project)
