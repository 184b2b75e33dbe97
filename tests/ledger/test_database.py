"""The database on bad days: nothing acknowledged is lost, and nothing refused is half there."""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from dure.kit import Refused
from dure.ledger import HOUSE, Closed, House, NotSaved, Table, Work, open_database
from tests.ledger.notes import ADA, EVENTUALLY_SECONDS, entries, eventually, write_badly, write_note, written

ACKNOWLEDGED = 1000
PAGES_FREE = 100
"""So much room is left on the small disk beside the empty tables, however many there are."""


@pytest.fixture
def small_house(tmp_path: Path) -> Iterator[House]:
    """A house on a disk that is really full after some hundred kilobytes: SQLite itself refuses to grow."""
    address = f"sqlite:///{tmp_path}/small.db"
    with closing(open_database(address)) as empty:
        Table.metadata.create_all(empty.engine)
        with empty.engine.connect() as connection:
            pages_max = connection.execute(text("PRAGMA page_count")).scalar_one() + PAGES_FREE

    def limit(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.cursor().execute(f"PRAGMA max_page_count={pages_max}")

    database = open_database(address)
    event.listen(database.engine, "connect", limit)
    with closing(House(database)) as house:
        yield house


def write_much(work: Work, number: int) -> int:
    return write_note(work, f"{number} " + "x" * 20_000)


def test_a_full_disk_is_said_in_a_sentence_and_nothing_is_half_saved(small_house: House) -> None:
    """Many callers at once, so that batches with good and bad units meet the full disk."""

    async def all_at_once() -> list[int | BaseException]:
        writes = [small_house.write(ADA, partial(write_much, number=number)) for number in range(60)]
        return await asyncio.gather(*writes, return_exceptions=True)

    answers = asyncio.run(all_at_once())
    saved = {number for number, answer in enumerate(answers) if isinstance(answer, int)}
    refused = [answer for answer in answers if not isinstance(answer, int)]
    assert refused
    assert all(isinstance(answer, NotSaved) and "disk is full" in str(answer) for answer in refused)

    there = {int(words.split()[0]) for words in small_house.read_now(HOUSE, written)}
    told = {int(entry.event().words.split()[0]) for entry in small_house.read_now(HOUSE, entries)}  # type: ignore[attr-defined]
    assert there == told == saved


def test_writes_go_on_once_there_is_room_again(small_house: House) -> None:
    def fill() -> None:
        for number in range(1000):
            small_house.write_now(ADA, partial(write_much, number=number))

    with pytest.raises(NotSaved, match="disk is full"):
        fill()
    small_house.write_now(ADA, lambda work: work.session.execute(text("PRAGMA max_page_count=100000")))
    small_house.write_now(ADA, lambda work: write_note(work, "room"))
    assert small_house.read_now(HOUSE, written)[-1] == "room"


@pytest.mark.parametrize("explosion", [SystemExit, KeyboardInterrupt, RuntimeError, RecursionError, GeneratorExit])
def test_the_writer_survives_an_exploding_unit(house: House, explosion: type[BaseException]) -> None:
    def explode(work: Work) -> None:
        write_note(work, "half")
        raise explosion

    with pytest.raises(explosion):
        house.write_now(ADA, explode)
    house.write_now(ADA, lambda work: write_note(work, "whole"))
    assert house.read_now(HOUSE, written) == ["whole"]


def test_a_unit_that_breaks_its_session_spoils_nobody_else(house: House) -> None:
    """It catches the database's no and goes on as if nothing were: then it is refused, and it alone."""
    house.write_now(ADA, lambda work: write_note(work, "taken"))

    def go_on_regardless(work: Work) -> None:
        with suppress(Exception):
            write_note(work, "taken")
        write_note(work, "after the fall")

    async def both() -> list[object]:
        bad, good = house.write(ADA, go_on_regardless), house.write(ADA, partial(write_note, words="good"))
        return list(await asyncio.gather(bad, good, return_exceptions=True))

    bad, good = asyncio.run(both())
    assert isinstance(bad, Exception)
    assert isinstance(good, int)
    assert house.read_now(HOUSE, written) == ["taken", "good"]


def test_a_part_of_a_unit_may_fail_in_a_savepoint_of_its_own(house: House) -> None:
    house.write_now(ADA, lambda work: write_note(work, "taken"))

    def try_and_go_on(work: Work) -> None:
        with suppress(Exception), work.session.begin_nested():
            work.session.execute(text("INSERT INTO test_note (words) VALUES ('taken')"))
        write_note(work, "instead")

    async def among_others() -> None:
        await asyncio.gather(house.write(ADA, try_and_go_on), house.write(ADA, partial(write_note, words="good")))

    asyncio.run(among_others())
    assert sorted(house.read_now(HOUSE, written)) == ["good", "instead", "taken"]


def test_closing_waits_for_what_is_under_way(database_url: str) -> None:
    house = House(open_database(database_url))
    Table.metadata.create_all(house.database.engine)
    begun, go_on = threading.Event(), threading.Event()

    def slowly(work: Work) -> int:
        begun.set()
        assert go_on.wait(EVENTUALLY_SECONDS)
        return write_note(work, "slow")

    writing = house.database.write(lambda session: slowly(Work(session, ADA)))
    queued = house.database.write(lambda session: write_note(Work(session, ADA), "queued"))
    assert begun.wait(EVENTUALLY_SECONDS)
    closing_it = threading.Thread(target=house.close)
    closing_it.start()
    go_on.set()
    closing_it.join(EVENTUALLY_SECONDS)
    assert not closing_it.is_alive()
    assert writing.done()
    assert queued.done()
    with closing(House(open_database(database_url))) as again:
        assert sorted(again.read_now(HOUSE, written), reverse=True) == ["slow", "queued"]


def test_a_closed_house_says_so(database_url: str) -> None:
    house = House(open_database(database_url))
    house.close()
    house.close()
    with pytest.raises(Closed, match="shutting down"):
        house.write_now(ADA, written)
    with pytest.raises(Closed, match="shutting down"):
        house.read_now(ADA, written)


def test_nobody_waits_for_ever_when_the_house_closes_among_writers(database_url: str) -> None:
    """Each write is either done or refused, whoever was first."""
    house = House(open_database(database_url))
    Table.metadata.create_all(house.database.engine)
    acknowledged: list[str] = []

    def write_on(writer: int) -> None:
        for number in range(100_000):
            try:
                house.write_now(ADA, partial(write_note, words=f"{writer}-{number}"))
            except Closed:
                return
            acknowledged.append(f"{writer}-{number}")

    writers = [threading.Thread(target=write_on, args=[number]) for number in range(8)]
    for writer in writers:
        writer.start()
    eventually(lambda: len(acknowledged) > 50)
    house.close()
    for writer in writers:
        writer.join(EVENTUALLY_SECONDS)
        assert not writer.is_alive()
    with closing(House(open_database(database_url))) as again:
        assert set(again.read_now(HOUSE, written)) == set(acknowledged)


def write_until_killed(url: str, acknowledge: Connection) -> None:
    """Twenty callers at once; each write that the house acknowledged is told to the parent."""

    async def caller(house: House, number: int) -> None:
        for turn in range(1_000_000):
            words = f"{number}-{turn}"
            if turn % 7 == 3:
                with suppress(Refused):
                    await house.write(ADA, partial(write_badly, words=words))
            else:
                await house.write(ADA, partial(write_note, words=words))
                acknowledge.send(words)

    async def all_callers() -> None:
        house = House(open_database(url))
        await asyncio.gather(*(caller(house, number) for number in range(20)))

    asyncio.run(all_callers())


def test_nothing_acknowledged_is_lost_when_the_house_is_killed(database_url: str) -> None:
    with closing(House(open_database(database_url))) as house:
        Table.metadata.create_all(house.database.engine)
    forks = multiprocessing.get_context("forkserver")
    hear, tell = forks.Pipe(duplex=False)
    process = forks.Process(target=write_until_killed, args=(database_url, tell), daemon=True)
    process.start()
    tell.close()
    acknowledged = [hear.recv() for _ in range(ACKNOWLEDGED)]
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()
    with suppress(EOFError):
        while True:
            acknowledged.append(hear.recv())
    hear.close()

    with closing(House(open_database(database_url))) as house:
        there = house.read_now(HOUSE, written)
        recorded = [entry.event().words for entry in house.read_now(HOUSE, entries)]  # type: ignore[attr-defined]
    assert set(acknowledged) <= set(there)
    assert sorted(there) == sorted(recorded)


def test_a_new_file_is_opened_by_many_at_once(tmp_path: Path) -> None:
    for number in range(20):
        path = tmp_path / f"{number}.db"
        with ThreadPoolExecutor(6) as pool:
            opened = [pool.submit(open_database, f"sqlite:///{path}") for _ in range(6)]
            for each in opened:
                each.result().close()
