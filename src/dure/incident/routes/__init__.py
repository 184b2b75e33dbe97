"""The addresses of incident. Only the house's own assembly comes in here."""

from dure.incident.routes import api, pages
from dure.incident.routes.panels import handlers as panel_handlers
from dure.incident.routes.panels import panels
from dure.kit import say
from dure.shell import Place

__all__ = ["handlers", "panels", "places"]

handlers = [*pages.handlers, *panel_handlers, *api.handlers]
places = [Place("incidents", say("Incidents"), "/{project}/incidents", key="n", within="project")]
