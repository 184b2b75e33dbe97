"""What happened, and how GitHub would tell it to a workflow: `github.event` with the names that workflows expect.

In: rows of our own. Out: plain values that can be kept as JSON.
"""

from dure.build.planning.happened.happened import DISPATCHES, RAISED, Happened, happened_from
from dure.build.planning.happened.payload import commit_told, moment_told, payload_of, person_told, with_messages
from dure.build.planning.happened.run import run_told

__all__ = [
    "DISPATCHES",
    "RAISED",
    "Happened",
    "commit_told",
    "happened_from",
    "moment_told",
    "payload_of",
    "person_told",
    "run_told",
    "with_messages",
]
