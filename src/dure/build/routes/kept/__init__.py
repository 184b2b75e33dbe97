"""What a project keeps for its jobs: secrets, variables, and which environments want a yes."""

from dure.build.routes.kept import environments, pages, results, variables

__all__ = ["handlers"]

handlers = [*pages.handlers, *variables.handlers, *environments.handlers, *results.handlers]
