"""What is said about services: how they fare, and what they write."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

LogLevel = Literal["", "debug", "info", "warning", "error"]
ChartWord = Literal["requests", "errors", "latency"]


class VersionPulse(Struct, kw_only=True):
    """How one version of a service did in the last minute."""

    version: str
    requests_per_second: float
    error_percent: float | None
    """None: nothing was asked of it."""
    p95_ms: float | None


class ServiceInfo(Struct, kw_only=True):
    """One service in one environment."""

    environment: str
    production: bool
    service: str
    url: str
    """The address of its page."""
    versions: list[VersionPulse]


class ServiceList(Struct, kw_only=True):
    """The services of a project, by environment."""

    services: list[ServiceInfo]


class ChartSeries(Struct, kw_only=True, omit_defaults=True):
    """One line of a chart."""

    name: str
    values: list[float | None]
    unit: str
    dashed: bool = False


class ChartMark(Struct, kw_only=True):
    """Something that happened, as a line across a chart."""

    x: int
    label: str
    kind: str


class ChartInfo(Struct, kw_only=True):
    """What a chart draws: moments in seconds since 1970, and values at each of them."""

    x: list[int]
    series: list[ChartSeries]
    marks: list[ChartMark]


class LogLine(Struct, kw_only=True):
    """One line that an instance of a service wrote."""

    id: int
    """By it one goes on: `after` and `before`."""
    at: datetime
    version: str
    instance: str
    level: LogLevel
    """As the line sounds; empty when it does not say."""
    text: str


class LogList(Struct, kw_only=True):
    """Lines of a log, the oldest first."""

    environment: str
    service: str
    lines: list[LogLine]
