"""Stand-ins for well-known actions, used where the house has no copy of the action itself.

All their work is done inside the sandbox. Their inputs and outputs are those of the actions they stand in for.
"""

from collections.abc import Callable, Mapping

from dure.runner.job.actions.own.artifacts import download, upload
from dure.runner.job.actions.own.cache import cache, restore, save
from dure.runner.job.actions.own.checkout import checkout
from dure.runner.job.actions.own.setup_node import setup_node
from dure.runner.job.actions.own.setup_python import setup_python
from dure.runner.job.actions.reference import Kept
from dure.runner.job.desk import Desk

__all__ = ["StandIn", "stand_in"]

StandIn = Callable[[Desk, dict[str, str], Mapping[str, str]], dict[str, str]]
KNOWN: dict[str, StandIn] = {
    "actions/checkout": checkout,
    "actions/upload-artifact": upload,
    "actions/download-artifact": download,
    "actions/cache": cache,
    "actions/cache/restore": restore,
    "actions/cache/save": save,
    "actions/setup-node": setup_node,
    "actions/setup-python": setup_python,
}


def stand_in(desk: Desk, kept: Kept) -> StandIn | None:
    """What stands in for this action, unless the house has the action itself."""
    if kept.repository.lower() in (name.lower() for name in desk.scope.order.mirrored):
        return None
    return KNOWN.get(kept.name.lower())
