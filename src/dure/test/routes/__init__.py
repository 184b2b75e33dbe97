"""The addresses of test. Only the house's own assembly comes in here."""

from dure.kit import say
from dure.shell import Place
from dure.test.routes import api, pages
from dure.test.routes.pages import panels, stages

__all__ = ["handlers", "panels", "places", "stages"]

handlers = [*pages.handlers, *api.handlers]
places = [Place("tests", say("Tests"), "/{project}/tests", key="t", within="project")]
