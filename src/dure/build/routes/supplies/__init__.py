"""What jobs are supplied with by way of their runners, and how people look after it: actions."""

from dure.build.routes.supplies import actions, api_actions

__all__ = ["handlers"]

handlers = [*actions.handlers, *api_actions.handlers]
