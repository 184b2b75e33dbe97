"""The smallest noun that a ledger can be tried with: notes, which are written and torn up."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import Refused, Text, say
from dure.ledger import BIG, HOUSE, Actor, Entry, Event, House, Table, Work, seal, thread

ADA = Actor("person:1", "ada")
EVENTUALLY_SECONDS = 60


class Note(Table):
    __tablename__ = "test_note"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    words: Mapped[str] = mapped_column(unique=True)


@dataclass(frozen=True, kw_only=True)
class NoteWritten(Event, kind="test.note_written"):
    note: int
    words: str

    def sentence(self) -> Text:
        return say("wrote {words}", words=self.words)


@dataclass(frozen=True, kw_only=True)
class NoteAnswered(Event, kind="test.note_answered"):
    words: str

    def sentence(self) -> Text:
        return say("answered {words}", words=self.words)


def write_note(work: Work, words: str, *, within: str = "project:1") -> int:
    note = work.add(Note(words=words))
    event = NoteWritten(note=note.id, words=words)
    work.record(event, about=[f"note:{words}", "pile:1"], within=within)
    return note.id


def write_badly(work: Work, words: str) -> None:
    """Writes first and says no after: nothing of it may stay."""
    write_note(work, words)
    work.ring("bad")
    raise Refused(say("Not {words}.", words=words))


def written(work: Work) -> list[str]:
    return list(work.session.scalars(select(Note.words).order_by(Note.id)))


def entries(work: Work) -> list[Entry]:
    return list(work.session.scalars(select(Entry).order_by(Entry.id)))


def told(work: Work, ref: str) -> list[str]:
    return [str(entry.sentence()) for entry in thread(work, ref, limit=10_000)]


def count(work: Work, table: type[Table]) -> int:
    return work.session.execute(select(func.count()).select_from(table)).scalar_one()


def seal_all(house: House) -> None:
    while house.write_now(HOUSE, seal):
        pass


def eventually(condition: Callable[[], bool]) -> None:
    """Waits until it is so, as long as a very slow machine may take."""
    give_up_at = time.monotonic() + EVENTUALLY_SECONDS
    while not condition():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"not so within {EVENTUALLY_SECONDS} s")
        time.sleep(0.005)
