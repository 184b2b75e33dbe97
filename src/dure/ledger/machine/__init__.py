"""Machines: work that lasts longer than a request, and the reconcilers that carry it on.

In: rows with a phase and a wake time. Out: phase changes and their events, each committed once. Asks: the database.
"""

from dure.ledger.machine.due import Due, claim, next_wake, renew, retake
from dure.ledger.machine.phases import Machine, Move, Phases, Turn, begin, cancel, wake
from dure.ledger.machine.reconcile import LEASE_SECONDS, Lease, Pause, Reconciler, go_on
from dure.ledger.machine.timer import Every, Timer, Timetable, every, next_time

__all__ = [
    "LEASE_SECONDS",
    "Due",
    "Every",
    "Lease",
    "Machine",
    "Move",
    "Pause",
    "Phases",
    "Reconciler",
    "Timer",
    "Timetable",
    "Turn",
    "begin",
    "cancel",
    "claim",
    "every",
    "go_on",
    "next_time",
    "next_wake",
    "renew",
    "retake",
    "wake",
]
