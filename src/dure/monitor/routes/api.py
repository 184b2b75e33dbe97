"""Services for programs, under /api/v1: how they fare, their charts and their logs."""

import time
from functools import partial

from litestar import get
from litestar.params import FromPath

from dure.monitor import places_of
from dure.monitor.routes.asked import (
    Cursor,
    Environment,
    Level,
    Lines,
    Minutes,
    Part,
    Step,
    Version,
    Words,
    asking,
    lines_asked,
    look,
    place_at,
    telemetry_of,
)
from dure.monitor.routes.told import chart_told, line_told, services_told
from dure.plan import in_project
from dure.shell import By, Slug, language_of, read, refusals
from dure.wire import ChartInfo, ChartWord, LogList, ServiceList

TAGS = ["services"]
HERE = "/api/v1/projects/{owner:str}/{name:str}"
AWAY = {503: "The store of metrics and logs does not answer at this moment."}


@get(f"{HERE}/services", responses=refusals(), tags=TAGS, summary="Services")
async def services(request: By, owner: Slug, name: Slug) -> ServiceList:
    """Every service by environment, and how its versions did in the last minute."""
    places = await read(request, in_project(owner, name, places_of))
    pulses = telemetry_of(request).pulses(places[0].project.id) if places else []
    return ServiceList(services=services_told(places, pulses))


@get(
    f"{HERE}/services/{{environment:str}}/{{service:str}}/charts/{{what:str}}",
    responses=refusals(422, more=AWAY),
    tags=TAGS,
    summary="A chart",
)
async def chart(
    request: By,
    owner: Slug,
    name: Slug,
    environment: Part,
    service: Part,
    what: FromPath[ChartWord],
    minutes: Minutes = 15,
    step: Step = None,
) -> ChartInfo:
    """What a chart draws: requests a second, percent of errors, or milliseconds, by version; deployments as marks."""
    asked, marks = await look(request, owner, name, environment, service, minutes, step, time.time())
    rates = await asking(partial(telemetry_of(request).rates, asked))
    return chart_told(what, rates, marks, language_of(request))


@get(f"{HERE}/logs/{{service:str}}", responses=refusals(422, more=AWAY), tags=TAGS, summary="A log")
async def logs(
    request: By,
    owner: Slug,
    name: Slug,
    service: Part,
    environment: Environment = "",
    q: Words = "",
    level: Level = "",
    version: Version = "",
    after: Cursor = 0,
    before: Cursor = 0,
    limit: Lines = 200,
) -> LogList:
    """The newest lines of a service, or those after one; in production, if no environment is said."""
    place = await place_at(request, owner, name, environment, service)
    asked = lines_asked(place, service, q=q, level=level, version=version, after=after, before=before, limit=limit)
    rows = await asking(partial(telemetry_of(request).lines, asked))
    return LogList(environment=place.name, service=service, lines=[line_told(row) for row in rows])


handlers = [services, chart, logs]
