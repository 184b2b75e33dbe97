"""The addresses of incident. Only the house's own assembly comes in here."""

from dure.incident.routes import api, pages
from dure.kit import say
from dure.shell import Place

__all__ = ["handlers", "places"]

handlers = [*pages.handlers, *api.handlers]
places = [Place("incidents", say("Incidents"), "/{project}/incidents", key="n", within="project")]
