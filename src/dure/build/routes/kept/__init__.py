"""What a project keeps for its jobs, for programs: variables, and which environments want a yes."""

from dure.build.routes.kept import environments, variables

__all__ = ["handlers"]

handlers = [*variables.handlers, *environments.handlers]
