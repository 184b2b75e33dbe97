"""Timers as a kill-point scenario: a run that was missed is made up for, once."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dure.ledger import HOUSE, House, Reconciler, Timer, Work, begin, database_time, every
from dure.ledger.machine import Timetable
from dure.ledger.machine.timer import WAITING
from tests.ledger.notes import told, write_note
from tests.parts.killpoints import Pause, Scenario

YEARLY = "0 0 1 1 *"
MISSED_DAYS = 400


def rounds(house: House, _: Path, owner: str, lease_seconds: float, pause: Pause) -> Sequence[Reconciler[Any]]:
    names = house.read_now(HOUSE, lambda work: list(work.session.scalars(select(Timer.name))))
    timers = [every(name, YEARLY, partial(note_it, name)) for name in names]
    return [Timetable(timers).phases.reconciler(house, owner, lease_seconds=lease_seconds, pause=pause)]


def note_it(name: str, work: Work) -> None:
    write_note(work, name)


def submit(work: Work, world: Path) -> None:
    timer = begin(work, Timer(name=world.name, cron=YEARLY, zone="UTC", phase=WAITING))
    timer.wake_at = database_time(work.session) - timedelta(days=MISSED_DAYS)


def unfinished(work: Work) -> bool:
    due = select(Timer.id).where(Timer.wake_at <= database_time(work.session)).limit(1)
    return work.session.execute(due).first() is not None


def check(work: Work, world: Path) -> None:
    assert told(work, f"note:{world.name}") == [f"wrote {world.name}"]


scenario = Scenario(rounds=rounds, submit=submit, unfinished=unfinished, check=check)
