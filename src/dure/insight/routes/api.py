"""Insight for programs, under /api/v1."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from dure.insight.change import Change, changes_in_flight, where
from dure.insight.definitions import DEFINITIONS, NAMES
from dure.insight.dora import Dora, Share, Spread
from dure.insight.measured import DAYS, DAYS_MAX, dora_of, trend_of
from dure.kit import Missing, say
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Slug, language_of, read, refusals
from dure.wire import (
    ChangeInfo,
    ChangeList,
    ChartInfo,
    ChartSeries,
    DeliveryInfo,
    DoraInfo,
    LeadTimeInfo,
    ShareInfo,
    SpreadInfo,
)

TAGS = ["insight"]
HERE = "/api/v1/projects/{owner:str}/{name:str}"
Days = Annotated[int, QueryParameter(ge=1, le=DAYS_MAX, description="Over how many days, until now.")]
What = Annotated[
    str, QueryParameter(min_length=1, max_length=80, description="A commit, an issue (#12) or a release (1.4.0).")
]


@get(f"{HERE}/dora", responses=refusals(422), tags=TAGS, summary="The five metrics")
async def dora(request: By, owner: Slug, name: Slug, days: Days = DAYS) -> DoraInfo:
    """Each with the list it was made from, and what it means."""

    def find(work: Work, project: Project) -> DoraInfo:
        return dora_told(project, dora_of(work, project, days=days), language_of(request))

    return await read(request, in_project(owner, name, find))


@get(f"{HERE}/dora/{{metric:str}}", responses=refusals(422), tags=TAGS, summary="A metric week by week")
async def trend(request: By, owner: Slug, name: Slug, metric: Slug) -> ChartInfo:
    """lead_time, frequency, recovery, change_fail or rework over the last twelve weeks, as a chart draws it."""
    told_of = SHOWN.get(metric)
    if told_of is None:
        raise Missing(say("There is no metric {name}.", name=metric))
    weeks = await read(request, in_project(owner, name, trend_of))
    values = [None if value is None else round(value, 3) for value in map(told_of.value, weeks)]
    series = ChartSeries(name=NAMES[metric].into(language_of(request)), values=values, unit=told_of.unit)
    return ChartInfo(x=[int(week.until.timestamp()) for week in weeks], series=[series], marks=[])


@dataclass(frozen=True)
class Shown:
    """How a metric is drawn."""

    value: Callable[[Dora], float | None]
    unit: str


def hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600


def percent(ratio: float | None) -> float | None:
    return None if ratio is None else ratio * 100


SHOWN = {
    "lead_time": Shown(lambda week: hours(week.lead_time.median), "h"),
    "frequency": Shown(lambda week: float(len(week.live)), ""),
    "recovery": Shown(lambda week: hours(week.recovery.median), "h"),
    "change_fail": Shown(lambda week: percent(week.change_fail.ratio), "%"),
    "rework": Shown(lambda week: percent(week.rework.ratio), "%"),
}


@get(f"{HERE}/changes", responses=refusals(), tags=TAGS, summary="Changes in flight")
async def changes(request: By, owner: Slug, name: Slug) -> ChangeList:
    """At which stage each is, and what it waits for."""
    return await read(request, in_project(owner, name, partial(changes_told, language=language_of(request))))


@get(f"{HERE}/where", responses=refusals(422), tags=TAGS, summary="Where a change is")
async def where_is(request: By, owner: Slug, name: Slug, what: What) -> ChangeList:
    """Several, when several commits speak of an issue."""

    def find(work: Work, project: Project) -> ChangeList:
        language = language_of(request)
        return ChangeList(changes=[told(one, language) for one in where(work, project, what)])

    return await read(request, in_project(owner, name, find))


def changes_told(work: Work, project: Project, language: str) -> ChangeList:
    return ChangeList(changes=[told(one, language) for one in changes_in_flight(work, project)])


def told(change: Change, language: str) -> ChangeInfo:
    return ChangeInfo(
        sha=change.sha,
        title=change.title,
        author=change.author,
        branch=change.branch,
        issues=list(change.issues),
        stage=change.stage,
        state=change.state,
        words=change.words.into(language),
        since=change.since,
        version=change.version,
        is_live=change.is_live,
        url=change.url,
    )


def dora_told(project: Project, found: Dora, language: str) -> DoraInfo:
    return DoraInfo(
        since=found.since,
        until=found.until,
        lead_time=spread_told(found.lead_time),
        authored_lead_time=spread_told(found.authored_lead_time),
        deployments_per_day=found.per_day,
        seconds_between_deployments=found.gap,
        recovery=spread_told(found.recovery),
        change_fail=share_told(found.change_fail),
        rework=share_told(found.rework),
        deployments=[
            DeliveryInfo(
                number=one.number,
                version=one.version,
                traffic_at=one.traffic_at,
                live_at=one.live_at,
                recovered_at=one.recovered_at,
                failed=one.failed,
                unplanned=one.unplanned,
                commits=len(one.commits),
                url=f"/{project.path}/deployments/{one.number}",
            )
            for one in found.deployments
        ],
        lead_times=[
            LeadTimeInfo(
                sha=one.sha, deployment=one.deployment, seconds=one.seconds, authored_seconds=one.authored_seconds
            )
            for one in found.lead_times
        ],
        definitions={name: words.into(language) for name, words in DEFINITIONS.items()},
    )


def spread_told(spread: Spread) -> SpreadInfo:
    return SpreadInfo(count=spread.count, median_seconds=spread.median, p90_seconds=spread.p90)


def share_told(share: Share) -> ShareInfo:
    return ShareInfo(part=share.part, whole=share.whole, ratio=share.ratio)


handlers = [dora, trend, changes, where_is]
