"""The addresses of deploy. Only the house's own assembly comes in here."""

from dure.deploy.routes import api, pages
from dure.deploy.routes.pages import stages
from dure.deploy.routes.panels import handlers as panel_handlers
from dure.deploy.routes.panels import panels
from dure.kit import say
from dure.shell import Place

__all__ = ["handlers", "panels", "places", "stages"]

handlers = [*pages.handlers, *panel_handlers, *api.handlers]
places = [
    Place("deployments", say("Deployments"), "/{project}/deployments", key="d", within="project"),
    Place("environments", say("Environments"), "/{project}/environments", key="u", within="project"),
]
