"""The addresses of release. Only the house's own assembly comes in here."""

from dure.kit import say
from dure.release.routes import api, pages
from dure.release.routes.pages import stages
from dure.shell import Place

__all__ = ["handlers", "places", "stages"]

handlers = [*pages.handlers, *api.handlers]
places = [Place("releases", say("Releases"), "/{project}/releases", key="v", within="project")]
