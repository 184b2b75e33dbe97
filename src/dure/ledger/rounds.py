"""The rounds of the house: the threads that seal, deliver, keep time and carry machines on."""

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any, Protocol

from dure.ledger.delivery import Delivery, deliver, note_failure
from dure.ledger.house import House
from dure.ledger.machine import LEASE_SECONDS, Every, Lease, Pause, Phases, Reconciler, Timetable, go_on
from dure.ledger.seal import Sealer
from dure.ledger.work import HOUSE

log = logging.getLogger(__name__)


class Round(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...


class Rounds:
    """Start them once the database is ready; stop them before it closes."""

    def __init__(
        self,
        house: House,
        owner: str,
        *,
        timers: Iterable[Every] = (),
        machines: Iterable[Phases[Any]] = (),
        others: Iterable[Round] = (),
    ) -> None:
        self.house = house
        self.timetable = Timetable(timers)
        self.rounds: list[Round] = [Sealer(house), deliverer(house, owner)]
        self.rounds += [phases.reconciler(house, owner) for phases in (self.timetable.phases, *machines)]
        self.rounds += others

    def start(self) -> None:
        self.house.write_now(HOUSE, self.timetable.hang_up)
        for one in self.rounds:
            one.start()

    def stop(self) -> None:
        for one in reversed(self.rounds):
            one.stop()


def deliverer(
    house: House,
    owner: str,
    *,
    lease_seconds: float = LEASE_SECONDS,
    pause: Pause = go_on,
) -> Reconciler[Delivery]:
    """Delivers what is owed. Reactions that this house does not have belong to a newer one and are left alone."""

    def handle(lease: Lease[Delivery]) -> None:
        row = lease.row
        try:
            house.write_now(HOUSE, lambda work: deliver(work, row, house.reactions))
        except Exception as error:
            log.exception("could not deliver entry %s to %s", row.entry_id, row.reaction)
            house.write_now(HOUSE, partial(note_failure, row, error))
            return
        pause("committed")

    return Reconciler(
        house,
        Delivery,
        handle,
        owner=owner,
        conditions=[Delivery.reaction.in_(house.reactions)],
        lease_seconds=lease_seconds,
        pause=pause,
    )
