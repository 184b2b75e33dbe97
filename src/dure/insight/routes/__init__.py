"""The addresses of insight. Only the house's own assembly comes in here."""

from dure.insight.routes import api, pages
from dure.insight.routes.pages import panels
from dure.kit import say
from dure.shell import Place

__all__ = ["handlers", "panels", "places"]

handlers = [*pages.handlers, *api.handlers]
places = [Place("insight", say("Insight"), "/{project}/insight", key="x", within="project")]
