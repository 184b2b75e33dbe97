"""From something that happened to runs: which workflows a commit has, which of them begin, and with what.

In: whatever happens (`raise_event`), the clock, and people who begin a workflow by hand. Out: runs with their jobs, and
for each workflow why it began or did not. Asks: code for the files, outside of any transaction; policy.
"""

from dure.build.planning.beginning import tell_followers
from dure.build.planning.by_hand import (
    CannotBegin,
    Offer,
    Place,
    begin_by_hand,
    environments_in,
    offer_named,
    offers_at,
    place_of,
    ready_to_begin,
)
from dure.build.planning.calling import Shelf, callable_repository
from dure.build.planning.deciding import plannings
from dure.build.planning.dispatch import Dispatched, dispatch
from dure.build.planning.happened import Happened, moment_told
from dure.build.planning.planning import (
    Judged,
    Planning,
    end_plannings,
    forget_plannings,
    is_heard,
    raise_event,
    tags_pushed,
    verdicts_of,
)
from dure.build.planning.reading import Reading, read_workflows
from dure.build.planning.schedule import Schedule, look_again, schedules
from dure.build.planning.starting import Cause, start_runs

__all__ = [
    "CannotBegin",
    "Cause",
    "Dispatched",
    "Happened",
    "Judged",
    "Offer",
    "Place",
    "Planning",
    "Reading",
    "Schedule",
    "Shelf",
    "begin_by_hand",
    "callable_repository",
    "dispatch",
    "end_plannings",
    "environments_in",
    "forget_plannings",
    "is_heard",
    "look_again",
    "moment_told",
    "offer_named",
    "offers_at",
    "place_of",
    "plannings",
    "raise_event",
    "read_workflows",
    "ready_to_begin",
    "schedules",
    "start_runs",
    "tags_pushed",
    "tell_followers",
    "verdicts_of",
]
