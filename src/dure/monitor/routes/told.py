"""How monitor says things over the API, and on charts."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from dure.monitor import LogRow, Mark, Place, Pulse, Rates
from dure.wire import ChartInfo, ChartMark, ChartSeries, ChartWord, LogLine, ServiceInfo, VersionPulse


def chart_told(what: ChartWord, rates: Rates, marks: Iterable[Mark], language: str) -> ChartInfo:
    series: list[ChartSeries] = []
    for version, slots in rates.versions.items():
        if what == "requests":
            values: list[float | None] = [round(slot.requests / rates.step_seconds, 3) for slot in slots]
            series.append(ChartSeries(name=version, values=values, unit="/s"))
        elif what == "errors":
            shares = [slot.error_share for slot in slots]
            values = [None if share is None else round(100 * share, 3) for share in shares]
            series.append(ChartSeries(name=version, values=values, unit="%"))
        else:
            for name, share in (("p95", 0.95), ("p50", 0.5)):
                values = [rounded(slot.percentile(share), 2) for slot in slots]
                series.append(ChartSeries(name=f"{version} {name}", values=values, unit="ms", dashed=name == "p50"))
    told = [ChartMark(x=int(mark.at.timestamp()), label=mark.text.into(language), kind=mark.kind) for mark in marks]
    return ChartInfo(x=list(rates.slots), series=series, marks=told)


def rounded(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places)


def services_told(places: Sequence[Place], pulses: Iterable[Pulse]) -> list[ServiceInfo]:
    by_service: dict[tuple[int, str], list[Pulse]] = {}
    for pulse in pulses:
        by_service.setdefault((pulse.key.environment, pulse.key.service), []).append(pulse)
    return [
        ServiceInfo(
            environment=place.name,
            production=place.is_production,
            service=service,
            url=f"/{place.project.path}/services/{place.name}/{service}",
            versions=versions_told(place.services[service], by_service.get((place.id, service), ())),
        )
        for place in places
        for service in place.services
    ]


def versions_told(running: Sequence[str], pulses: Iterable[Pulse]) -> list[VersionPulse]:
    """Every version that runs, and those that answered something until a moment ago."""
    found = {pulse.version: pulse for pulse in pulses}
    told = []
    for version in dict.fromkeys([*running, *found]):
        pulse = found.get(version)
        share = pulse.error_share if pulse else None
        told.append(
            VersionPulse(
                version=version,
                requests_per_second=round(pulse.requests_per_second, 2) if pulse else 0.0,
                error_percent=None if share is None else round(100 * share, 2),
                p95_ms=rounded(pulse.p95_ms, 1) if pulse else None,
            )
        )
    return told


def line_told(row: LogRow) -> LogLine:
    return LogLine(
        id=row.id,
        at=datetime.fromtimestamp(row.ts, UTC),
        version=row.version,
        instance=row.instance,
        level=row.level,
        text=row.body,
    )
