"""More runners on demand: when jobs wait for labels that no runner with room has, an address outside is asked.

Each set of labels has one row. Whoever notices that jobs wait sets its need; the machine posts it, signed, and again
with back-off until it is heard. What it posts holds a token by which as many ephemeral runners may join as jobs wait.
The receiver knows by the number of the need whether it has heard it before.
"""

import hashlib
import hmac
import http.client
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from dure.build.run import BELL, IS_WITH_RUNNER, Job, waiting_lanes
from dure.build.runners.invitation import KEPT_DAYS, invite
from dure.build.runners.runner import Runner, runners_of, tidy_labels
from dure.kit import now
from dure.ledger import HOUSE, House, Machine, Moment, Move, Phases, Table, Turn, Work, wake
from dure.wire import RunnersWanted

log = logging.getLogger(__name__)

IDLE, CALLING = "idle", "calling"
AGAIN_SECONDS = 60.0
"""Runners take their time to come: for the same labels nobody is asked more often."""
LOOK_SECONDS = 5.0
ANSWER_SECONDS_MAX = 15.0
COUNT_MAX = 100


class Scaling(Machine, Table):
    __tablename__ = "build_scaling"

    labels: Mapped[str] = mapped_column(unique=True)
    need: Mapped[str] = mapped_column(default="")
    """What is asked for now, by a number of its own: the same in each try."""
    called_at: Mapped[datetime | None] = mapped_column(Moment, default=None)


@dataclass(frozen=True)
class Needed:
    """Jobs that wait for the same labels while no runner has room for them."""

    labels: str
    count: int
    since: datetime

    @property
    def wanted(self) -> list[str]:
        return self.labels.split(",") if self.labels else []


@dataclass(frozen=True)
class Calls:
    """Whom to ask, and for whom."""

    url: str
    secret: str
    house: str
    after_seconds: float
    labels: frozenset[str] = frozenset()
    """Only jobs that want nothing else are called for; none named: all."""

    def serves(self, labels: Sequence[str]) -> bool:
        return not self.labels or self.labels.issuperset(labels)


def allowed_labels(said: Sequence[str]) -> frozenset[str]:
    return frozenset(tidy_labels(said))


# open: the house's own bookkeeping.
def needed(work: Work, calls: Calls) -> list[Needed]:
    """What has waited so long, and that no runner could take at this moment."""
    runners = runners_of(work)
    busy: dict[int | None, int] = {}
    for runner_id in work.session.scalars(select(Job.runner_id).where(IS_WITH_RUNNER)):
        busy[runner_id] = busy.get(runner_id, 0) + 1
    before = now() - timedelta(seconds=calls.after_seconds)
    found: dict[str, Needed] = {}
    for lane in waiting_lanes(work):
        first = work.session.get_one(Job, lane.first)
        if first.queued_at is None or first.queued_at > before:
            continue
        labels = first.wanted_labels
        if not calls.serves(labels) or any(
            has_room(runner, busy) for runner in runners if runner.serves(labels, lane.project_id)
        ):
            continue
        known = found.get(lane.labels)
        since = first.queued_at if known is None else min(known.since, first.queued_at)
        waiting = lane.waiting(work, COUNT_MAX) + (known.count if known else 0)
        found[lane.labels] = Needed(lane.labels, min(waiting, COUNT_MAX), since)
    return list(found.values())


def has_room(runner: Runner, busy: dict[int | None, int]) -> bool:
    return not (runner.is_away or runner.takes_none) and busy.get(runner.id, 0) < runner.capacity


# open: the house's own bookkeeping.
def notice(work: Work, calls: Calls) -> None:
    """Let those be called for whom nobody was asked lately."""
    for need in needed(work, calls):
        row = work.session.scalars(select(Scaling).where(Scaling.labels == need.labels).with_for_update()).one_or_none()
        if row is None:
            row = work.add(Scaling(phase=IDLE, labels=need.labels))
        lately = row.called_at is not None and now() - row.called_at < timedelta(seconds=AGAIN_SECONDS)
        if row.phase == IDLE and not lately:
            row.phase, row.need = CALLING, token_hex(8)
            wake(work, row)


# open: the house's own bookkeeping, by the clock.
def forget_needs(work: Work) -> None:
    """Labels for which nobody was asked for long. Whoever may push can write as many as they like."""
    asleep = Scaling.phase == IDLE, Scaling.wake_at.is_(None)
    old = Scaling.called_at.is_(None) | (Scaling.called_at < now() - timedelta(days=KEPT_DAYS))
    work.session.execute(delete(Scaling).where(*asleep, old).execution_options(synchronize_session=False))


def scaling(calls: Calls) -> Phases[Scaling]:
    """The machine that asks."""

    def call(turn: Turn[Scaling]) -> Move[Scaling]:
        row = turn.row
        found = [need for need in turn.read(lambda work: needed(work, calls)) if need.labels == row.labels]
        if not found:
            return Move(IDLE, after_seconds=None)
        (need,) = found
        invited = turn.hands.write_now(
            HOUSE, lambda work: invite(work, labels=need.wanted, ephemeral=True, uses=need.count)
        )
        wanted = RunnersWanted(
            need=row.need,
            house=calls.house,
            labels=need.wanted,
            count=need.count,
            oldest_wait_seconds=round((now() - need.since).total_seconds(), 1),
            join_token=invited.secret,
            expires_at=invited.expires_at,
        )
        post(calls, wanted)
        return Move(IDLE, after_seconds=None, write=heard)

    return Phases(Scaling, {CALLING: call})


def heard(_: Work, row: Scaling) -> None:
    row.called_at = now()


def post(calls: Calls, wanted: RunnersWanted) -> None:
    """Ask, and go on only when it was heard. Where it goes is the keeper's word, so no redirection is followed."""
    body = msgspec.json.encode(wanted)
    parts = urlsplit(calls.url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(parts.netloc, timeout=ANSWER_SECONDS_MAX)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "dure",
        "X-Dure-Need": wanted.need,
        "X-Dure-Signature-256": f"sha256={hmac.new(calls.secret.encode(), body, hashlib.sha256).hexdigest()}",
    }
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        line.request("POST", path, body, headers)
        status = line.getresponse().status
    finally:
        line.close()
    if not 200 <= status < 300:
        raise ConnectionError(f"{parts.netloc} answered with {status}")


class Scaler:
    """Looks now and then, and soon after something came into the queue, whether runners are missing."""

    def __init__(self, house: House, calls: Calls, look_seconds: float = LOOK_SECONDS) -> None:
        self.house, self.calls, self.look_seconds = house, calls, look_seconds
        self._stop = threading.Event()
        self._end: Callable[[], None] = lambda: None
        self._queued = threading.Event()
        self._thread = threading.Thread(target=self._run, name="scaler", daemon=True)

    def start(self) -> None:
        if self.calls.url:
            self._queued.set()
            self._end = self.house.bell.hear(BELL, self._queued.set)
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._queued.set()
        self._end()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        """An empty queue is not looked at again before its bell rings."""
        while not self._stop.is_set():
            self._queued.wait()
            self._queued.clear()
            while not self._stop.wait(self.look_seconds):
                try:
                    if not self.house.read_now(HOUSE, waiting_lanes):
                        break
                    if self.house.read_now(HOUSE, lambda work: needed(work, self.calls)):
                        self.house.write_now(HOUSE, lambda work: notice(work, self.calls))
                except Exception:
                    log.exception("it could not be seen whether runners are missing")
