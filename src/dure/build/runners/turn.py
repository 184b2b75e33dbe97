"""Whose turn it is: which lane of the queue a runner that asks is given its next job from.

The lanes are known to a whole house together. They are read anew when a job came into the queue (its bell says so), or
after a short while; in between what is given out is counted here. So a thousand claims cost a handful of looks at the
queue, and a hundred runners that wait cost none.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from dure.build.run import BELL, IS_WITH_RUNNER, Job, Lane, take_from, waiting_lanes
from dure.build.runners.runner import Runner, RunnerOver
from dure.kit import now
from dure.ledger import Bell, Work

FRESH_SECONDS = 0.2


class Board:
    """The lanes, as far as they are known."""

    def __init__(self, bell: Bell | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.bell, self.clock = bell, clock
        self._lock = threading.Lock()
        self._lanes: dict[tuple[str, int], Lane] = {}
        self._rung = -1
        self._read_at = -FRESH_SECONDS

    def lanes(self, work: Work) -> list[Lane]:
        with self._lock:
            if self.is_old():
                self._rung = -1 if self.bell is None else self.bell.rung(BELL)
                self._lanes = {(lane.labels, lane.project_id): lane for lane in waiting_lanes(work)}
                self._read_at = self.clock()
            return list(self._lanes.values())

    def is_old(self) -> bool:
        if self.bell is None or self.clock() - self._read_at > FRESH_SECONDS:
            return True
        return self.bell.rung(BELL) != self._rung

    def given(self, lane: Lane) -> None:
        """A job of it was given out: its project comes again after the others."""
        time_now = now()
        with self._lock:
            for key, each in self._lanes.items():
                if each.project_id == lane.project_id:
                    self._lanes[key] = replace(each, under_way=each.under_way + 1, served_at=time_now)

    def empty(self, lane: Lane) -> None:
        with self._lock:
            self._lanes.pop((lane.labels, lane.project_id), None)


@dataclass(frozen=True)
class Seeker:
    """A runner that asks, as far as it matters for what it is given."""

    id: int
    has: frozenset[str]
    project_id: int | None
    ephemeral: bool

    def may_take(self, lane: Lane) -> bool:
        return self.project_id in (None, lane.project_id) and lane.fits(self.has)


@dataclass(frozen=True)
class Outlook:
    """What a runner that asks has before it."""

    seeker: Seeker
    ever: bool
    """False: it is drained, or took the one job that it takes."""
    work: bool
    began_at: datetime | None = None
    """Another one at the next look: the runner has begun anew, and whoever asked in its name before is gone."""


# open: that there is work for certain labels is no secret.
def outlook(work: Work, runner_id: int, board: Board) -> Outlook:
    """Whether a claim would bring something; asked before anything is written."""
    runner = work.session.get_one(Runner, runner_id)
    if runner.ended_at is not None:
        raise RunnerOver(runner.name)
    seeker = seeker_of(runner)
    if runner.takes_none:
        return Outlook(seeker, ever=False, work=False, began_at=runner.began_at)
    fits = any(seeker.may_take(lane) for lane in board.lanes(work))
    fits = fits and not (runner.ephemeral and has_job(work, runner.id))
    return Outlook(seeker, ever=True, work=fits, began_at=runner.began_at)


def seeker_of(runner: Runner) -> Seeker:
    return Seeker(runner.id, runner.has, runner.project_id, runner.ephemeral)


def has_job(work: Work, runner_id: int) -> bool:
    mine = select(Job.id).where(Job.runner_id == runner_id, IS_WITH_RUNNER)
    return work.session.scalars(mine.limit(1)).first() is not None


# open: a runner with a token of this house does what the house gives it.
def take_next(work: Work, seeker: Seeker, board: Board) -> int | None:
    """From the lane whose turn it is. Others may have emptied it since it was looked at; then from the next."""
    if seeker.ephemeral and has_job(work, seeker.id):
        return None
    lanes = [lane for lane in board.lanes(work) if seeker.may_take(lane)]
    while lanes:
        lane = min(lanes, key=lambda each: each.turn)
        job_id = take_from(work, lane, seeker.id, now())
        if job_id is not None:
            board.given(lane)
            return job_id
        board.empty(lane)
        lanes.remove(lane)
    return None
