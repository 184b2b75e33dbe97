"""One new row: there at once, known to its session, and never the reason why something half is kept."""

import asyncio
from contextlib import suppress
from functools import partial

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from dure.ledger import HOUSE, House, Work
from tests.ledger.notes import ADA, Note, write_note, written
from tests.ledger.rollout import Rollout


def test_a_new_row_has_its_key_and_keeps_what_is_changed_on_it(house: House) -> None:
    def write(work: Work) -> int:
        note = work.add(Note(words="milk"))
        assert work.session.get(Note, note.id) is note
        note.words = "honey"
        return note.id

    number = house.write_now(ADA, write)
    assert house.read_now(HOUSE, lambda work: work.session.get_one(Note, number).words) == "honey"


def test_what_a_row_does_not_say_is_the_default_on_it_and_in_the_table(house: House) -> None:
    def write(work: Work) -> int:
        rollout = work.add(Rollout(name="blue", phase="start"))
        assert (rollout.weight, rollout.owner, rollout.lease_until) == (0, "", None)
        return rollout.id

    number = house.write_now(ADA, write)
    kept = house.read_now(HOUSE, lambda work: work.session.get_one(Rollout, number))
    assert (kept.name, kept.weight, kept.owner, kept.fence, kept.lease_until) == ("blue", 0, "", 0, None)


def test_rows_that_wait_for_their_flush_go_first(house: House) -> None:
    def write(work: Work) -> None:
        work.session.add(Note(words="first"))
        work.add(Note(words="second"))

    house.write_now(ADA, write)
    assert house.read_now(HOUSE, written) == ["first", "second"]


def test_a_unit_that_goes_on_after_a_row_was_refused_is_refused_alone(house: House) -> None:
    house.write_now(ADA, lambda work: write_note(work, "taken"))

    def go_on_regardless(work: Work) -> None:
        with suppress(IntegrityError):
            work.add(Note(words="taken"))
        with suppress(DBAPIError):
            work.add(Note(words="after the fall"))

    async def both() -> list[object]:
        bad, good = house.write(ADA, go_on_regardless), house.write(ADA, partial(write_note, words="good"))
        return list(await asyncio.gather(bad, good, return_exceptions=True))

    bad, good = asyncio.run(both())
    assert isinstance(bad, IntegrityError)
    assert isinstance(good, int)
    assert house.read_now(HOUSE, written) == ["taken", "good"]


def test_a_row_may_be_refused_in_a_savepoint_of_its_own(house: House) -> None:
    house.write_now(ADA, lambda work: write_note(work, "taken"))

    def try_and_go_on(work: Work) -> None:
        with pytest.raises(IntegrityError), work.session.begin_nested():
            work.add(Note(words="taken"))
        work.add(Note(words="instead"))

    house.write_now(ADA, try_and_go_on)
    assert house.read_now(HOUSE, written) == ["taken", "instead"]
