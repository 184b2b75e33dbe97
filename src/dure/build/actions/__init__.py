"""Actions that jobs use: found in a project of this house, else among the mirrors kept here, else upstream.

In: `owner/repo@ref`, as a workflow says it, and mirrors that admins keep. Out: a tree under its digest, the same for
the whole run. Asks: code, for repositories of the house; storage, for the bytes; policy, by way of plan.
"""

from dure.build.actions.kept import (
    ActionDropped,
    ActionKept,
    Mirror,
    actions_kept,
    drop_action,
    keep_action,
    mirror_of,
    mirrored,
    note_use,
    packed_tree,
    put_mirror,
    tidy_actions,
)
from dure.build.actions.packing import Tree, from_bytes, from_repository
from dure.build.actions.pinned import Pin, pin_action, pin_of, pinned_actions
from dure.build.actions.upstream import OutOfReach, Upstream
from dure.build.actions.uses import UsesWords, uses_words
from dure.build.actions.wanted import ActionRules, Place, look_for

__all__ = [
    "ActionDropped",
    "ActionKept",
    "ActionRules",
    "Mirror",
    "OutOfReach",
    "Pin",
    "Place",
    "Tree",
    "Upstream",
    "UsesWords",
    "actions_kept",
    "drop_action",
    "from_bytes",
    "from_repository",
    "keep_action",
    "look_for",
    "mirror_of",
    "mirrored",
    "note_use",
    "packed_tree",
    "pin_action",
    "pin_of",
    "pinned_actions",
    "put_mirror",
    "tidy_actions",
    "uses_words",
]
