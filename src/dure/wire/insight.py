"""What is said of how a team delivers, and of where a change is."""

from datetime import datetime

from msgspec import Struct


class SpreadInfo(Struct, kw_only=True):
    """Seconds: the median and the ninetieth percentile of so many."""

    count: int
    median_seconds: float | None
    p90_seconds: float | None


class ShareInfo(Struct, kw_only=True):
    """So many of so many."""

    part: int
    whole: int
    ratio: float | None


class DeliveryInfo(Struct, kw_only=True):
    """One deployment that got traffic of production."""

    number: int
    version: str
    traffic_at: datetime
    live_at: datetime | None
    recovered_at: datetime | None
    failed: bool
    unplanned: bool
    commits: int
    url: str


class LeadTimeInfo(Struct, kw_only=True):
    sha: str
    deployment: int
    seconds: float
    authored_seconds: float


class DoraInfo(Struct, kw_only=True):
    """The five metrics, each with the list it was made from."""

    since: datetime
    until: datetime
    lead_time: SpreadInfo
    """From the moment a commit was received to the moment it was live in production."""
    authored_lead_time: SpreadInfo
    """The same, from the moment it was written."""
    deployments_per_day: float
    seconds_between_deployments: float | None
    recovery: SpreadInfo
    """From the first traffic to a version that failed to the moment people were served well again."""
    change_fail: ShareInfo
    rework: ShareInfo
    deployments: list[DeliveryInfo]
    lead_times: list[LeadTimeInfo]
    definitions: dict[str, str]
    """How each number is made, in words."""


class ChangeInfo(Struct, kw_only=True):
    """A change, and where it is."""

    sha: str
    title: str
    author: str
    branch: str
    issues: list[int]
    stage: str
    state: str
    words: str
    since: datetime
    version: str | None
    is_live: bool
    url: str


class ChangeList(Struct, kw_only=True):
    changes: list[ChangeInfo]
