"""An incident: something went wrong for the people a project serves, and what is known and learned of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import deploy, kit, policy
from dure.kit import Missing, Refused, now, say
from dure.ledger import BIG, Event, Machine, Moment, Table, Work, begin
from dure.people import Role
from dure.plan import Project, project_of

LOOKING = "looking"
"""The house looks into what led to it; nobody has to wait for that."""
OPEN, RESOLVED = "open", "resolved"
ROLLED_BACK, CRASHED, FAILED = "rolled back", "crashed", "failed"
WORDS_BYTES_MAX = 60_000
ABOUT_MAX = 10

policy.action("incident.read", Role.GUEST, say("see incidents"), token="read")  # noqa: S106
policy.action("incident.write", Role.DEVELOPER, say("work on incidents"))


class Incident(Machine, Table):
    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        UniqueConstraint("deployment_id", "kind"),
        Index("ix_incident_project", "project_id", "id"),
    )

    project_id: Mapped[int]
    number: Mapped[int]
    kind: Mapped[str]
    environment: Mapped[str]
    is_production: Mapped[bool]
    service: Mapped[str]
    """Where it showed; empty if it was not one service."""
    deployment_id: Mapped[int] = mapped_column(BIG)
    deployment_number: Mapped[int]
    release_id: Mapped[int] = mapped_column(BIG)
    version: Mapped[str]
    sha: Mapped[str]
    back_to: Mapped[str]
    """The version that serves again; empty if none does."""
    why: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime] = mapped_column(Moment)
    issue_number: Mapped[int | None] = mapped_column(default=None)
    resolved_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    resolved_by: Mapped[str] = mapped_column(default="")
    postmortem: Mapped[str] = mapped_column(Text, default="")
    """What people made of the draft; empty while nobody has."""
    written_by: Mapped[str] = mapped_column(default="")

    @property
    def ref(self) -> str:
        return f"incident:{self.id}"

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None

    @property
    def title(self) -> kit.Text:
        return TITLES[self.kind](version=self.version, environment=self.environment)


TITLES = {
    ROLLED_BACK: lambda **of: say("{version} was rolled back in {environment}", **of),
    CRASHED: lambda **of: say("{version} crashes again and again in {environment}", **of),
    FAILED: lambda **of: say("{version} could not be deployed to {environment}", **of),
}


@dataclass(frozen=True, kw_only=True)
class IncidentOpened(Event, kind="incident.opened"):
    """Something went wrong, and the house has looked into it."""

    project: int
    incident: int
    number: int
    deployment: int
    version: str
    environment: str
    suspect: str | None
    """The commit that most likely led to it."""
    issue: int | None

    def sentence(self) -> kit.Text:
        if self.suspect is None:
            return say("opened incident {number}", number=self.number)
        return say("opened incident {number}; first suspect: {sha}", number=self.number, sha=self.suspect[:10])


@dataclass(frozen=True, kw_only=True)
class IncidentResolved(Event, kind="incident.resolved"):
    """Nothing is wrong any more, and what there was to learn is written down or known."""

    project: int
    incident: int
    number: int

    def sentence(self) -> kit.Text:
        return say("resolved incident {number}", number=self.number)


@dataclass(frozen=True, kw_only=True)
class PostmortemWritten(Event, kind="incident.postmortem_written"):
    """Somebody wrote down what there was to learn."""

    project: int
    incident: int
    number: int

    def sentence(self) -> kit.Text:
        return say("wrote the postmortem of incident {number}", number=self.number)


Wrong = deploy.RolledBack | deploy.CrashLooped | deploy.DeploymentFailed
"""What goes wrong with a deployment."""


class TooLong(Refused):
    """More words than a postmortem can have."""


# open: only reactions of this room come here, in the name of the house.
def take_note(work: Work, event: Wrong, kind: str, why: str, *, service: str = "", back_to: str = "") -> None:
    """Something went wrong with a deployment. The same is an incident once, however often it is told."""
    known = select(Incident.id).where(Incident.deployment_id == event.deployment, Incident.kind == kind)
    if work.session.scalar(known) is not None:
        return
    # Whoever else would take the next number waits here for the project's row.
    work.session.execute(select(Project.id).where(Project.id == event.project).with_for_update(key_share=True))
    taken = work.session.scalar(select(func.max(Incident.number)).where(Incident.project_id == event.project))
    begin(
        work,
        Incident(
            project_id=event.project,
            number=(taken or 0) + 1,
            kind=kind,
            environment=event.environment,
            is_production=event.production,
            service=service,
            deployment_id=event.deployment,
            deployment_number=event.number,
            release_id=event.release,
            version=event.version,
            sha=event.sha,
            back_to=back_to,
            why=why,
            opened_at=now(),
            phase=LOOKING,
        ),
    )


def incidents_of(
    work: Work, project: Project, *, only_open: bool = False, before: int | None = None, limit: int = 30
) -> Sequence[Incident]:
    """The newest first."""
    policy.require(work, "incident.read", project.scope)
    query = select(Incident).where(Incident.project_id == project.id)
    if only_open:
        query = query.where(Incident.resolved_at.is_(None))
    if before is not None:
        query = query.where(Incident.id < before)
    return work.session.scalars(query.order_by(Incident.id.desc()).limit(limit)).all()


def incidents_about(
    work: Work, project: Project, *, deployment: int = 0, version: str = "", sha: str = ""
) -> Sequence[Incident]:
    """What went wrong with a deployment (its number), a version, or a version whose newest commit this is."""
    policy.require(work, "incident.read", project.scope)
    query = select(Incident).where(Incident.project_id == project.id)
    if deployment:
        query = query.where(Incident.deployment_number == deployment)
    elif version:
        query = query.where(Incident.version == version)
    else:
        query = query.where(Incident.sha == sha)
    return work.session.scalars(query.order_by(Incident.id.desc()).limit(ABOUT_MAX)).all()


def find_incident(work: Work, project: Project, number: int) -> Incident:
    policy.require(work, "incident.read", project.scope)
    found = work.session.scalar(select(Incident).where(Incident.project_id == project.id, Incident.number == number))
    if found is None:
        raise Missing(say("There is no incident {number} here.", number=number))
    return found


def resolve(work: Work, project: Project, number: int) -> Incident:
    """Say that it is over. One that is resolved stays so."""
    policy.require(work, "incident.write", project.scope)
    incident = find_incident(work, project, number)
    if incident.is_open:
        incident.resolved_at, incident.resolved_by = now(), work.actor.name
        record(work, project, incident, IncidentResolved(project=project.id, incident=incident.id, number=number))
    return incident


def write_postmortem(work: Work, project: Project, number: int, words: str) -> Incident:
    policy.require(work, "incident.write", project.scope)
    incident = find_incident(work, project, number)
    words = words.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(words.encode()) > WORDS_BYTES_MAX:
        raise TooLong(say("A postmortem has at most {limit} bytes.", limit=WORDS_BYTES_MAX))
    if words != incident.postmortem:
        incident.postmortem, incident.written_by = words, work.actor.name
        record(work, project, incident, PostmortemWritten(project=project.id, incident=incident.id, number=number))
    return incident


def record(work: Work, project: Project, incident: Incident, event: Event) -> None:
    work.record(
        event, about=[project.scope, incident.ref, f"deployment:{incident.deployment_id}"], within=project.scope
    )


def incident_with(work: Work, incident_id: int) -> tuple[Project, Incident]:
    """The incident with this id, and whose it is."""
    incident = work.session.get_one(Incident, incident_id)
    project = project_of(work, incident.project_id)
    policy.require(work, "incident.read", project.scope)
    return project, incident
