"""Monitor: how services fare and what they say, second by second, beside the deployments that made them so.

In: what the traffic counts and what instances write, each second; the deployments in the ledger.
Out: rates, error shares and latencies by version, lines of logs, the last minute of everything.
Asks: deploy, who is what; policy, before anything is shown; a store, which is no part of the house's own database.
"""

from dure.monitor.collector import Collector, Counters, Counts
from dure.monitor.known import Known, Place, place_of, place_to_read, places_of
from dure.monitor.lately import Pulse
from dure.monitor.line import words_in
from dure.monitor.marks import Mark, marks_in
from dure.monitor.rates import Rates, Slot, asked_for
from dure.monitor.store import (
    LEVELS,
    LINES_MAX,
    Away,
    Counted,
    CountsAsked,
    LinesAsked,
    LogRow,
    MetricRow,
    Refusing,
    ServiceKey,
    Store,
    StoreState,
)
from dure.monitor.telemetry import Standing, Telemetry

__all__ = [
    "LEVELS",
    "LINES_MAX",
    "Away",
    "Collector",
    "Counted",
    "Counters",
    "Counts",
    "CountsAsked",
    "Known",
    "LinesAsked",
    "LogRow",
    "Mark",
    "MetricRow",
    "Place",
    "Pulse",
    "Rates",
    "Refusing",
    "ServiceKey",
    "Slot",
    "Standing",
    "Store",
    "StoreState",
    "Telemetry",
    "asked_for",
    "marks_in",
    "place_of",
    "place_to_read",
    "places_of",
    "words_in",
]
