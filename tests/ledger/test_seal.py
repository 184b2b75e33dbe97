"""Seals: the chain holds, and every kind of tampering shows."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from dure.kit import now
from dure.ledger import HOUSE, Chain, Entry, House, Seal, Sealer, Tampered, Work, seal, verify
from tests.ledger.conftest import OpenHouse
from tests.ledger.notes import ADA, NoteWritten, entries, eventually, seal_all, write_note


def check(house: House, expect: str | None = None) -> Chain:
    return house.read_now(HOUSE, partial(verify, expect=expect))


def fill(house: House, seals: int = 3) -> None:
    """Each seal gets three entries."""
    for batch in range(seals):
        for number in range(3):
            house.write_now(ADA, partial(write_note, words=f"{batch}-{number}"))
        seal_all(house)


@contextmanager
def from_outside(house: House) -> Iterator[Connection]:
    """Somebody with the keys to the database, who asks nobody."""
    with house.database.engine.connect() as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        yield connection


def test_an_empty_ledger_holds(house: House) -> None:
    assert check(house) == Chain(0, 0, "0" * 64, 0)


def test_a_chain_holds_and_tells_what_it_covers(house: House) -> None:
    fill(house)
    house.write_now(ADA, lambda work: write_note(work, "after the last seal"))
    chain = check(house)
    assert (chain.entries, chain.seals, chain.unsealed) == (9, 3, 1)


def test_sealing_nothing_makes_no_seal(house: House) -> None:
    assert house.write_now(HOUSE, seal) == 0
    assert check(house).seals == 0


def test_each_seal_depends_on_the_one_before(house: House) -> None:
    fill(house)
    digests = house.read_now(HOUSE, lambda work: list(work.session.scalars(select(Seal.digest))))
    assert len(set(digests)) == 3


OUTSIDE = "INSERT INTO ledger_entry (at, kind, actor, actor_name, within, facts, about, seal) SELECT "
TAMPERING = {
    "facts": ["""UPDATE ledger_entry SET facts = '{"note":1,"words":"x"}' WHERE id = 5"""],
    "actor": ["UPDATE ledger_entry SET actor = 'person:2' WHERE id = 5"],
    "actor-name": ["UPDATE ledger_entry SET actor_name = 'eve' WHERE id = 5"],
    "time": ["UPDATE ledger_entry SET at = (SELECT at FROM ledger_entry WHERE id = 1) WHERE id = 5"],
    "kind": ["UPDATE ledger_entry SET kind = 'test.note_answered' WHERE id = 5"],
    "scope": ["UPDATE ledger_entry SET within = 'project:2' WHERE id = 5"],
    "about": ["""UPDATE ledger_entry SET about = '["pile:2"]' WHERE id = 5"""],
    "entry-deleted": ["DELETE FROM ledger_ref WHERE entry_id = 5", "DELETE FROM ledger_entry WHERE id = 5"],
    "entry-unsealed": ["UPDATE ledger_entry SET seal = NULL WHERE id = 5"],
    "entry-moved": ["UPDATE ledger_entry SET seal = 3 WHERE id = 5"],
    "entry-added": [OUTSIDE + "at, kind, actor, actor_name, within, facts, about, seal FROM ledger_entry WHERE id = 5"],
    "entry-under-seal-nought": [
        OUTSIDE + "at, kind, actor, actor_name, within, facts, about, 0 FROM ledger_entry WHERE id = 5"
    ],
    "entry-under-a-seal-to-come": [
        OUTSIDE + "at, kind, actor, actor_name, within, facts, about, 9 FROM ledger_entry WHERE id = 5"
    ],
    "entries-reordered": [
        "UPDATE ledger_entry SET id = 105 WHERE id = 5",
        "UPDATE ledger_entry SET id = 5 WHERE id = 4",
        "UPDATE ledger_entry SET id = 4 WHERE id = 105",
    ],
    "seal-removed": ["DELETE FROM ledger_seal WHERE number = 2"],
    "first-seal-removed": ["DELETE FROM ledger_seal WHERE number = 1"],
    "last-seal-removed": ["DELETE FROM ledger_seal WHERE number = 3"],
    "seal-and-entries-removed": [
        "DELETE FROM ledger_ref WHERE entry_id IN (SELECT id FROM ledger_entry WHERE seal = 2)",
        "DELETE FROM ledger_entry WHERE seal = 2",
        "DELETE FROM ledger_seal WHERE number = 2",
    ],
    "seal-digest": [
        "UPDATE ledger_seal SET digest = (SELECT digest FROM ledger_seal WHERE number = 1) WHERE number = 2"
    ],
    "seal-time": ["UPDATE ledger_seal SET at = (SELECT at FROM ledger_seal WHERE number = 1) WHERE number = 2"],
    "seal-count": ["UPDATE ledger_seal SET entries = 4 WHERE number = 2"],
    "seals-swapped": [
        "UPDATE ledger_entry SET seal = 102 WHERE seal = 2",
        "UPDATE ledger_entry SET seal = 2 WHERE seal = 3",
        "UPDATE ledger_entry SET seal = 3 WHERE seal = 102",
    ],
    "thread-shortened": ["DELETE FROM ledger_ref WHERE entry_id = 5 AND ref = 'pile:1'"],
    "thread-lengthened": ["INSERT INTO ledger_ref (ref, entry_id) VALUES ('pile:2', 5)"],
    "thread-changed": ["UPDATE ledger_ref SET ref = 'pile:2' WHERE entry_id = 5 AND ref = 'pile:1'"],
}


@pytest.mark.parametrize("statements", TAMPERING.values(), ids=TAMPERING)
def test_tampering_shows(house: House, statements: list[str]) -> None:
    fill(house)
    check(house)
    with from_outside(house) as connection:
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount
    with pytest.raises(Tampered):
        check(house)


def test_an_end_that_was_cut_off_shows_against_a_noted_head(house: House) -> None:
    fill(house, seals=2)
    early = check(house).head
    fill_more = partial(write_note, words="the end")
    house.write_now(ADA, fill_more)
    seal_all(house)
    late = check(house, expect=early)

    with from_outside(house) as connection:
        connection.exec_driver_sql("DELETE FROM ledger_ref WHERE entry_id = 7")
        connection.exec_driver_sql("DELETE FROM ledger_entry WHERE id = 7")
        connection.exec_driver_sql("DELETE FROM ledger_seal WHERE number = 3")
    assert check(house, expect=early).seals == 2
    with pytest.raises(Tampered, match="cut off"):
        check(house, expect=late.head)


def test_the_sealer_seals_what_comes(house: House) -> None:
    sealer = Sealer(house)
    sealer.start()
    try:
        for number in range(30):
            house.write_now(ADA, partial(write_note, words=str(number)))
        eventually(lambda: check(house).entries == 30)
    finally:
        sealer.stop()
    assert check(house).unsealed == 0


def test_a_large_backlog_is_sealed_in_several_links(house: House) -> None:
    def many(work: Work) -> None:
        for number in range(4500):
            work.record(NoteWritten(note=number, words="x"), about=["pile:1"], within="project:1")

    house.write_now(ADA, many)
    seal_all(house)
    chain = check(house)
    assert (chain.entries, chain.seals) == (4500, 3)


def test_houses_seal_one_chain_together(open_house: OpenHouse) -> None:
    houses = [open_house() for _ in range(3)]
    sealers = [Sealer(house) for house in houses]
    for sealer in sealers:
        sealer.start()
    try:
        with ThreadPoolExecutor(6) as pool:
            for number in range(90):
                pool.submit(houses[number % 3].write_now, ADA, partial(write_note, words=str(number)))
        eventually(lambda: check(houses[0]).entries == 90)
    finally:
        for sealer in sealers:
            sealer.stop()
    assert check(houses[1]).unsealed == 0


def test_entries_committed_out_of_order_are_sealed_in_the_order_of_commits(open_house: OpenHouse) -> None:
    """On PostgreSQL a lower id may be committed after a higher one; it is not forgotten, and comes after it."""
    house = open_house()
    if house.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer; ids come in the order of commits")

    def entry(words: str) -> Entry:
        event = NoteWritten(note=1, words=words)
        return Entry(
            at=now(), kind=event.kind, facts=event.facts(), actor=ADA.ref, actor_name=ADA.name, within="x", about="[]"
        )

    with Session(house.database.engine) as slow, Session(house.database.engine) as quick:
        slow.add(first := entry("slow"))
        slow.flush()
        quick.add(second := entry("quick"))
        quick.flush()
        assert first.id < second.id
        quick.commit()
        seal_all(house)
        slow.commit()
        seal_all(house)

    order = house.read_now(HOUSE, lambda work: sorted(entries(work), key=lambda row: (row.seal or 0, row.id)))
    assert [str(row.sentence()) for row in order] == ["wrote quick", "wrote slow"]
    assert check(house).seals == 2
