"""The addresses of monitor. Only the house's own assembly comes in here."""

from markupsafe import Markup

from dure.deploy import Environment
from dure.kit import say
from dure.monitor.routes import api, pages
from dure.monitor.routes.stage import stages
from dure.plan import Project
from dure.shell import By, Draw, Place, language_of

__all__ = ["handlers", "panels", "places", "stages"]

handlers = [*pages.handlers, *api.handlers]

places = [Place("services", say("Services"), "/{project}/services", key="w", within="project")]


def draw_service(request: By, **known: object) -> Markup:
    """Beside the address of a service: the way to its charts and its log."""
    project, environment = known["project"], known["environment"]
    assert isinstance(project, Project)
    assert isinstance(environment, Environment)
    url = f"/{project.path}/services/{environment.name}/{known['service']}"
    return Markup('<a class="soft" href="{}">{}</a>').format(url, say("Charts and log").into(language_of(request)))


panels: list[tuple[str, Draw]] = [("deploy/service", draw_service)]
