"""What jobs ask for and leave by way of their runners: actions, caches, artifacts, reports, a word on who they are."""

from dure.build.runners.supplies.actions import action_for, keep_for_job, pinned_for
from dure.build.runners.supplies.caches import (
    cache_to_fetch,
    cache_to_keep,
    cache_wanted,
    note_cache_wanted,
    own_cache_of,
)
from dure.build.runners.supplies.hand_in import (
    artifact_cards,
    artifact_for,
    artifacts_for,
    hand_in_artifact,
    hand_in_report,
    take_back_artifact,
)
from dure.build.runners.supplies.identity import identity_of

__all__ = [
    "action_for",
    "artifact_cards",
    "artifact_for",
    "artifacts_for",
    "cache_to_fetch",
    "cache_to_keep",
    "cache_wanted",
    "hand_in_artifact",
    "hand_in_report",
    "identity_of",
    "keep_for_job",
    "note_cache_wanted",
    "own_cache_of",
    "pinned_for",
    "take_back_artifact",
]
