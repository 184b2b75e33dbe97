"""The addresses of code. Only the house's own assembly comes in here."""

from markupsafe import Markup

from dure.code.routes import api, pages, request, transport
from dure.code.routes.asked import Asked
from dure.code.routes.stage import stages
from dure.kit import say
from dure.plan import Issue, Project
from dure.shell import Draw, Place

__all__ = ["handlers", "panels", "places", "stages"]

handlers = [*transport.handlers, *pages.handlers, *request.handlers, *api.handlers]

places = [
    Place("code", say("Code"), "/{project}/code", key="o", within="project"),
    Place("requests", say("Merge requests"), "/{project}/requests", key="b", within="project"),
]


def draw_fixing(request: Asked, **known: object) -> Markup:  # noqa: ARG001 - as all panels
    """On an issue's page: the commits that say they fix it."""
    project, issue = known["project"], known["issue"]
    assert isinstance(project, Project)
    assert isinstance(issue, Issue)
    url = f"/{project.path}/code/fixing/{issue.number}"
    return Markup(
        '<dure-live about="{}" fragment="{}" hx-get="{}" hx-trigger="load" hx-swap="innerHTML"></dure-live>'
    ).format(issue.ref, url, url)


panels: list[tuple[str, Draw]] = [("plan/issue", draw_fixing)]
