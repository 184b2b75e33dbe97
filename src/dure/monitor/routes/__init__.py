"""The addresses of monitor. Only the house's own assembly comes in here."""

from dure.kit import say
from dure.monitor.routes import api, pages
from dure.monitor.routes.stage import stages
from dure.shell import Place

__all__ = ["handlers", "places", "stages"]

handlers = [*pages.handlers, *api.handlers]

places = [Place("services", say("Services"), "/{project}/services", key="w", within="project")]
