"""Incidents for programs, under /api/v1."""

from functools import partial
from typing import Annotated

from litestar import get, post, put
from litestar.params import JSONBody, QueryParameter

from dure.incident.incident import Incident, incidents_of, resolve, write_postmortem
from dure.incident.postmortem import Whole, draft, whole_incident
from dure.incident.suspect import Suspect, suspects_of
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Limit, Number, Slug, language_of, read, refusals, write
from dure.wire import IncidentDetail, IncidentInfo, IncidentList, NewPostmortem, SuspectInfo

TAGS = ["incidents"]
HERE = "/api/v1/projects/{owner:str}/{name:str}/incidents"
ONE = f"{HERE}/{{number:int}}"
Before = Annotated[int | None, QueryParameter(ge=1, le=2**53, description="The id before which to go on.")]
OnlyOpen = Annotated[bool, QueryParameter(description="Only those that are not resolved.")]


@get(HERE, responses=refusals(422), tags=TAGS, summary="Incidents")
async def incidents(
    request: By, owner: Slug, name: Slug, only_open: OnlyOpen = False, before: Before = None, limit: Limit = 30
) -> IncidentList:
    """The newest first."""

    def find(work: Work, project: Project) -> IncidentList:
        found = incidents_of(work, project, only_open=only_open, before=before, limit=limit)
        language = language_of(request)
        return IncidentList(incidents=[told(work, project, incident, language) for incident in found])

    return await read(request, in_project(owner, name, find))


@get(ONE, responses=refusals(), tags=TAGS, summary="An incident")
async def incident(request: By, owner: Slug, name: Slug, number: Number) -> IncidentDetail:
    """With its suspects and its postmortem."""
    return await read(request, in_project(owner, name, partial(shown, number=number, language=language_of(request))))


@post(f"{ONE}/resolution", responses=refusals(), tags=TAGS, summary="Resolve an incident")
async def resolution(request: By, owner: Slug, name: Slug, number: Number) -> IncidentDetail:
    """One that is resolved stays so."""
    await write(request, in_project(owner, name, partial(resolve, number=number)))
    return await read(request, in_project(owner, name, partial(shown, number=number, language=language_of(request))))


@put(f"{ONE}/postmortem", responses=refusals(409, 422), tags=TAGS, summary="Write the postmortem")
async def postmortem(
    request: By, owner: Slug, name: Slug, number: Number, data: JSONBody[NewPostmortem]
) -> IncidentDetail:
    await write(request, in_project(owner, name, partial(write_postmortem, number=number, words=data.words)))
    return await read(request, in_project(owner, name, partial(shown, number=number, language=language_of(request))))


def shown(work: Work, project: Project, number: int, language: str) -> IncidentDetail:
    return wholly_told(work, whole_incident(work, project, number), language)


# open: it is told what its caller was let in to.
def told(work: Work, project: Project, incident: Incident, language: str) -> IncidentInfo:
    suspects = suspects_of(work, incident.id)
    return IncidentInfo(
        number=incident.number,
        title=incident.title.into(language),
        state="open" if incident.is_open else "resolved",
        kind=incident.kind,
        environment=incident.environment,
        service=incident.service,
        version=incident.version,
        back_to=incident.back_to,
        sha=incident.sha,
        why=incident.why,
        deployment=incident.deployment_number,
        issue=incident.issue_number,
        suspect=suspects[0].sha if suspects else None,
        opened_at=incident.opened_at,
        resolved_at=incident.resolved_at,
        url=f"/{project.path}/incidents/{incident.number}",
    )


# open: it is told what its caller was let in to.
def wholly_told(work: Work, whole: Whole, language: str) -> IncidentDetail:
    info = told(work, whole.project, whole.incident, language)
    return IncidentDetail(
        **{field: getattr(info, field) for field in info.__struct_fields__},
        suspects=[suspect_told(suspect, language) for suspect in whole.suspects],
        postmortem=whole.incident.postmortem or draft(whole, language),
        is_draft=not whole.incident.postmortem,
    )


def suspect_told(suspect: Suspect, language: str) -> SuspectInfo:
    return SuspectInfo(
        sha=suspect.sha,
        title=suspect.title,
        author=suspect.author,
        score=suspect.score,
        reasons=[reason.into(language) for reason in suspect.reasons],
    )


handlers = [incidents, incident, resolution, postmortem]
