"""The house's side of the runners: who they are, which job each gets, what they report, and when one counts as lost.

In: claims, reports and signs of life. Out: orders, and what happened to jobs. Asks: the vault, for the secrets that a
job names. The messages are those of `dure.wire.runner`.
"""

from dure.build.runners.actions_for import action_for, keep_for_job, pinned_for
from dure.build.runners.claim import Desk, claim, has_work
from dure.build.runners.hand_in import artifact_for, artifacts_for, hand_in_artifact, hand_in_report
from dure.build.runners.mine import Holding, NotYours, Theirs, held_job, orders_for
from dure.build.runners.report import Missed, note_lease, report, sign_of_life, taken
from dure.build.runners.runner import (
    LOCAL,
    Runner,
    end_runner,
    is_due_for_note,
    known_runner,
    local_runner,
    make_runner,
    note_life,
    register,
    registration_of,
    runners_of,
)
from dure.build.runners.watch import LEASE_SECONDS, Watch, watches

__all__ = [
    "LEASE_SECONDS",
    "LOCAL",
    "Desk",
    "Holding",
    "Missed",
    "NotYours",
    "Runner",
    "Theirs",
    "Watch",
    "action_for",
    "artifact_for",
    "artifacts_for",
    "claim",
    "end_runner",
    "hand_in_artifact",
    "hand_in_report",
    "has_work",
    "held_job",
    "is_due_for_note",
    "keep_for_job",
    "known_runner",
    "local_runner",
    "make_runner",
    "note_lease",
    "note_life",
    "orders_for",
    "pinned_for",
    "register",
    "registration_of",
    "report",
    "runners_of",
    "sign_of_life",
    "taken",
    "watches",
]
