"""Brings to the house what one job says, from the files of its supervisor, and brings back what the house wants."""

import logging
import os
import select
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from dure.runner.agent.house import Away, Behind, House, NotOurs, TurnedAway
from dure.runner.agent.wants import Wants
from dure.runner.place import Card, JobPlace, hold
from dure.runner.record import Journal, happenings
from dure.wire import (
    HAPPENINGS_MAX,
    LOG_CHUNK_BYTES_MAX,
    LOG_INLINE_BYTES_MAX,
    Ended,
    Happening,
    JobResult,
    Orders,
    Report,
    StepStarted,
)

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
"""The house is asked so often whether the job shall be cancelled."""
GATHER_SECONDS = 0.05
"""What is printed within this time goes to the house together."""
FIRST_GATHER_SECONDS = 0.06
"""The first that a job says is waited for, but many a job has said all by then."""
LOOK_SECONDS = 1.0
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
REPORT_BYTES_MAX = 4 << 20
START_SECONDS_MAX = 15.0
"""A supervisor that has not begun by then never will."""
ABANDON_SECONDS_MAX = 30.0
LOST = "The runner's process for this job was killed."


def reportable(happenings: Sequence[Happening]) -> list[Happening]:
    """As many of the first as one report may hold."""
    part: list[Happening] = []
    size = 0
    for happening in happenings[:HAPPENINGS_MAX]:
        size += len(msgspec.json.encode(happening))
        if part and size > REPORT_BYTES_MAX:
            break
        part.append(happening)
    return part


class Courier:
    """For one job, from its beginning or from the middle of it: everything it needs to know is in the job's files."""

    def __init__(
        self,
        house: House,
        wants: Wants,
        place: JobPlace,
        card: Card,
        is_leaving: Callable[[], bool],
        *,
        is_new: bool,
    ) -> None:
        self.house, self.wants, self.place, self.card = house, wants, place, card
        self.is_leaving = is_leaving
        self.bell = place.listen("bell")
        self.read = 0
        """Bytes of the journal that are understood."""
        self.unsent: list[Happening] = []
        self.seq = 0
        self.sent_log = 0 if is_new else None
        self.said_at = time.monotonic()
        self.since = self.looked_at = time.monotonic()
        self.fails = 0
        self.has_begun = False
        self.step_began = False
        self.is_over = False
        self.make_room: Callable[[], None] = lambda: None
        """Called when the job is over, though the house is yet to hear of it."""

    def carry(self) -> bool:
        """Until the house has heard the last word; False when the runner leaves before."""
        try:
            while not self.is_over:
                if self.is_leaving():
                    return False
                self.round()
        except (NotOurs, TurnedAway) as error:
            log.warning("job %s is not ours any more: %s", self.place.path.name, error)
            self.abandon()
        finally:
            self.wants.is_over = True
            os.close(self.bell)
        return True

    def round(self) -> None:
        try:
            self.bring()
            self.fails = 0
        except Away as error:
            if self.fails == 0:
                log.warning("job %s: %s", self.place.path.name, error)
            pause = RETRY_SECONDS[min(self.fails, len(RETRY_SECONDS) - 1)]
            self.fails += 1
            time.sleep(pause)
            return
        if self.is_over or self.unsent:
            return
        self.look_after()
        if self.rung(LOOK_SECONDS):
            self.gather(GATHER_SECONDS if self.has_begun else FIRST_GATHER_SECONDS)

    def rung(self, seconds: float) -> bool:
        """Whether the supervisor has news, which come one by one."""
        if not select.select([self.bell], [], [], seconds)[0]:
            return False
        with suppress(BlockingIOError):
            os.read(self.bell, 65536)
        return True

    def gather(self, seconds: float) -> None:
        """Waits a moment, so that a job that prints line by line does not make a request of each; not for the end."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.learn()
            self.wants.look()
            if self.unsent and isinstance(self.unsent[-1], Ended):
                return
            self.rung(left)

    def bring(self) -> None:
        """Says what there is to say."""
        self.learn()
        # First what the happenings speak of: the log, reports of tests, artifacts.
        self.bring_log()
        self.wants.look()
        self.bring_happenings()
        if not self.is_over and time.monotonic() - self.said_at > self.pause():
            self.hear(self.house.beat(self.card.job_id, self.card.attempt))

    def pause(self) -> float:
        return min(HEARTBEAT_SECONDS, self.card.lease_seconds / 3)

    def learn(self) -> None:
        """Reads on in the journal."""
        path = self.place.path / "journal"
        with suppress(OSError):
            if path.stat().st_size == self.read:
                return
        for end, happening in happenings(path, self.read):
            self.unsent.append(happening)
            self.read = end
            self.has_begun = True
            self.step_began = self.step_began or isinstance(happening, StepStarted)
            if isinstance(happening, Ended):
                self.make_room()

    def bring_log(self) -> None:
        try:
            size = (self.place.path / "log").stat().st_size
        except OSError:
            return
        if self.sent_log is None:
            # After a restart the house knows best how much of it is there.
            self.sent_log = 0 if size == 0 else self.log_known(size)
        if self.unsent and size - self.sent_log <= LOG_INLINE_BYTES_MAX:
            # It goes along with what happened.
            return
        while self.sent_log < size:
            data = self.read_log(self.sent_log, min(LOG_CHUNK_BYTES_MAX, size - self.sent_log))
            try:
                self.house.send_log(self.card.job_id, self.card.attempt, self.sent_log, data)
                self.sent_log += len(data)
            except Behind as behind:
                self.sent_log = behind.wanted
            except TurnedAway as error:
                # What became of the job is worth more than what it printed.
                log.warning("job %s: the rest of its log is not wanted: %s", self.place.path.name, error)
                self.sent_log = sys.maxsize

    def read_log(self, start: int, size: int) -> bytes:
        with (self.place.path / "log").open("rb") as opened:
            opened.seek(start)
            return opened.read(size)

    def rest_of_log(self) -> bytes:
        """The little that is left to be brought."""
        with suppress(OSError):
            if self.sent_log is not None and self.sent_log < sys.maxsize:
                return self.read_log(self.sent_log, LOG_INLINE_BYTES_MAX)
        return b""

    def log_known(self, size: int) -> int:
        try:
            self.house.send_log(self.card.job_id, self.card.attempt, size, b"")
        except Behind as behind:
            return behind.wanted
        return size

    def bring_happenings(self) -> None:
        if not self.unsent:
            return
        part, rest = reportable(self.unsent), self.rest_of_log()
        report = Report(
            attempt=self.card.attempt,
            seq=self.seq,
            happenings=part,
            log=rest,
            log_offset=(self.sent_log or 0) if rest else 0,
        )
        try:
            self.hear(self.house.report(self.card.job_id, report))
        except Behind as behind:
            if behind.of == "log":
                self.sent_log = behind.wanted
            else:
                self.go_back(behind.wanted)
            return
        self.sent_log = (self.sent_log or 0) + len(rest)
        self.seq += len(part)
        del self.unsent[: len(part)]
        self.is_over = isinstance(part[-1], Ended)

    def go_back(self, wanted: int) -> None:
        known = [happening for _, happening in happenings(self.place.path / "journal")]
        if wanted > len(known):
            raise NotOurs(f"the house wants happening {wanted} of {len(known)}")
        self.seq, self.unsent = wanted, known[wanted:]

    def hear(self, orders: Orders) -> None:
        self.said_at = time.monotonic()
        wish = self.place.wish
        if orders.cancel != "no" and orders.cancel != wish and wish != "force":
            self.place.wishes(orders.cancel)

    def look_after(self) -> None:
        """A supervisor that was killed can say nothing more, so its last word is said here."""
        now = time.monotonic()
        if now - self.looked_at < LOOK_SECONDS:
            return
        self.looked_at = now
        if self.place.is_attended or (not self.has_begun and now - self.since < START_SECONDS_MAX):
            return
        with hold(self.place.path / "lock") as ours:
            # Nobody else can begin or end this job now.
            self.learn()
            if ours and not (self.unsent and isinstance(self.unsent[-1], Ended)):
                log.warning("job %s has lost its supervisor", self.place.path.name)
                self.say_lost()

    def say_lost(self) -> None:
        conclusion: JobResult = "failure" if self.step_began else "lost"
        ended = Ended(conclusion=conclusion, outputs={}, at=datetime.now(UTC), why=LOST)
        Journal(self.place.path / "journal", lambda: None).add(ended)

    def abandon(self) -> None:
        """Ends the job; nobody wants to know how it went."""
        self.place.wishes("force")
        until = time.monotonic() + ABANDON_SECONDS_MAX
        while self.place.is_attended and time.monotonic() < until:
            time.sleep(0.1)
        self.place.end_supervisor()
