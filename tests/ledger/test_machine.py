"""Machines: phases follow each other, leases hold, and nobody who wakes or cancels is overheard."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import update

from dure.kit import now
from dure.ledger import HOUSE, House, Move, Phases, Reconciler, Turn, Work, cancel, database_time, wake
from dure.ledger.machine import claim, next_wake, renew, retake
from tests.ledger.chore import Chore, begin_chore, find, look
from tests.ledger.notes import EVENTUALLY_SECONDS, eventually

HOUR = 3600.0


class Gate:
    """Holds a phase function at a known place until the test lets it go on."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def hold(self) -> None:
        self.reached.set()
        assert self.opened.wait(EVENTUALLY_SECONDS)

    def wait(self) -> None:
        assert self.reached.wait(EVENTUALLY_SECONDS)


@contextmanager
def running(*reconcilers: Reconciler[Chore]) -> Iterator[None]:
    for reconciler in reconcilers:
        reconciler.start()
    try:
        yield
    finally:
        for reconciler in reconcilers:
            reconciler.stop()


def test_phases_follow_each_other_to_the_end(house: House) -> None:
    seen: list[str] = []

    def work(turn: Turn[Chore]) -> Move[Chore]:
        seen.append(turn.row.phase)
        return Move("tidy")

    def tidy(turn: Turn[Chore]) -> Move[Chore]:
        seen.append(turn.row.phase)
        return Move("done")

    with running(Phases(Chore, {"work": work, "tidy": tidy}).reconciler(house, "one")):
        number = begin_chore(house)
        eventually(lambda: look(house, number).phase == "done")
    assert seen == ["work", "tidy"]
    done = look(house, number)
    assert (done.wake_at, done.lease_until, done.fence, done.owner) == (None, None, 2, "one")


def test_what_is_written_with_a_move_sees_the_row_as_it_is_now(house: House) -> None:
    gate = Gate()

    def work(_: Turn[Chore]) -> Move[Chore]:
        gate.hold()
        return Move("done", write=lambda _, row: setattr(row, "name", row.name + "!"))

    with running(Phases(Chore, {"work": work}).reconciler(house, "one")):
        number = begin_chore(house)
        gate.wait()
        house.write_now(HOUSE, lambda work: setattr(find(work, number), "name", "renamed"))
        gate.opened.set()
        eventually(lambda: look(house, number).phase == "done")
    assert look(house, number).name == "renamed!"


def test_a_lease_is_renewed_while_a_long_phase_runs(house: House) -> None:
    gate, turns = Gate(), list[str]()

    def work(turn: Turn[Chore]) -> Move[Chore]:
        turns.append(turn.row.owner)
        gate.hold()
        return Move("done")

    phases = Phases(Chore, {"work": work})
    one, two = (phases.reconciler(house, owner, lease_seconds=0.6) for owner in ("one", "two"))
    with running(one):
        number = begin_chore(house)
        gate.wait()
        leases = {look(house, number).lease_until}
        # Three renewals last longer than the lease that was claimed.
        while len(leases) < 5:
            eventually(lambda: look(house, number).lease_until not in leases)
            leases.add(look(house, number).lease_until)
        assert not two.once()
        gate.opened.set()
        eventually(lambda: look(house, number).phase == "done")
    assert turns == ["one"]


def test_a_renewal_that_comes_late_does_not_lock_the_row_up(house: House) -> None:
    number = begin_chore(house)
    (row,) = house.write_now(HOUSE, lambda work: claim(work.session, Chore, "one", HOUR))
    assert house.write_now(HOUSE, lambda work: retake(work.session, Chore, row)) is not None
    assert not house.write_now(HOUSE, lambda work: renew(work.session, row, HOUR))
    assert look(house, number).lease_until is None


def test_an_owner_that_lost_its_row_is_told_and_changes_nothing(house: House) -> None:
    lost = threading.Event()

    def work(turn: Turn[Chore]) -> Move[Chore]:
        steal = update(Chore).where(Chore.id == turn.row.id)
        house.write_now(HOUSE, lambda w: w.session.execute(steal.values(fence=Chore.fence + 1, owner="thief")))
        eventually(lambda: turn.lost)
        lost.set()
        return Move("done")

    with running(Phases(Chore, {"work": work}).reconciler(house, "one", lease_seconds=0.3)):
        number = begin_chore(house)
        assert lost.wait(EVENTUALLY_SECONDS)
    row = look(house, number)
    assert (row.phase, row.owner) == ("work", "thief")


def test_claims_give_each_row_to_one_owner(house: House) -> None:
    for _ in range(3):
        begin_chore(house)
    first = house.write_now(HOUSE, lambda work: claim(work.session, Chore, "one", HOUR, limit=2))
    second = house.write_now(HOUSE, lambda work: claim(work.session, Chore, "two", HOUR, limit=2))
    assert (len(first), len(second)) == (2, 1)
    assert not {row.id for row in first} & {row.id for row in second}


def test_a_row_whose_lease_ran_out_is_taken_over_with_a_higher_fence(house: House) -> None:
    begin_chore(house)
    (first,) = house.write_now(HOUSE, lambda work: claim(work.session, Chore, "one", -1))
    (second,) = house.write_now(HOUSE, lambda work: claim(work.session, Chore, "two", HOUR))
    assert (second.id, second.fence) == (first.id, first.fence + 1)
    assert house.write_now(HOUSE, lambda work: retake(work.session, Chore, first)) is None
    assert not house.write_now(HOUSE, lambda work: renew(work.session, first, HOUR))


@pytest.mark.parametrize("while_it_runs", [True, False], ids=["during-the-phase", "during-the-sleep"])
@pytest.mark.parametrize("act", [cancel, wake])
def test_nobody_who_cancels_or_wakes_is_overheard(house: House, act: object, while_it_runs: bool) -> None:
    gate = Gate()
    asked: list[bool] = []

    def work(turn: Turn[Chore]) -> Move[Chore]:
        asked.append(turn.cancel_asked)
        if len(asked) == 1:
            if while_it_runs:
                gate.hold()
            return Move("work", after_seconds=None if act is wake else HOUR)
        return Move("done")

    with running(Phases(Chore, {"work": work}).reconciler(house, "one")):
        number = begin_chore(house)
        if while_it_runs:
            gate.wait()
        else:
            eventually(lambda: look(house, number).lease_until is None and len(asked) == 1)
        verb = cancel if act is cancel else wake
        house.write_now(HOUSE, lambda work: verb(work, find(work, number)))
        gate.opened.set()
        eventually(lambda: look(house, number).phase == "done")
    assert asked == [False, act is cancel]


def test_a_phase_that_fails_backs_off_and_says_why(house: House) -> None:
    fails = [True, True, False]

    def work(_: Turn[Chore]) -> Move[Chore]:
        if fails.pop(0):
            raise RuntimeError("the broom broke")
        return Move("rest", after_seconds=HOUR)

    one = Phases(Chore, {"work": work, "rest": work}).reconciler(house, "one")
    number = begin_chore(house)
    waits: list[timedelta] = []
    for tries in (1, 2):
        before = now()
        assert one.once()
        row = look(house, number)
        assert (row.phase, row.tries, row.trouble) == ("work", tries, "RuntimeError: the broom broke")
        assert row.lease_until is None
        assert row.wake_at is not None
        waits.append(row.wake_at - before)
        assert not one.once()
        house.write_now(HOUSE, lambda work: wake(work, find(work, number)))
    assert waits[1] > waits[0] > timedelta(0)

    assert one.once()
    row = look(house, number)
    assert (row.phase, row.tries, row.trouble) == ("rest", 0, "")


def test_who_wakes_a_failing_phase_is_not_made_to_wait(house: House) -> None:
    turns: list[int] = []

    def work(turn: Turn[Chore]) -> Move[Chore]:
        turns.append(turn.row.tries)
        if len(turns) == 1:
            house.write_now(HOUSE, lambda work: cancel(work, find(work, turn.row.id)))
            raise RuntimeError("the broom broke")
        assert turn.cancel_asked
        return Move("done")

    one = Phases(Chore, {"work": work}).reconciler(house, "one")
    begin_chore(house)
    assert one.once()
    assert one.once()
    assert turns == [0, 1]


def test_a_move_that_cannot_be_written_is_a_failure_of_its_phase(house: House) -> None:
    def refuse(_: Work, row: Chore) -> None:
        row.name = "spoiled"
        raise RuntimeError("the ink is dry")

    one = Phases(Chore, {"work": lambda _: Move("done", write=refuse)}).reconciler(house, "one")
    number = begin_chore(house)
    assert one.once()
    row = look(house, number)
    assert (row.phase, row.name, row.trouble) == ("work", "sweep", "RuntimeError: the ink is dry")


def test_phases_of_a_newer_dure_are_left_alone(house: House) -> None:
    one = Phases(Chore, {"work": lambda _: Move("done")}).reconciler(house, "one")
    number = begin_chore(house, phase="later_invented")
    assert not one.once()
    row = look(house, number)
    assert (row.phase, row.fence) == ("later_invented", 0)
    assert house.read_now(HOUSE, lambda work: next_wake(work.session, Chore, Chore.phase.in_(["work"]))) is None


def test_the_next_wake_is_found_behind_many_rows_at_work(house: House) -> None:
    def many(work: Work) -> None:
        time = database_time(work.session)
        for number in range(150):
            row = Chore(phase="work", wake_at=time - timedelta(minutes=number))
            row.lease_until = time + timedelta(hours=2)
            work.session.add(row)
        work.session.add(Chore(phase="work", wake_at=time + timedelta(hours=1)))

    house.write_now(HOUSE, many)
    seconds = house.read_now(HOUSE, lambda work: next_wake(work.session, Chore))
    assert seconds is not None
    assert seconds <= HOUR


def test_a_row_without_wake_waits_for_nobody(house: House) -> None:
    number = begin_chore(house)
    sleep = update(Chore).values(wake_at=None)
    house.write_now(HOUSE, lambda work: work.session.execute(sleep))
    assert house.read_now(HOUSE, lambda work: next_wake(work.session, Chore)) is None
    assert not Phases(Chore, {"work": lambda _: Move("done")}).reconciler(house, "one").once()
    assert look(house, number).phase == "work"


def test_time_is_the_databases(house: House) -> None:
    first, second = (house.read_now(HOUSE, lambda work: database_time(work.session)) for _ in range(2))
    assert first < second
    assert first.utcoffset() == timedelta(0)


def test_stopping_finishes_the_row_in_hand_and_takes_no_more(house: House) -> None:
    gate = Gate()
    seen: list[int] = []

    def work(turn: Turn[Chore]) -> Move[Chore]:
        seen.append(turn.row.id)
        gate.hold()
        return Move("done")

    one = Phases(Chore, {"work": work}).reconciler(house, "one")
    first, second = begin_chore(house), begin_chore(house)
    one.start()
    gate.wait()
    threading.Timer(0.05, gate.opened.set).start()
    one.stop(EVENTUALLY_SECONDS)
    assert seen == [first]
    assert (look(house, first).phase, look(house, second).phase) == ("done", "work")


def test_a_reconciler_outlives_trouble_of_its_own(house: House) -> None:
    """A handler that raises is logged; the next row is still done."""
    raised = threading.Event()

    def work(_: Turn[Chore]) -> Move[Chore]:
        return Move("done")

    phases = Phases(Chore, {"work": work})

    def pause(point: str) -> None:
        if point == "claimed" and not raised.is_set():
            raised.set()
            raise RuntimeError("a bug between the points")

    with running(phases.reconciler(house, "one", lease_seconds=0.2, pause=pause)):
        number = begin_chore(house)
        eventually(lambda: look(house, number).phase == "done")
    assert raised.is_set()


def test_the_fence_rises_with_each_claim(house: House) -> None:
    fences: list[int] = []

    def work(turn: Turn[Chore]) -> Move[Chore]:
        fences.append(turn.fence)
        return Move("work" if len(fences) < 3 else "done")

    one = Phases(Chore, {"work": work}).reconciler(house, "one")
    begin_chore(house)
    while one.once():
        pass
    assert fences == [1, 2, 3]


def test_many_workers_share_the_rows(house: House) -> None:
    done: list[int] = []

    def work(turn: Turn[Chore]) -> Move[Chore]:
        done.append(turn.row.id)
        return Move("done")

    with running(Phases(Chore, {"work": work}).reconciler(house, "one", workers=4)):
        numbers = [begin_chore(house) for _ in range(30)]
        eventually(lambda: len(done) >= 30)
    assert sorted(done) == sorted(numbers)
