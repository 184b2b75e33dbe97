"""The addresses of the REST room. Only the house's own assembly comes in here."""

from dure.rest.routes import actions, commits, house, issues, releases, repos
from dure.rest.routes.refusing import ways

__all__ = ["handlers", "ways"]

handlers = [
    *repos.handlers,
    *commits.handlers,
    *issues.handlers,
    *releases.handlers,
    *actions.handlers,
    *house.handlers,
]
