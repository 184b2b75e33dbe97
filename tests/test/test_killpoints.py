"""Whoever reads a report dies, stalls or races; it is read once all the same."""

from contextlib import closing
from pathlib import Path

import pytest

from dure.ledger import House, Table, open_database
from tests.parts.killpoints import kill_at_each_point, race, scenario_at, stall_at_each_point

READING = "tests.test.reading_scenario:scenario"
POINTS = 3


@pytest.fixture
def tables(database_url: str) -> str:
    scenario_at(READING)
    with closing(House(open_database(database_url))) as house:
        Table.metadata.create_all(house.database.engine)
    return database_url


def test_a_reader_dies_at_each_point(tables: str, tmp_path: Path) -> None:
    assert kill_at_each_point(READING, tables, tmp_path) == POINTS


def test_a_reader_stalls_and_wakes_late(tables: str, tmp_path: Path) -> None:
    assert stall_at_each_point(READING, tables, tmp_path) == POINTS


def test_several_readers_at_once(tables: str, tmp_path: Path) -> None:
    race(READING, tables, tmp_path)
