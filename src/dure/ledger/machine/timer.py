"""Timers: what the house does by the clock, on cron expressions with time zones.

A timer is a machine with one phase that never ends. What it does is written in the transaction that sets its
next time, so it is done once for each time that comes; times missed while the house was down are done once.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim
from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from dure.ledger.database import Table, database_time, one_at_a_time
from dure.ledger.machine.phases import Machine, Move, Phases, Turn, begin
from dure.ledger.work import Work

WAITING = "waiting"
TIMETABLE_DOOR = 0x64757266
"""Two houses that start together hang up the timetable one after the other."""


class Timer(Machine, Table):
    __tablename__ = "timer"

    name: Mapped[str] = mapped_column(unique=True)
    cron: Mapped[str]
    zone: Mapped[str]


@dataclass(frozen=True)
class Every:
    """What to do, and when."""

    name: str
    cron: str
    do: Callable[[Work], None]
    zone: str = "UTC"


def every(name: str, cron: str, do: Callable[[Work], None], *, zone: str = "UTC") -> Every:
    """Say that the house does something by the clock. A wrong expression or zone fails here, at start."""
    next_time(cron, zone, datetime.now(UTC))
    return Every(name, cron, do, zone)


def next_time(cron: str, zone: str, after: datetime) -> datetime:
    """The next moment that a cron expression names, as people in that zone read their clocks."""
    moment = next(CronSim(cron, after.astimezone(ZoneInfo(zone))), None)
    if moment is None:
        raise ValueError(f"{cron!r} names no moment that ever comes")
    return moment.astimezone(UTC)


class Timetable:
    """All timers of the house."""

    def __init__(self, timers: Iterable[Every]) -> None:
        self.timers = {timer.name: timer for timer in timers}
        self.phases: Phases[Timer] = Phases(Timer, {WAITING: self._fire})

    def hang_up(self, work: Work) -> None:
        """Make the table of timers say what the code says. A new or changed timer starts from now."""
        one_at_a_time(work.session, TIMETABLE_DOOR)
        work.session.execute(delete(Timer).where(Timer.name.not_in(self.timers)))
        known = {timer.name: timer for timer in work.session.scalars(select(Timer))}
        time = database_time(work.session)
        for wanted in self.timers.values():
            timer = known.get(wanted.name)
            if timer is None:
                timer = begin(work, Timer(name=wanted.name, cron="", zone="", phase=WAITING))
            if (timer.cron, timer.zone) != (wanted.cron, wanted.zone):
                timer.cron, timer.zone = wanted.cron, wanted.zone
                timer.wake_at = next_time(timer.cron, timer.zone, time)

    def _fire(self, turn: Turn[Timer]) -> Move[Timer]:
        timer = turn.row
        time = turn.read(lambda work: database_time(work.session))
        seconds = (next_time(timer.cron, timer.zone, time) - time).total_seconds()
        return Move(WAITING, after_seconds=seconds, write=lambda work, _: self.timers[timer.name].do(work))
