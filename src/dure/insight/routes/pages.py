"""The page of how a team delivers, and the changes in flight on the page of a project."""

from functools import partial

from litestar import Response, get
from litestar.params import FromQuery
from markupsafe import Markup

from dure.insight.change import Change, changes_in_flight
from dure.insight.definitions import DEFINITIONS, EDITION, NAMES, in_words, share_in_words
from dure.insight.dora import Dora
from dure.insight.measured import DAYS, DAYS_MAX, dora_of
from dure.kit import say
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Draw, Name, labels, page, read

HERE = "/{owner:str}/{name:str}"
SPANS = (7, 30, 90, 365)
LISTED_MAX = 200
IN_FLIGHT = Markup(
    '<dure-live about="{about}" fragment="{url}">'
    '<div hx-get="{url}" hx-trigger="load" hx-swap="outerHTML"></div></dure-live>'
)


@get(f"{HERE}/insight", include_in_schema=False)
async def insight_page(request: By, owner: Name, name: Name, days: FromQuery[str] = str(DAYS)) -> Response[str]:
    span = min(max(int(days), 1), DAYS_MAX) if days.isascii() and days.isdigit() and len(days) < 5 else DAYS
    project, found = await read(request, in_project(owner, name, partial(measured, days=span)))
    return page(
        request,
        "insight/insight.html",
        title=say("Insight"),
        here="insight",
        project=project,
        found=found,
        days=span,
        spans=SPANS,
        names=NAMES,
        definitions=DEFINITIONS,
        edition=EDITION,
        in_words=in_words,
        share_in_words=share_in_words,
        listed_max=LISTED_MAX,
    )


def measured(work: Work, project: Project, days: int) -> tuple[Project, Dora]:
    return project, dora_of(work, project, days=days)


@get(f"{HERE}/changes", include_in_schema=False)
async def changes(request: By, owner: Name, name: Name) -> Response[str]:
    """Every change in flight, for a page that lives."""
    project, found = await read(request, in_project(owner, name, in_flight))
    return page(request, "insight/changes.html", project=project, changes=found, stage_names=labels())


def in_flight(work: Work, project: Project) -> tuple[Project, list[Change]]:
    return project, changes_in_flight(work, project)


def draw_changes(request: By, **known: object) -> Markup:  # noqa: ARG001 - as all panels
    project = known["project"]
    assert isinstance(project, Project)
    return IN_FLIGHT.format(about=project.scope, url=f"/{project.path}/changes")


panels: list[tuple[str, Draw]] = [("plan/project", draw_changes)]
handlers = [insight_page, changes]
