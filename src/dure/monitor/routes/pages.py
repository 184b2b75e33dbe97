"""The pages of services: all of them by environment, and each with its charts and its log, live."""

from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromQuery

from dure.kit import Refused, Text, say
from dure.ledger import Work
from dure.monitor import LEVELS, Away, LogRow, Place, Refusing, places_of
from dure.monitor.known import place_of
from dure.monitor.routes.asked import asking, lines_asked, place_at, telemetry_of
from dure.monitor.routes.told import services_told
from dure.plan import Project, in_project
from dure.policy import may
from dure.shell import By, Name, number_in, page, read
from dure.wire import ServiceInfo

HERE = "/{owner:str}/{name:str}/services"
WINDOWS = {
    15: say("15 minutes"),
    60: say("1 hour"),
    6 * 60: say("6 hours"),
    24 * 60: say("1 day"),
    7 * 24 * 60: say("7 days"),
    30 * 24 * 60: say("30 days"),
}
LIVE_MINUTES_MAX = 60
LINES_SHOWN = 200
LEVEL_WORDS: dict[str, Text] = {
    "debug": say("debug"),
    "info": say("info"),
    "warning": say("warning"),
    "error": say("error"),
}


async def found(request: By, owner: str, name: str) -> tuple[Project, list[tuple[Place, list[ServiceInfo]]]]:
    def find(work: Work, project: Project) -> tuple[Project, list[Place]]:
        return project, list(places_of(work, project))

    project, places = await read(request, in_project(owner, name, find))
    pulses = telemetry_of(request).pulses(project.id)
    told = services_told(places, pulses)
    return project, [(place, [one for one in told if one.environment == place.name]) for place in places]


@get(HERE, include_in_schema=False)
async def services(request: By, owner: Name, name: Name) -> Response[str]:
    project, places = await found(request, owner, name)
    return page(
        request,
        "monitor/overview.html",
        title=say("Services"),
        here="services",
        project=project,
        environments=places,
        standing=telemetry_of(request).standing(),
        spark=spark_for(request, project),
    )


@get(f"{HERE}/rows", include_in_schema=False)
async def rows(request: By, owner: Name, name: Name) -> Response[str]:
    """The numbers alone, for a page that lives."""
    project, places = await found(request, owner, name)
    return page(
        request,
        "monitor/rows.html",
        project=project,
        environments=places,
        standing=telemetry_of(request).standing(),
        spark=spark_for(request, project),
    )


class Sparks:
    """The requests of each second of the last minute, as a line 60 wide and 16 high."""

    def __init__(self, request: By, project: Project) -> None:
        pulses = telemetry_of(request).pulses(project.id)
        self.seconds = {
            (pulse.key.environment, pulse.key.service, pulse.version): pulse.each_second for pulse in pulses
        }

    def __call__(self, place: Place, service: str, version: str) -> str:
        values = self.seconds.get((place.id, service, version), ())
        highest = max(values, default=0)
        return " ".join(f"{x},{15 - 14 * value / highest:.1f}" for x, value in enumerate(values)) if highest else ""


def spark_for(request: By, project: Project) -> Sparks:
    return Sparks(request, project)


@get(f"{HERE}/{{environment:str}}/{{service:str}}", include_in_schema=False)
async def service_page(
    request: By,
    owner: Name,
    name: Name,
    environment: Name,
    service: Name,
    minutes: FromQuery[str] = "",
    q: FromQuery[str] = "",
    level: FromQuery[str] = "",
    version: FromQuery[str] = "",
) -> Response[str]:
    def find(work: Work, project: Project) -> tuple[Place, bool]:
        place = place_of(work, project, service=service, environment=environment)
        return place, may(work, "monitor.read_logs", project.scope)

    place, may_read = await read(request, in_project(owner, name, find))
    shown = int(minutes) if minutes.isascii() and minutes.isdigit() and len(minutes) < 6 else 15
    shown = shown if shown in WINDOWS else 15
    words = {"q": q[:300], "level": level if level in LEVELS else "", "version": version[:100]}
    lines = Found() if not may_read else await lines_found(request, place, service, words)
    return page(
        request,
        "monitor/closeup.html",
        title=service,
        here="services",
        project=place.project,
        place=place,
        service=service,
        minutes=shown,
        windows=WINDOWS,
        every=2 if shown <= LIVE_MINUTES_MAX else 30,
        may_read=may_read,
        words=words,
        asked=urlencode({name: word for name, word in words.items() if word}),
        levels=LEVEL_WORDS,
        lines=lines,
        standing=telemetry_of(request).standing(),
    )


@get(f"{HERE}/{{environment:str}}/{{service:str}}/lines", include_in_schema=False)
async def more_lines(
    request: By,
    owner: Name,
    name: Name,
    environment: Name,
    service: Name,
    q: FromQuery[str] = "",
    level: FromQuery[str] = "",
    version: FromQuery[str] = "",
    after: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[str]:
    """Lines alone, for a page that follows. 503 while the store is away: the page tries again by itself."""
    place = await place_at(request, owner, name, environment, service)
    words = {"q": q[:300], "level": level if level in LEVELS else "", "version": version[:100]}
    lines = await lines_found(
        request, place, service, words, after=number_in(after) or 0, before=number_in(before) or 0
    )
    return page(request, "monitor/lines.html", status=503 if lines.is_away else 200, lines=lines)


class Found:
    """Lines for a page, or why there are none."""

    def __init__(self, rows: list[LogRow] | None = None, trouble: Text | None = None, *, is_away: bool = False) -> None:
        self.trouble, self.is_away = trouble, is_away
        self.rows = [(row, datetime.fromtimestamp(row.ts, UTC)) for row in rows or ()]

    @property
    def last(self) -> int:
        return self.rows[-1][0].id if self.rows else 0

    @property
    def first(self) -> int:
        return self.rows[0][0].id if self.rows else 0

    @property
    def has_older(self) -> bool:
        return len(self.rows) >= LINES_SHOWN


async def lines_found(
    request: By, place: Place, service: str, words: dict[str, str], after: int = 0, before: int = 0
) -> Found:
    """What the page of a service shows must not keep it from showing the rest."""
    try:
        asked = lines_asked(place, service, **words, after=after, before=before, limit=LINES_SHOWN)
        return Found(await asking(partial(telemetry_of(request).lines, asked)))
    except Away as away:
        return Found(trouble=away.text, is_away=True)
    except Refused as refused:
        return Found(trouble=refused.text)
    except Refusing:
        return Found(trouble=say("This search cannot be done."))


handlers = [services, rows, service_page, more_lines]
