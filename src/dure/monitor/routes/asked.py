"""What the routes of monitor know of a request: the telemetry, and how it is asked without holding up anybody."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from anyio import to_thread
from litestar.params import PathParameter, QueryParameter

from dure.ledger import Work
from dure.monitor import CountsAsked, LinesAsked, Mark, Place, Telemetry, marks_in, place_of, place_to_read, words_in
from dure.monitor.rates import asked_for
from dure.plan import Project, in_project
from dure.shell import By, read
from dure.wire import LogLevel

T = TypeVar("T")

MINUTES_MAX = 30 * 24 * 60
Part = Annotated[str, PathParameter(min_length=1, max_length=100)]
Minutes = Annotated[int, QueryParameter(ge=1, le=MINUTES_MAX, description="How far back.")]
Step = Annotated[int | None, QueryParameter(ge=1, le=86_400, description="Seconds between two points.")]
Words = Annotated[
    str, QueryParameter(max_length=300, description='Words that stand in the line; "several words" stand together.')
]
Level = Annotated[LogLevel, QueryParameter(description="This serious or more.")]
Environment = Annotated[
    str, QueryParameter(max_length=100, description="In which environment; in production, if it is not said.")
]
Version = Annotated[str, QueryParameter(max_length=100, description="Only what this version wrote.")]
Lines = Annotated[int, QueryParameter(ge=1, le=1000, description="How many lines at most.")]
Cursor = Annotated[int, QueryParameter(ge=0, le=2**53, description="The id of a line.")]


def telemetry_of(request: By) -> Telemetry:
    telemetry = request.app.state["telemetry"]
    assert isinstance(telemetry, Telemetry)
    return telemetry


async def asking(do: Callable[[], T]) -> T:
    """Ask the store, which may take seconds, beside the event loop."""
    return await to_thread.run_sync(do)


async def look(
    request: By, owner: str, name: str, environment: str, service: str, minutes: int, step: int | None, now: float
) -> tuple[CountsAsked, list[Mark]]:
    """What to ask the store for a chart, and what is marked on it."""

    def find(work: Work, project: Project) -> tuple[CountsAsked, list[Mark]]:
        place = place_of(work, project, service=service, environment=environment)
        asked = asked_for(place.key(service), now, minutes, step)
        moments = (datetime.fromtimestamp(second, UTC) for second in (asked.since, asked.until))
        return asked, list(marks_in(work, place, *moments))

    return await read(request, in_project(owner, name, find))


async def place_at(request: By, owner: str, name: str, environment: str, service: str) -> Place:
    """Where the logs are that somebody wants to read."""
    return await read(
        request,
        in_project(
            owner,
            name,
            lambda work, project: place_to_read(work, project, service=service, environment=environment),
        ),
    )


def lines_asked(
    place: Place,
    service: str,
    *,
    q: str = "",
    level: str = "",
    version: str = "",
    after: int = 0,
    before: int = 0,
    limit: int = 200,
) -> LinesAsked:
    return LinesAsked(
        key=place.key(service),
        words=words_in(q),
        level=level,
        version=version,
        after=after,
        before=before,
        limit=limit,
    )
