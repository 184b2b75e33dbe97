"""Insight: how well the team delivers, and where each change is, told from what happened and from nothing else.

In: what every other room knows of commits, runs, releases, deployments and incidents.
Out: the five metrics of DORA with the lists behind them; the changes in flight; where one change is.
Asks: everybody before it in the loop. It changes nothing.
"""

from dure.insight.change import Change, changes_in_flight, where
from dure.insight.dora import Came, Delivered, Dora, LeadTime, Share, Spread, compute
from dure.insight.measured import DAYS, DAYS_MAX, dora_of, trend_of

__all__ = [
    "DAYS",
    "DAYS_MAX",
    "Came",
    "Change",
    "Delivered",
    "Dora",
    "LeadTime",
    "Share",
    "Spread",
    "changes_in_flight",
    "compute",
    "dora_of",
    "trend_of",
    "where",
]
