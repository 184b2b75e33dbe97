"""Events and entries: what is recorded, what is found again, and what leaves no trace."""

import asyncio
from functools import partial

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from dure.kit import Refused, say
from dure.ledger import HOUSE, Entry, EntryRef, Event, House, Work, thread
from tests.ledger.notes import ADA, NoteWritten, entries, eventually, told, write_badly, write_note, written


def test_an_entry_keeps_who_what_where_and_about(house: House) -> None:
    number = house.write_now(ADA, lambda work: write_note(work, "milk", within="project:7"))

    (entry,) = house.read_now(HOUSE, entries)
    assert (entry.actor, entry.actor_name, entry.within, entry.kind) == (
        "person:1",
        "ada",
        "project:7",
        NoteWritten.kind,
    )
    assert entry.refs == ["note:milk", "pile:1"]
    assert entry.at.utcoffset() is not None
    assert entry.event() == NoteWritten(note=number, words="milk")
    assert str(entry.sentence()) == "wrote milk"


def test_a_thread_tells_what_is_about_one_thing_oldest_first(house: House) -> None:
    for words in ("one", "two", "three"):
        house.write_now(ADA, partial(write_note, words=words))

    assert house.read_now(HOUSE, lambda work: told(work, "pile:1")) == ["wrote one", "wrote two", "wrote three"]
    assert house.read_now(HOUSE, lambda work: told(work, "note:two")) == ["wrote two"]
    assert house.read_now(HOUSE, lambda work: told(work, "note:four")) == []


def test_a_thread_is_read_page_by_page(house: House) -> None:
    for number in range(5):
        house.write_now(ADA, partial(write_note, words=str(number)))

    first = house.read_now(HOUSE, lambda work: thread(work, "pile:1", limit=2))
    rest = house.read_now(HOUSE, lambda work: thread(work, "pile:1", after=first[-1].id))
    assert [entry.event().words for entry in (*first, *rest)] == ["0", "1", "2", "3", "4"]  # type: ignore[attr-defined]


def test_events_of_one_unit_keep_their_order(house: House) -> None:
    def three(work: Work) -> None:
        for words in ("c", "a", "b"):
            work.record(NoteWritten(note=1, words=words), about=["pile:1", "pile:1"], within="project:1")

    house.write_now(ADA, three)
    assert house.read_now(HOUSE, lambda work: told(work, "pile:1")) == ["wrote c", "wrote a", "wrote b"]


def test_an_event_may_be_about_nothing(house: House) -> None:
    house.write_now(ADA, lambda work: work.record(NoteWritten(note=1, words="x"), about=[], within="house"))
    (entry,) = house.read_now(HOUSE, entries)
    assert entry.refs == []


def test_an_entry_of_an_unknown_kind_still_says_its_name(house: House) -> None:
    house.write_now(ADA, lambda work: write_note(work, "milk"))
    house.write_now(HOUSE, lambda work: work.session.execute(update(Entry).values(kind="later.thing_happened")))

    (entry,) = house.read_now(HOUSE, entries)
    assert str(entry.sentence()) == "did something this Dure does not know (later.thing_happened)"


def test_two_events_may_not_share_a_name() -> None:
    with pytest.raises(TypeError, match=r"test\.note_written"):
        type("Impostor", (Event,), {}, kind="test.note_written")


def test_a_refused_unit_leaves_nothing(house: House) -> None:
    before = house.bell.rung("bad")
    with pytest.raises(Refused, match=r"Not milk\."):
        house.write_now(ADA, lambda work: write_badly(work, "milk"))

    assert house.read_now(HOUSE, written) == []
    assert house.read_now(HOUSE, entries) == []
    assert house.bell.rung("bad") == before


def test_a_bad_unit_spoils_nobody_elses(house: House) -> None:
    """Fifty at once: some say no, some break a rule of the database, the others are all kept."""
    house.write_now(ADA, lambda work: write_note(work, "taken"))

    def unit(work: Work, number: int) -> int:
        if number % 5 == 0:
            write_badly(work, f"bad {number}")
        return write_note(work, "taken" if number % 7 == 0 else f"good {number}")

    async def all_at_once() -> list[int | BaseException]:
        writes = [house.write(ADA, partial(unit, number=number)) for number in range(50)]
        return await asyncio.gather(*writes, return_exceptions=True)

    answers = asyncio.run(all_at_once())

    good = {number for number in range(50) if number % 5 and number % 7}
    assert {number for number, answer in enumerate(answers) if isinstance(answer, Refused)} == set(range(0, 50, 5))
    assert {number for number, answer in enumerate(answers) if isinstance(answer, int)} == good
    assert all(isinstance(answers[number], IntegrityError) for number in range(7, 50, 7) if number % 5)
    expected = {"taken", *(f"good {number}" for number in good)}
    assert set(house.read_now(HOUSE, written)) == expected
    recorded = [entry.event().words for entry in house.read_now(HOUSE, entries)]  # type: ignore[attr-defined]
    assert sorted(recorded) == sorted(expected)


def test_each_write_of_fifty_callers_is_kept_once(house: House) -> None:
    async def caller(number: int) -> list[int]:
        return [await house.write(ADA, partial(write_note, words=f"{number}-{turn}")) for turn in range(10)]

    async def all_callers() -> list[list[int]]:
        return await asyncio.gather(*(caller(number) for number in range(50)))

    numbers = [number for caller_numbers in asyncio.run(all_callers()) for number in caller_numbers]
    assert len(set(numbers)) == 500
    assert len(house.read_now(HOUSE, written)) == 500
    found = house.read_now(HOUSE, lambda work: thread(work, "pile:1", limit=1000))
    assert sorted(entry.event().note for entry in found) == sorted(numbers)  # type: ignore[attr-defined]


def test_reading_cannot_write(house: House) -> None:
    def sneak(work: Work) -> None:
        work.session.add(EntryRef(ref="note:x", entry_id=1))
        work.session.flush()

    with pytest.raises(Refused, match="cannot be written"):
        house.read_now(ADA, sneak)


def test_a_reading_unit_sees_one_moment(house: House) -> None:
    """What is committed in the middle of a reading unit is not half seen by it."""

    def read_twice(work: Work) -> tuple[int, int]:
        first = len(written(work))
        house.write_now(ADA, lambda other: write_note(other, "meanwhile"))
        return first, len(written(work))

    assert house.read_now(HOUSE, read_twice) == (0, 0)
    assert house.read_now(HOUSE, written) == ["meanwhile"]


def test_bells_ring_after_the_commit_only(house: House) -> None:
    seen_at_the_ring: list[list[str]] = []
    end = house.bell.hear("notes", lambda: seen_at_the_ring.append(house.read_now(HOUSE, written)))

    def ring(work: Work) -> None:
        write_note(work, "milk")
        work.ring("notes")

    before = house.bell.rung("notes")
    house.write_now(ADA, ring)
    assert house.bell.wait("notes", before, 60)
    # PostgreSQL rings every bell once when its line is first heard, so there may be a ring before as well.
    eventually(lambda: ["milk"] in seen_at_the_ring)
    end()


def test_an_answer_may_be_anything(house: House) -> None:
    """Even what asyncio will not carry: then the caller is told so, and nobody else waits for ever."""

    def run_out(_: Work) -> None:
        raise StopIteration

    async def both() -> list[object]:
        writes = house.write(ADA, run_out), house.write(ADA, lambda work: write_note(work, "milk"))
        return list(await asyncio.gather(*writes, return_exceptions=True))

    problem, number = asyncio.run(both())
    assert isinstance(problem, RuntimeError)
    assert isinstance(number, int)


def test_answers_come_to_the_loop_that_asked(house: House) -> None:
    """A house may be asked by one loop after another, and by several at once."""

    async def write(words: str) -> int:
        return await house.write(ADA, lambda work: write_note(work, words))

    def in_a_loop_of_its_own(words: str) -> int:
        return asyncio.run(write(words))

    async def two_loops() -> list[int]:
        elsewhere = [asyncio.to_thread(in_a_loop_of_its_own, f"loop {number}") for number in range(8)]
        return await asyncio.gather(write("here"), *elsewhere)

    assert len(set(asyncio.run(two_loops()))) == 9
    assert asyncio.run(write("again"))


def test_the_caller_who_gives_up_does_not_stop_the_write(house: House) -> None:
    async def give_up() -> None:
        task = asyncio.create_task(house.write(ADA, lambda work: write_note(work, "milk")))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await house.write(ADA, lambda work: write_note(work, "bread"))

    asyncio.run(give_up())
    # Nobody waits for it any more, so it may come after what was written next.
    eventually(lambda: sorted(house.read_now(HOUSE, written)) == ["bread", "milk"])


def test_say_is_lazy_in_an_entry(house: House) -> None:
    house.write_now(ADA, lambda work: write_note(work, "milk"))
    (entry,) = house.read_now(HOUSE, entries)
    assert entry.sentence() == say("wrote {words}", words="milk")
