"""The addresses of what happened: told from outside, and asked why workflows began by it or did not.

In: dispatches. Out: verdicts, for people and for programs.
"""

from dure.build.routes.happened import api, pages
from dure.build.routes.happened.pages import panels

__all__ = ["handlers", "panels"]

handlers = [*api.handlers, *pages.handlers]
