"""Deliveries as a kill-point scenario: each note that is written is answered once, by each of three reactions."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dure.ledger import Delivery, Entry, House, Reaction, Reconciler, Work, deliverer
from tests.ledger.notes import Note, NoteAnswered, NoteWritten, told, write_note, written
from tests.parts.killpoints import Pause, Scenario

ANSWERS = ("first", "second", "third")


def answer(with_words: str, work: Work, entry: Entry) -> None:
    """A row and an event: both must be there once, however often the owner died."""
    event = entry.event()
    assert isinstance(event, NoteWritten)
    words = f"{event.words}/{with_words}"
    work.session.add(Note(words=words))
    work.record(NoteAnswered(words=words), about=[f"note:{event.words}"], within="project:1")


REACTIONS = [Reaction(f"test.{words}", NoteWritten, partial(answer, words)) for words in ANSWERS]


def rounds(house: House, _: Path, owner: str, lease_seconds: float, pause: Pause) -> Sequence[Reconciler[Any]]:
    return [deliverer(house, owner, lease_seconds=lease_seconds, pause=pause)]


def submit(work: Work, world: Path) -> None:
    write_note(work, world.name)


def unfinished(work: Work) -> bool:
    return work.session.execute(select(Delivery.id).limit(1)).first() is not None


def check(work: Work, world: Path) -> None:
    answers = {f"{world.name}/{words}" for words in ANSWERS}
    assert {words for words in written(work) if words.startswith(f"{world.name}/")} == answers
    wrote, *answered = told(work, f"note:{world.name}")
    assert wrote == f"wrote {world.name}"
    assert sorted(answered) == sorted(f"answered {words}" for words in answers)


scenario = Scenario(rounds=rounds, submit=submit, unfinished=unfinished, check=check, reactions=REACTIONS)
