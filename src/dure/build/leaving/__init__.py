"""What a run leaves behind: artifacts, caches and test reports as blobs, logs as files.

In: what runners send. Out: lists of it, bytes, and an event for each report. Asks: storage, for the bytes.
"""

from dure.build.leaving.artifact import (
    ZIP,
    Artifact,
    ArtifactDropped,
    Left,
    Report,
    ReportReceived,
    artifact_in,
    artifact_of,
    artifacts_in,
    artifacts_of,
    drop_artifact,
    drop_expired,
    keep_artifact,
    keep_report,
    remove_artifact,
    reports_of,
)
from dure.build.leaving.cache import (
    Cache,
    CacheDropped,
    Kept,
    TooLarge,
    cache_for,
    caches_of,
    caches_weigh,
    drop_cache,
    drop_unused,
    find_cache,
    keep_cache,
    note_cache_use,
    own_cache,
)
from dure.build.leaving.log import Gap, Logs
from dure.build.leaving.scope import Scopes, is_from_fork, scopes_of_run
from dure.build.leaving.zipped import zipped_logs

__all__ = [
    "ZIP",
    "Artifact",
    "ArtifactDropped",
    "Cache",
    "CacheDropped",
    "Gap",
    "Kept",
    "Left",
    "Logs",
    "Report",
    "ReportReceived",
    "Scopes",
    "TooLarge",
    "artifact_in",
    "artifact_of",
    "artifacts_in",
    "artifacts_of",
    "cache_for",
    "caches_of",
    "caches_weigh",
    "drop_artifact",
    "drop_cache",
    "drop_expired",
    "drop_unused",
    "find_cache",
    "is_from_fork",
    "keep_artifact",
    "keep_cache",
    "keep_report",
    "note_cache_use",
    "own_cache",
    "remove_artifact",
    "reports_of",
    "scopes_of_run",
    "zipped_logs",
]
