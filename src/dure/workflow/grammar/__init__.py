"""The grammar of workflow files as data, and whether a file fits it.

In: a tree with places. Out: notes of what does not fit, in GitHub's words. It knows nothing of what the parts mean.
"""

from dure.workflow.grammar.check import check, plain_words
from dure.workflow.grammar.notes import Enough, Notes, in_order, meant
from dure.workflow.grammar.shape import Entries, Place
from dure.workflow.grammar.workflow_file import WORKFLOW

__all__ = [
    "WORKFLOW",
    "Enough",
    "Entries",
    "Notes",
    "Place",
    "check",
    "in_order",
    "meant",
    "plain_words",
]
