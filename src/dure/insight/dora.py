"""The five metrics of software delivery (DORA, dora.dev), each a number that opens the list it was made from.

Nothing is counted up along the way. The numbers are computed anew from deployments, commits and incidents whenever
somebody looks, so that a definition can be read here and a correction shows at once.

What is a deployment here: one that got traffic of production. What is a failed one: production was rolled back from
it, or an incident was opened for it. Both are sets, so no ratio passes 100 %.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median, quantiles


@dataclass(frozen=True)
class Delivered:
    """One deployment that got traffic of production."""

    id: int
    number: int
    version: str
    traffic_at: datetime
    live_at: datetime | None
    """When all of production was its; never, if it was rolled back on its way."""
    recovered_at: datetime | None
    """When people were served well again, if it failed."""
    failed: bool
    unplanned: bool
    """Made because of an incident: a way back, or a repair."""
    commits: Sequence[str]
    """Those that no deployment before has brought to production."""


@dataclass(frozen=True)
class Came:
    """When a commit came into being."""

    received_at: datetime
    authored_at: datetime


@dataclass(frozen=True)
class LeadTime:
    sha: str
    deployment: int
    """The number of the deployment that first brought it to production."""
    seconds: float
    """From the moment the house received it."""
    authored_seconds: float


@dataclass(frozen=True)
class Spread:
    """A median and a ninetieth percentile, with how many there were."""

    count: int
    median: float | None
    p90: float | None


@dataclass(frozen=True)
class Share:
    part: int
    whole: int

    @property
    def ratio(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True)
class Dora:
    """All five for one window of time."""

    since: datetime
    until: datetime
    deployments: Sequence[Delivered]
    """Within the window, the newest first."""
    lead_times: Sequence[LeadTime]
    lead_time: Spread
    authored_lead_time: Spread
    per_day: float
    gap: float | None
    """The median of seconds between two successful deployments."""
    recovery: Spread
    change_fail: Share
    rework: Share

    @property
    def live(self) -> list[Delivered]:
        return [one for one in self.deployments if one.live_at is not None]

    @property
    def failed(self) -> list[Delivered]:
        return [one for one in self.deployments if one.failed]

    @property
    def unplanned(self) -> list[Delivered]:
        return [one for one in self.deployments if one.unplanned]


def compute(delivered: Sequence[Delivered], came: Mapping[str, Came], since: datetime, until: datetime) -> Dora:
    """`delivered` is all there ever was, oldest first, so that each commit is counted where it first went live."""
    within = [one for one in delivered if since <= one.traffic_at <= until]
    times = lead_times([one for one in delivered if one.live_at is not None], came, since, until)
    lives = sorted(one.live_at for one in within if one.live_at is not None)
    gaps = [(after - before).total_seconds() for before, after in pairwise(lives)]
    days = max((until - since) / timedelta(days=1), 1e-9)
    recoveries = [
        (one.recovered_at - one.traffic_at).total_seconds() for one in within if one.failed and one.recovered_at
    ]
    return Dora(
        since=since,
        until=until,
        deployments=within[::-1],
        lead_times=times,
        lead_time=spread([time.seconds for time in times]),
        authored_lead_time=spread([time.authored_seconds for time in times]),
        per_day=len(lives) / days,
        gap=median(gaps) if gaps else None,
        recovery=spread(recoveries),
        change_fail=Share(sum(one.failed for one in within), len(within)),
        rework=Share(sum(one.unplanned for one in within), len(within)),
    )


def lead_times(live: Sequence[Delivered], came: Mapping[str, Came], since: datetime, until: datetime) -> list[LeadTime]:
    """For each commit the first successful deployment that contains it; the newest first."""
    seen: set[str] = set()
    times = []
    for one in live:
        fresh = [sha for sha in dict.fromkeys(one.commits) if sha not in seen]
        seen.update(fresh)
        assert one.live_at is not None
        if not since <= one.live_at <= until:
            continue
        for sha in fresh:
            born = came.get(sha)
            if born is not None:
                received = (one.live_at - born.received_at).total_seconds()
                authored = (one.live_at - born.authored_at).total_seconds()
                times.append(LeadTime(sha, one.number, max(received, 0.0), max(authored, 0.0)))
    return times[::-1]


def spread(values: Sequence[float]) -> Spread:
    if not values:
        return Spread(0, None, None)
    p90 = quantiles(values, n=10, method="inclusive")[8] if len(values) > 1 else values[0]
    return Spread(len(values), median(values), p90)
