"""The house's side of the runners: who they are, which job each gets, what they report, and when one counts as lost.

In: claims, reports and signs of life. Out: orders, and what happened to jobs. Asks: the vault, for the secrets that a
job names. The messages are those of `dure.wire.runner`.
"""

from dure.build.runners.actions_for import action_for, keep_for_job, pinned_for
from dure.build.runners.claim import Desk, claim, outlook
from dure.build.runners.drain import RunnerDrained, RunnerResumed, drain, end_ephemeral, resume
from dure.build.runners.hand_in import artifact_for, artifacts_for, hand_in_artifact, hand_in_report
from dure.build.runners.invitation import (
    Invitation,
    Invited,
    RunnerJoined,
    RunnersInvited,
    forget_invitations,
    invite,
    join,
)
from dure.build.runners.mine import Holding, NotYours, Theirs, held_job, orders_for
from dure.build.runners.report import Missed, note_lease, report, sign_of_life, taken
from dure.build.runners.runner import (
    LOCAL,
    Runner,
    RunnerEnded,
    RunnerOver,
    end_runner,
    is_due_for_note,
    known_runner,
    leave,
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
    "Invitation",
    "Invited",
    "Missed",
    "NotYours",
    "Runner",
    "RunnerDrained",
    "RunnerEnded",
    "RunnerJoined",
    "RunnerOver",
    "RunnerResumed",
    "RunnersInvited",
    "Theirs",
    "Watch",
    "action_for",
    "artifact_for",
    "artifacts_for",
    "claim",
    "drain",
    "end_ephemeral",
    "end_runner",
    "forget_invitations",
    "hand_in_artifact",
    "hand_in_report",
    "held_job",
    "invite",
    "is_due_for_note",
    "join",
    "keep_for_job",
    "known_runner",
    "leave",
    "local_runner",
    "make_runner",
    "note_lease",
    "note_life",
    "orders_for",
    "outlook",
    "pinned_for",
    "register",
    "registration_of",
    "report",
    "resume",
    "runners_of",
    "sign_of_life",
    "taken",
    "watches",
]
