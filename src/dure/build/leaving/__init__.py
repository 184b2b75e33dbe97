"""What a run leaves behind: artifacts and test reports as blobs, logs as files.

In: what runners send. Out: lists of it, bytes, and an event for each report. Asks: storage, for the bytes.
"""

from dure.build.leaving.artifact import (
    Artifact,
    Report,
    ReportReceived,
    artifact_of,
    artifacts_of,
    keep_artifact,
    keep_report,
    reports_of,
)
from dure.build.leaving.log import Gap, Logs

__all__ = [
    "Artifact",
    "Gap",
    "Logs",
    "Report",
    "ReportReceived",
    "artifact_of",
    "artifacts_of",
    "keep_artifact",
    "keep_report",
    "reports_of",
]
