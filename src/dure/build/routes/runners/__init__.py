"""Runners and the queue as one meets them: for programs, as pages, and how a new runner gets in.

In: requests. Out: pages and messages. Asks: the verbs of `dure.build.runners`, and what is shown of them.
"""

from dure.build.routes.runners import api, joining, pages, queue

__all__ = ["handlers"]

handlers = [*api.handlers, *joining.handlers, *pages.handlers, *queue.handlers]
