"""Deployments and environments as they are told over the API."""

from collections.abc import Callable, Sequence

from dure.deploy.deployment import ENDED, LIVE, Deployment
from dure.deploy.verdict import Point
from dure.deploy.whole import Card, PlaceShown, Whole
from dure.plan import Project
from dure.wire import (
    ChartInfo,
    ChartMark,
    ChartSeries,
    DeploymentDetail,
    DeploymentInfo,
    EnvironmentInfo,
    InstanceInfo,
    PointWord,
)

OVER = (*ENDED, LIVE)


def told(project: Project, card: Card, language: str) -> DeploymentInfo:
    row = card.row
    return DeploymentInfo(
        number=row.number,
        environment=card.place.name,
        production=card.place.is_production,
        version=row.version,
        sha=row.sha,
        phase=row.phase,  # type: ignore[arg-type]
        over=row.phase in OVER,
        strategy=row.strategy,
        made_for=row.made_for,  # type: ignore[arg-type]
        made_by=row.made_by_name,
        made_at=row.made_at,
        started_at=row.started_at,
        live_at=row.live_at,
        ended_at=row.ended_at,
        weight=row.weight,
        verdict=row.verdict,
        why=row.why.into(language) if row.why is not None else None,
        needs_approval=row.needs_approval,
        approved_by=card.approval.by_name if card.approval is not None else None,
        url=f"/{project.path}/deployments/{row.number}",
    )


def wholly_told(whole: Whole, language: str) -> DeploymentDetail:
    info = told(whole.project, whole.card, language)
    return DeploymentDetail(
        **{name: getattr(info, name) for name in info.__struct_fields__},
        steps=list(whole.steps),
        step=whole.card.row.step,
        rollback_of=number_of(whole.rollback_of),
        control=number_of(whole.control),
        hosts=list(whole.hosts.values()),
        instances=[InstanceInfo(key=each.key, service=each.service, wanted=each.is_wanted) for each in whole.placed],
    )


def number_of(row: Deployment | None) -> int | None:
    return None if row is None else row.number


def place_told(project: Project, shown: PlaceShown, language: str) -> EnvironmentInfo:
    place = shown.place
    return EnvironmentInfo(
        name=place.name,
        production=place.is_production,
        way=place.way,  # type: ignore[arg-type]
        after=place.after,
        live=told(project, shown.live, language) if shown.live is not None else None,
        moving=told(project, shown.moving, language) if shown.moving is not None else None,
        paused_by=place.paused_by if place.paused_release_id is not None else None,
        hosts=list(shown.hosts.values()),
        url=shown.link,
    )


MEASURES: dict[PointWord, tuple[str, Callable[[Point], float], Callable[[Point], float] | None]] = {
    "evidence": ("", lambda point: point.e_value, None),
    "weight": ("%", lambda point: point.weight, None),
    "requests": ("", lambda point: point.requests, lambda point: point.control_requests),
    "errors": ("", lambda point: point.errors, lambda point: point.control_errors),
}


def chart_told(whole: Whole, what: PointWord) -> ChartInfo:
    """One measure of every service over the time of the rollout, for both versions where there are two."""
    moments = sorted({int(point.at.timestamp()) for point in whole.points})
    unit, mine, former = MEASURES[what]
    names = list(dict.fromkeys(point.service for point in whole.points))
    series = []
    for name in names:
        points = [point for point in whole.points if point.service == name]
        series.append(series_of(f"{name} {whole.card.row.version}", unit, moments, points, mine))
        if former is not None and whole.control is not None:
            series.append(series_of(f"{name} {whole.control.version}", unit, moments, points, former))
    if what == "evidence" and moments:
        border: list[float | None] = [1 / whole.alpha for _ in moments]
        series.append(ChartSeries(name=f"1 / {whole.alpha:g}", values=border, unit=unit, dashed=True))
    return ChartInfo(x=moments, series=series, marks=marks_of(whole))


def series_of(
    name: str, unit: str, moments: Sequence[int], points: Sequence[Point], measure: Callable[[Point], float]
) -> ChartSeries:
    known = {int(point.at.timestamp()): measure(point) for point in points}
    return ChartSeries(name=name, values=[known.get(moment) for moment in moments], unit=unit)


def marks_of(whole: Whole) -> list[ChartMark]:
    weights: dict[int, int] = {}
    for point in whole.points:
        weights.setdefault(point.weight, int(point.at.timestamp()))
    return [ChartMark(x=moment, label=f"{weight} %", kind="step") for weight, moment in weights.items()]
