"""What jobs are supplied with by way of their runners, and how people look after it: actions, artifacts,
caches, and a word that says who they are."""

from dure.build.routes.supplies import actions, api_actions, api_caches, artifacts, caches, identity, pages

__all__ = ["handlers"]

handlers = [
    *actions.handlers,
    *artifacts.handlers,
    *caches.handlers,
    *identity.handlers,
    *api_actions.handlers,
    *api_caches.handlers,
    *pages.handlers,
]
