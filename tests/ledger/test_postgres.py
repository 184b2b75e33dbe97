"""PostgreSQL on bad days: it crashes under us, it is not there, its connections are cut."""

import os
import signal
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

import pytest
from sqlalchemy import create_engine, text

from dure.ledger import House, NotSaved, Table, Work, open_database
from tests.ledger.notes import ADA, eventually, write_note, written
from tests.parts.lacking import lacking
from tests.parts.postgres import find_binaries, postgres, roomy_folder, start_or_join


@contextmanager
def houses_on(url: str) -> Iterator[tuple[House, House]]:
    with closing(House(open_database(url))) as here, closing(House(open_database(url))) as there:
        Table.metadata.create_all(here.database.engine)
        yield here, there


@pytest.fixture
def fragile() -> Iterator[str]:
    """A database in a cluster of its own, which may be broken without harm to other tests."""
    binaries = find_binaries()
    if binaries is None:
        lacking("PostgreSQL is not installed, and this test wants a real one: apt install postgresql")
    cluster = start_or_join(binaries, roomy_folder() / f"dure-fragile-{uuid.uuid4().hex[:12]}")
    try:
        with cluster.fresh_database() as url:
            durable = create_engine(url)
            with durable.begin() as connection:
                # Clusters for tests are made quick by not waiting for their log; here waiting is what is tried.
                name = connection.execute(text("SELECT current_database()")).scalar_one()
                connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = on"))
            durable.dispose()
            yield url
    finally:
        os.close(cluster.hold)


def saved(house: House, words: str) -> bool:
    """Either it is saved, or a sentence says that it is not."""
    try:
        house.write_now(ADA, partial(write_note, words=words))
    except NotSaved:
        return False
    return True


def backend(work: Work) -> int:
    """The process of PostgreSQL that works for us."""
    return int(work.session.execute(text("SELECT pg_backend_pid()")).scalar_one())


def rings_through(here: House, there: House) -> bool:
    before = there.bell.rung("hello")
    here.write_now(ADA, lambda work: work.ring("hello"))
    return there.bell.wait("hello", before, 2)


def test_a_bell_rings_in_every_house(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("one house at a time runs on SQLite")
    with houses_on(database_url) as (here, there):
        eventually(lambda: rings_through(here, there))


def test_a_crash_of_the_server_loses_nothing_acknowledged_and_is_got_over(fragile: str) -> None:
    """Killing one of its processes makes PostgreSQL throw everybody out and recover from its log."""
    with houses_on(fragile) as (here, there):
        eventually(lambda: rings_through(here, there))
        acknowledged: list[str] = []
        enough = threading.Event()

        def write_on(writer: int) -> None:
            for number in range(1_000_000):
                if enough.is_set():
                    return
                if saved(here, f"{writer}-{number}"):
                    acknowledged.append(f"{writer}-{number}")

        writers = [threading.Thread(target=write_on, args=[number]) for number in range(4)]
        for writer in writers:
            writer.start()
        try:
            eventually(lambda: len(acknowledged) > 50)
            os.kill(here.read_now(ADA, backend), signal.SIGKILL)
            before = len(acknowledged)
            eventually(lambda: len(acknowledged) > before + 100)
        finally:
            enough.set()
            for writer in writers:
                writer.join()
        assert set(acknowledged) <= set(here.read_now(ADA, written))
        eventually(lambda: rings_through(here, there))


def test_cut_connections_are_made_anew(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has no connections to cut")
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with houses_on(database_url) as (here, there):
        eventually(lambda: rings_through(here, there))
        here.write_now(ADA, lambda work: work.session.execute(cut))
        eventually(lambda: saved(there, "after the cut"))
        eventually(lambda: rings_through(here, there))


def test_a_server_that_is_not_there_is_said_in_a_sentence() -> None:
    url = f"postgresql+psycopg://dure@/nothing?host={postgres().folder}/nowhere"
    with closing(House(open_database(url))) as house, pytest.raises(NotSaved, match="does not answer"):
        house.write_now(ADA, written)


def test_a_deadlock_is_got_over_by_trying_again(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer")
    with houses_on(database_url) as (here, there):
        for words in ("a", "b"):
            here.write_now(ADA, partial(write_note, words=words))
        both_hold_one = threading.Barrier(2)
        tries: list[str] = []

        def lock(house: House, first: str, second: str) -> None:
            def unit(work: Work) -> None:
                tries.append(first)
                change = "UPDATE test_note SET words = words WHERE words = :words"
                work.session.execute(text(change), {"words": first})
                if len(tries) <= 2:
                    both_hold_one.wait(60)
                work.session.execute(text(change), {"words": second})

            house.write_now(ADA, unit)

        threads = [threading.Thread(target=lock, args=words) for words in ((here, "a", "b"), (there, "b", "a"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # One of the two was thrown out and did it again.
        assert len(tries) > 2
