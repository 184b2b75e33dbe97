"""Deliveries: what one room owes another is done, once, or stays visible."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update

from dure.kit import Missing, now
from dure.ledger import (
    HOUSE,
    Delivery,
    House,
    Rounds,
    Work,
    deliverer,
    on,
    retry_delivery,
    stuck_deliveries,
)
from tests.ledger.conftest import OpenHouse
from tests.ledger.notes import ADA, Note, NoteAnswered, NoteWritten, count, eventually, told, write_badly, write_note

TRIES = 8


def answer(work: Work, event: NoteWritten) -> None:
    work.record(NoteAnswered(words=event.words), about=[f"note:{event.words}"], within="project:1")


def praise(work: Work, event: NoteWritten) -> None:
    work.session.add(Note(words=f"well said: {event.words}"))


def fail(work: Work, event: NoteWritten) -> None:
    """Writes first and fails after: nothing of it may stay."""
    praise(work, event)
    work.session.flush()
    raise RuntimeError("the moon is full")


def owed(house: House) -> int:
    return house.read_now(HOUSE, lambda work: count(work, Delivery))


def hurry(house: House) -> None:
    """Whatever waits to be tried again is due now."""
    due = update(Delivery).where(Delivery.wake_at.is_not(None)).values(wake_at=now() - timedelta(hours=1))
    house.write_now(HOUSE, lambda work: work.session.execute(due))


def the_stuck(house: House) -> Delivery:
    ((delivery, entry),) = house.read_now(HOUSE, stuck_deliveries)
    assert entry.kind == NoteWritten.kind
    return delivery


def test_one_row_for_each_entry_and_reaction(open_house: OpenHouse) -> None:
    house = open_house([on(NoteWritten, answer), on(NoteWritten, praise)])
    for words in ("one", "two"):
        house.write_now(ADA, partial(write_note, words=words))
    assert owed(house) == 4


def test_a_reaction_is_called_by_the_house_after_the_commit(open_house: OpenHouse) -> None:
    house = open_house([on(NoteWritten, answer)])
    house.write_now(ADA, lambda work: write_note(work, "milk"))
    assert house.read_now(HOUSE, lambda work: told(work, "note:milk")) == ["wrote milk"]

    assert deliverer(house, "one").once()
    assert house.read_now(HOUSE, lambda work: told(work, "note:milk")) == ["wrote milk", "answered milk"]
    assert owed(house) == 0
    assert not deliverer(house, "one").once()


def test_a_refused_unit_owes_nothing(open_house: OpenHouse) -> None:
    house = open_house([on(NoteWritten, answer)])
    with pytest.raises(Exception, match="Not milk"):
        house.write_now(ADA, lambda work: write_badly(work, "milk"))
    assert owed(house) == 0


def test_an_entry_without_reactions_owes_nothing(house: House) -> None:
    house.write_now(ADA, lambda work: write_note(work, "milk"))
    assert owed(house) == 0


def test_a_failing_reaction_leaves_nothing_and_is_tried_again_later(open_house: OpenHouse) -> None:
    house = open_house([on(NoteWritten, fail)])
    house.write_now(ADA, lambda work: write_note(work, "milk"))

    assert deliverer(house, "one").once()
    waiting = the_stuck(house)
    assert (waiting.tries, waiting.trouble) == (1, "RuntimeError: the moon is full")
    assert waiting.stuck_at is None
    assert waiting.wake_at is not None
    assert waiting.lease_until is None
    assert house.read_now(HOUSE, lambda work: count(work, Note)) == 1


def test_what_keeps_failing_is_tried_ever_more_slowly_then_stuck_until_retried(open_house: OpenHouse) -> None:
    broken = open_house([on(NoteWritten, fail)])
    broken.write_now(ADA, lambda work: write_note(work, "milk"))
    one = deliverer(broken, "one")
    waits: list[float] = []
    for number in range(1, TRIES):
        hurry(broken)
        before = now()
        assert one.once()
        row = the_stuck(broken)
        assert (row.tries, row.stuck_at) == (number, None)
        assert row.wake_at is not None
        waits.append((row.wake_at - before).total_seconds())
    assert waits == sorted(waits)
    assert waits[-1] > 10 * waits[0]

    hurry(broken)
    assert one.once()
    stuck = the_stuck(broken)
    assert (stuck.tries, stuck.wake_at) == (TRIES, None)
    assert stuck.stuck_at is not None
    assert not one.once()

    broken.write_now(ADA, lambda work: retry_delivery(work, stuck.id))
    assert one.once()
    again = the_stuck(broken)
    assert (again.tries, again.stuck_at) == (1, None)


def test_a_retry_after_the_repair_delivers(open_house: OpenHouse) -> None:
    broken = open_house([on(NoteWritten, fail)])
    broken.write_now(ADA, lambda work: write_note(work, "milk"))
    for _ in range(TRIES):
        hurry(broken)
        deliverer(broken, "one").once()

    repaired = open_house([])
    repaired.reactions = {name: on(NoteWritten, praise) for name in broken.reactions}
    repaired.write_now(ADA, lambda work: retry_delivery(work, the_stuck(broken).id))
    assert deliverer(repaired, "two").once()
    assert owed(repaired) == 0
    assert repaired.read_now(HOUSE, lambda work: count(work, Note)) == 2


def test_retrying_what_was_delivered_meanwhile_says_so(house: House) -> None:
    with pytest.raises(Missing, match="no longer waiting"):
        house.write_now(ADA, lambda work: retry_delivery(work, 12345))


def test_a_reaction_this_house_does_not_have_is_left_alone(open_house: OpenHouse) -> None:
    newer, older = open_house([on(NoteWritten, answer), on(NoteWritten, praise)]), open_house([on(NoteWritten, answer)])
    newer.write_now(ADA, lambda work: write_note(work, "milk"))

    one = deliverer(older, "older")
    assert one.once()
    assert not one.once()
    assert owed(older) == 1
    assert deliverer(newer, "newer").once()
    assert owed(newer) == 0


def test_two_houses_on_one_database_deliver_each_once(open_house: OpenHouse) -> None:
    houses = [open_house([on(NoteWritten, answer), on(NoteWritten, praise)]) for _ in range(2)]
    rounds = [Rounds(house, f"house-{number}") for number, house in enumerate(houses)]
    for one in rounds:
        one.start()
    try:
        for number in range(40):
            house = houses[number % 2]
            house.write_now(ADA, partial(write_note, words=str(number)))
        eventually(lambda: owed(houses[0]) == 0)
    finally:
        for one in rounds:
            one.stop()
    for number in range(40):
        thread = houses[0].read_now(HOUSE, partial(told, ref=f"note:{number}"))
        assert thread == [f"wrote {number}", f"answered {number}"]
    assert houses[0].read_now(HOUSE, lambda work: count(work, Note)) == 80


def test_a_reaction_to_a_reaction_is_delivered_too(open_house: OpenHouse) -> None:
    def applaud(work: Work, event: NoteAnswered) -> None:
        work.session.add(Note(words=f"bravo: {event.words}"))

    house = open_house([on(NoteWritten, answer), on(NoteAnswered, applaud)])
    rounds = Rounds(house, "one")
    rounds.start()
    try:
        house.write_now(ADA, lambda work: write_note(work, "milk"))
        eventually(lambda: house.read_now(HOUSE, lambda work: count(work, Note)) == 2)
    finally:
        rounds.stop()
