"""The addresses of the REST room. Only the house's own assembly comes in here."""

# tidy: one module for each kind of thing that GitHub's API has
from dure.rest.routes import (
    actions,
    checks,
    commits,
    comparing,
    deployments,
    dispatches,
    house,
    issues,
    merging,
    pulls,
    releases,
    repos,
)
from dure.rest.routes.refusing import ways

__all__ = ["handlers", "ways"]

handlers = [
    *repos.handlers,
    *commits.handlers,
    *checks.handlers,
    *comparing.handlers,
    *issues.handlers,
    *pulls.handlers,
    *merging.handlers,
    *releases.handlers,
    *actions.handlers,
    *deployments.handlers,
    *dispatches.handlers,
    *house.handlers,
]
