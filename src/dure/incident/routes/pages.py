"""The pages of incidents: all of them, and one with its timeline, its suspects and what was learned."""

from functools import partial

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from dure.incident.incident import Incident, incidents_of, resolve, write_postmortem
from dure.incident.postmortem import draft, whole_incident
from dure.kit import say
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Name, Number, go, language_of, markdown, number_in, page, read, read_form, write

HERE = "/{owner:str}/{name:str}/incidents"
ONE = f"{HERE}/{{number:int}}"
PAGE_INCIDENTS = 30


class PostmortemWords(msgspec.Struct):
    words: str


@get(HERE, include_in_schema=False)
async def incidents_page(request: By, owner: Name, name: Name, before: FromQuery[str] = "") -> Response[str]:
    project, found = await read(request, in_project(owner, name, partial(listed, before=number_in(before))))
    older = found[PAGE_INCIDENTS - 1].id if len(found) > PAGE_INCIDENTS else None
    return page(
        request,
        "incident/incidents.html",
        title=say("Incidents"),
        here="incidents",
        project=project,
        incidents=found[:PAGE_INCIDENTS],
        before=before,
        older=older,
    )


@get(f"{HERE}/rows", include_in_schema=False)
async def incidents_rows(request: By, owner: Name, name: Name) -> Response[str]:
    """The newest, for a page that lives."""
    project, found = await read(request, in_project(owner, name, listed))
    return page(request, "incident/rows.html", project=project, incidents=found[:PAGE_INCIDENTS])


def listed(work: Work, project: Project, before: int | None = None) -> tuple[Project, list[Incident]]:
    return project, list(incidents_of(work, project, before=before, limit=PAGE_INCIDENTS + 1))


@get(ONE, include_in_schema=False)
async def incident_page(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    found = await read(request, in_project(owner, name, partial(whole_incident, number=number)))
    words = found.incident.postmortem or draft(found, language_of(request))
    return page(
        request,
        "incident/incident.html",
        title=found.incident.title,
        here="incidents",
        project=found.project,
        found=found,
        incident=found.incident,
        words=words,
        postmortem=markdown(words, heading=3),
    )


@get(f"{ONE}/suspects", include_in_schema=False)
async def suspects(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    """The suspects alone, for a page that was opened before the house had looked."""
    found = await read(request, in_project(owner, name, partial(whole_incident, number=number)))
    return page(request, "incident/suspects.html", project=found.project, found=found)


@post(f"{ONE}/resolve", include_in_schema=False)
async def resolve_incident(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    await write(request, in_project(owner, name, partial(resolve, number=number)))
    return go(request, f"/{owner}/{name}/incidents/{number}", say("Incident {number} is resolved.", number=number))


@post(f"{ONE}/postmortem", include_in_schema=False)
async def postmortem(request: By, owner: Name, name: Name, number: Number) -> Response[str]:
    words = await read_form(request, PostmortemWords)
    await write(request, in_project(owner, name, partial(write_postmortem, number=number, words=words.words)))
    return go(request, f"/{owner}/{name}/incidents/{number}", say("Saved."))


handlers = [incidents_page, incidents_rows, incident_page, suspects, resolve_incident, postmortem]
