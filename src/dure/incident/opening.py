"""How an incident is opened: who is suspected is found out in git and in the logs, then people are told, once."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select

from dure import code, deploy, monitor, plan, release
from dure.incident.incident import LOOKING, OPEN, Incident, IncidentOpened, incident_with, record
from dure.incident.suspect import Candidate, Ranked, files_named, rank, suspects_for
from dure.kit import Refused
from dure.ledger import Move, Phases, Turn, Work
from dure.plan import Project

LABEL = "incident"
CANDIDATES_MAX = 200
PATHS_MAX = 2000
ISSUE_SUSPECTS = 3

LINES_MAX = 50
"""Of the errors of each service; the newest."""


@dataclass(frozen=True)
class Trail:
    """Where to look: what came with the version that went wrong, and which services ran it."""

    repository: int
    shas: Sequence[str]
    services: Sequence[monitor.ServiceKey]


@dataclass(frozen=True)
class Opening:
    """The machine of incidents, with what it looks into."""

    repositories: code.Repositories
    telemetry: monitor.Telemetry

    def phases(self) -> Phases[Incident]:
        return Phases(Incident, {LOOKING: self.look})

    def look(self, turn: Turn[Incident]) -> Move[Incident]:
        incident = turn.row
        trail = turn.read(lambda work: trail_of(work, incident))
        named = files_named(self.complaints(incident, trail.services))
        ranked = rank(self.candidates(trail.repository, trail.shas), incident.service, named)
        return Move(OPEN, write=partial(tell, ranked))

    def complaints(self, incident: Incident, services: Sequence[monitor.ServiceKey]) -> list[str]:
        """The errors in the logs of this version. Without telemetry there are only fewer reasons."""
        found: list[str] = []
        with suppress(Refused, monitor.Refusing):
            for key in services:
                asked = monitor.LinesAsked(key=key, level="error", version=incident.version, limit=LINES_MAX)
                found += [line.body for line in self.telemetry.lines(asked)]
        return found

    def candidates(self, repository: int, shas: Sequence[str]) -> list[Candidate]:
        found = []
        for sha in shas[-CANDIDATES_MAX:]:
            told = self.repositories.commit(repository, sha)
            if told is not None:
                before = told.parents[0] if told.parents else None
                paths = self.repositories.changed_paths(repository, before, sha) or []
                found.append(Candidate(sha, told.title, told.author_name, paths[:PATHS_MAX]))
        return found


def trail_of(work: Work, incident: Incident) -> Trail:
    wrong = release.release_with(work, incident.release_id)
    environment = deploy.deployment_of(work, incident.deployment_id).environment_id
    names = work.session.scalars(select(deploy.Service.name).where(deploy.Service.environment_id == environment))
    return Trail(
        wrong.repository_id,
        release.commits_of(work, wrong) or [wrong.sha],
        [monitor.ServiceKey(incident.project_id, environment, name) for name in names],
    )


def tell(ranked: Sequence[Ranked], work: Work, row: Incident) -> None:
    """The suspects, an issue that somebody can take up, and the entry in the ledger."""
    project, incident = incident_with(work, row.id)
    work.session.add_all(suspects_for(incident.id, ranked))
    issue = plan.open_issue(
        work, project, title=title(incident), body=in_markdown(project, incident, ranked), labels=[label(work, project)]
    )
    incident.issue_number = issue.number
    opened = IncidentOpened(
        project=project.id,
        incident=incident.id,
        number=incident.number,
        deployment=incident.deployment_id,
        version=incident.version,
        environment=incident.environment,
        suspect=ranked[0].candidate.sha if ranked else None,
        issue=issue.number,
    )
    record(work, project, incident, opened)


def title(incident: Incident) -> str:
    return f"Find out why {incident.version} went wrong in {incident.environment}"


def label(work: Work, project: Project) -> str:
    """The label of incidents, made with the first of them."""
    if LABEL not in {known.key for known in plan.labels_of(work, project)}:
        plan.make_label(work, project, name=LABEL, colour="red", description="Something went wrong in production.")
    return LABEL


def in_markdown(project: Project, incident: Incident, ranked: Sequence[Ranked]) -> str:
    home = f"/{project.path}"
    links = [
        f"[Incident {incident.number}]({home}/incidents/{incident.number})",
        f"[deployment {incident.deployment_number}]({home}/deployments/{incident.deployment_number})",
        f"[release {incident.version}]({home}/releases/{incident.version})",
    ]
    lines = [f"**{incident.title}**: {incident.why}", "", " · ".join(links)]
    if ranked:
        lines += ["", "Suspected commits, the likeliest first:", ""]
    for one in ranked[:ISSUE_SUSPECTS]:
        sha = one.candidate.sha
        reasons = " ".join(str(reason.words) for reason in one.reasons)
        lines.append(f"- [`{sha[:10]}`]({home}/code/commit/{sha}) {one.candidate.title}: {reasons}")
    return "\n".join(lines)
