"""The runner: takes jobs from a house as long as it has room for them, and goes on with those it began before."""

import logging
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

from dure.kit import Refused
from dure.runner.agent.bringing import Bringer
from dure.runner.agent.courier import RETRY_SECONDS, Courier
from dure.runner.agent.house import Away, House, NotOurs, Over, Unwanted
from dure.runner.agent.wants import Wants
from dure.runner.box import sweep_up
from dure.runner.job import Errand, Kind
from dure.runner.nursery import Ahead, send
from dure.runner.place import Card, JobPlace, Workshop, remove
from dure.runner.sandbox import User, View, choose, lay_scripts, own_python, words_of
from dure.wire import CLAIM_SECONDS_MAX, Ended, JobOrder, Orders, Registration, Report, Tier

log = logging.getLogger(__name__)

FREE_BYTES_MIN = 32 << 20
"""With less than this on its disk a runner takes no job: it could only fail it."""
FULL_SECONDS_MAX, FULL_LOOK_SECONDS = 5.0, 0.05
"""Shorter than a house waits to hear that a job was taken."""
AHEAD_MAX = 2
"""So many sandboxes stand ready for jobs that are yet to come."""
DRAINED_SECONDS = 2.0
"""How often a drained runner asks whether it is still so."""


@dataclass(frozen=True)
class Wishes:
    """What the owner of a runner wants of it."""

    house: str
    token_file: Path
    name: str
    labels: Sequence[str]
    capacity: int
    isolation: str
    user: User
    shown: Sequence[Path]
    leave_after_seconds: float | None = None
    """Ends by itself when no house answered for so long and no job is in work."""
    is_kept: bool = False
    """Whoever started it would start it again at once, so it does not leave when it is drained."""
    ephemeral: bool = False
    """Takes one job, and says good-bye."""


class Left(BaseException):
    """Told to leave while nothing was being done."""


class Agent:
    def __init__(self, workshop: Workshop, wishes: Wishes) -> None:
        self.workshop, self.wishes = workshop, wishes
        self.inside = lay_scripts(workshop.path)
        self.leaving = threading.Event()
        self.room = threading.Condition()
        self.busy = 0
        """So many jobs are in work."""
        self.carrying = 0
        """Of so many the house has not heard the last word."""
        self.is_waiting = False
        self.is_gone = False
        """It has said good-bye for good."""
        self.answered_at = time.monotonic()
        self.tier, self.view = self.tried()
        workshop.sweep_ahead()
        self.nursery = Nursery(Ahead(Kind(self.tier, self.view), workshop.ahead, min(AHEAD_MAX, wishes.capacity)))

    def tried(self) -> tuple[Tier, View]:
        room = self.workshop.path / "trial"
        user, shown = self.wishes.user, tuple(self.wishes.shown)
        view = View(room, self.inside, own_python(), user, shown, self.workshop.actions, self.workshop.programs)
        for place in (room, room / "tmp"):
            place.mkdir(mode=0o711, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(room, view.user.uid, view.user.gid)
        return choose(self.wishes.isolation, view)

    def run(self) -> None:
        """Until it is told to leave. Jobs in work go on without it."""
        log.warning("%s", words_of(self.tier, self.view))
        self.go_on()
        house = House(self.wishes.house, self.wishes.token_file)
        fails = 0
        is_known = False
        while not self.leaving.is_set() and not self.is_forgotten():
            try:
                if not is_known:
                    house.register(self.card())
                    is_known = True
                    log.warning("this runner works for %s", self.wishes.house)
                self.serve(house)
                fails = 0
            except Over as over:
                log.warning("%s", over)
                break
            except Unwanted:
                is_known = False
                if self.is_done(house):
                    break
                self.leaving.wait(DRAINED_SECONDS)
            except (Away, NotOurs, Refused) as error:
                is_known = False
                if fails == 0:
                    log.warning("%s", error)
                self.leaving.wait(RETRY_SECONDS[min(fails, len(RETRY_SECONDS) - 1)])
                fails += 1
            except Left:
                break
        self.nursery.close()

    def serve(self, house: House) -> None:
        """Asks for a job when there is room for one, and begins it."""
        free = self.wait_for_room()
        if self.is_full():
            raise Away("the disk of this runner is full; it takes no jobs")
        if not free:
            return
        self.is_waiting = True
        try:
            # Whoever is told to leave from here on is interrupted, and whoever was told before does not begin to wait.
            if self.leaving.is_set():
                return
            order = house.claim(CLAIM_SECONDS_MAX, free)
        finally:
            self.is_waiting = False
        self.answered_at = time.monotonic()
        if order is not None:
            self.begin(house, order)

    def is_done(self, house: House) -> bool:
        """Drained, and without a job: nothing is left to stay for. An ephemeral runner says good-bye."""
        self.answered_at = time.monotonic()
        if self.carrying or self.wishes.is_kept:
            return False
        if self.wishes.ephemeral:
            house.leave()
            self.is_gone = True
            log.warning("this runner did its one job, and is gone")
        else:
            log.warning("this runner is drained, and leaves")
        return True

    def is_forgotten(self) -> bool:
        if self.carrying:
            self.answered_at = time.monotonic()
        if not (self.workshop.path / "lock").exists():
            # Somebody has removed the directory: there is nothing left to work in or to come back to.
            return True
        after = self.wishes.leave_after_seconds
        return after is not None and time.monotonic() - self.answered_at > after

    def card(self) -> Registration:
        return Registration(
            name=self.wishes.name,
            labels=list(self.wishes.labels),
            tier=self.tier,
            isolation=words_of(self.tier, self.view),
            capacity=self.wishes.capacity,
            version=version("dure"),
        )

    def wait_for_room(self) -> int:
        with self.room:
            self.room.wait_for(lambda: self.busy < self.wishes.capacity or self.leaving.is_set(), timeout=5)
            return max(0, self.wishes.capacity - self.busy)

    def is_full(self) -> bool:
        return shutil.disk_usage(self.workshop.path).free < FREE_BYTES_MIN

    def begin(self, house: House, order: JobOrder) -> None:
        """Takes a job: first the word to the house, then the work, so that nobody else does it too."""
        give_up_at = time.monotonic() + FULL_SECONDS_MAX
        while self.is_full():
            # What the job before left may be on its way out. Else another runner gets this one.
            if time.monotonic() > give_up_at:
                return
            time.sleep(FULL_LOOK_SECONDS)
        try:
            orders = house.take(order.job_id, order.attempt)
        except NotOurs:
            return
        try:
            self.start(order, orders)
        except OSError as error:
            why = f"The runner could not begin the job: {error.strerror}."
            last = Ended(conclusion="lost", outputs={}, at=datetime.now(UTC), why=why)
            house.report(order.job_id, Report(attempt=order.attempt, seq=0, happenings=[last]))

    def start(self, order: JobOrder, orders: Orders) -> None:
        place = self.workshop.job(order.job_id, order.attempt)
        card = Card(
            job_id=order.job_id,
            run_id=order.run_id,
            attempt=order.attempt,
            lease_seconds=order.lease_seconds,
            name=order.name,
        )
        place.make()
        place.put_card(card)
        courier = self.courier(place, card, is_new=True)
        courier.hear(orders)
        self.nursery.send(Errand(order, place, self.view, self.tier, self.wishes.name))
        self.carry(courier)

    def go_on(self) -> None:
        """With the jobs of an earlier life."""
        threading.Thread(target=remove, args=(self.workshop.trash,), name="trash", daemon=True).start()
        for place in self.workshop.left():
            card = place.card
            if card is None:
                place.clear_away(self.workshop.trash)
            else:
                self.carry(self.courier(place, card, is_new=False))

    def courier(self, place: JobPlace, card: Card, *, is_new: bool) -> Courier:
        house = House(self.wishes.house, self.wishes.token_file)
        wants = Wants(place, partial(self.bringer, card), self.leaving.is_set)
        return Courier(house, wants, place, card, self.leaving.is_set, is_new=is_new)

    def bringer(self, card: Card) -> Bringer:
        return Bringer(House(self.wishes.house, self.wishes.token_file), card, self.workshop.actions)

    def carry(self, courier: Courier) -> None:
        with self.room:
            self.busy += 1
            self.carrying += 1
        made_room = threading.Event()

        def make_room() -> None:
            """Once for each job."""
            with self.room:
                if not made_room.is_set():
                    made_room.set()
                    self.busy -= 1
                    self.room.notify_all()

        courier.make_room = make_room
        threading.Thread(target=self.carried, args=(courier,), name=courier.place.path.name, daemon=True).start()

    def carried(self, courier: Courier) -> None:
        is_done = False
        try:
            is_done = courier.carry()
        except Exception:
            log.exception("job %s", courier.place.path.name)
        finally:
            courier.make_room()
            with self.room:
                self.carrying -= 1
                self.room.notify_all()
            courier.house.hang_up()
        if is_done:
            self.sweep_up(courier.place)
            courier.place.clear_away(self.workshop.trash)

    def sweep_up(self, place: JobPlace) -> None:
        """Containers end with their job. Those of one that was killed are ended here."""
        if (place.path / "box").exists():
            try:
                sweep_up(self.workshop.path, self.wishes.user, f"dure-{place.path.name}")
            except Refused as refusal:
                log.warning("%s", refusal)

    def leave(self, *_: object) -> None:
        """On a signal. Only waiting is interrupted: a job that is being taken is begun first."""
        self.leaving.set()
        if self.is_waiting:
            raise Left


class Nursery:
    """The process that makes supervisors (job/nursery.py), made anew when it is gone."""

    def __init__(self, ahead: Ahead) -> None:
        self.ahead = ahead
        self.start()

    def start(self) -> None:
        self.socket, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from dure.runner.nursery import main; main()"],
                stdin=theirs.fileno(),
                start_new_session=True,
            )
        send(self.ahead, self.socket)

    def send(self, errand: Errand) -> None:
        try:
            send(errand, self.socket)
        except OSError:
            self.close()
            self.start()
            send(errand, self.socket)

    def close(self) -> None:
        self.socket.close()
        self.process.wait()
