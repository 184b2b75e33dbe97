"""The addresses of the REST room. Only the house's own assembly comes in here."""

from dure.rest.routes import actions, commits, house, issues, releases, repos

__all__ = ["handlers"]

handlers = [
    *repos.handlers,
    *commits.handlers,
    *issues.handlers,
    *releases.handlers,
    *actions.handlers,
    *house.handlers,
]
