"""From something that happened to runs: which workflows a commit has, which of them begin, and with what.

In: pushes, and people who begin a workflow by hand. Out: runs with their jobs. Asks: code for the files, outside of any
transaction; policy.
"""

from dure.build.planning.by_hand import (
    CannotBegin,
    Offer,
    Place,
    begin_by_hand,
    offer_named,
    offers_at,
    place_of,
)
from dure.build.planning.planning import Planning, begin_planning, plannings
from dure.build.planning.reading import Reading, read_workflows
from dure.build.planning.starting import Cause, start_runs

__all__ = [
    "CannotBegin",
    "Cause",
    "Offer",
    "Place",
    "Planning",
    "Reading",
    "begin_by_hand",
    "begin_planning",
    "offer_named",
    "offers_at",
    "place_of",
    "plannings",
    "read_workflows",
    "start_runs",
]
