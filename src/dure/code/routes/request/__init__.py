"""The addresses of merge requests, of what is said of them, of queues and of protected branches."""

from dure.code.routes.request import api, api_queue, api_talk, pages, protection, talk

__all__ = ["handlers"]

handlers = [
    *pages.handlers,
    *talk.handlers,
    *protection.handlers,
    *api.handlers,
    *api_queue.handlers,
    *api_talk.handlers,
]
