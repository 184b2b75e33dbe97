"""A merge queue survives the death of its owner at any point, and several owners at once."""

from contextlib import closing
from pathlib import Path

import pytest

from dure.ledger import House, Table, open_database
from tests.code import queued
from tests.parts.killpoints import kill_at_each_point, race

SCENARIO = f"{queued.__name__}:scenario"


@pytest.fixture(autouse=True)
def tables(database_url: str) -> None:
    with closing(House(open_database(database_url))) as house:
        Table.metadata.create_all(house.database.engine)


def test_a_death_at_every_point(database_url: str, tmp_path: Path) -> None:
    # Tried, ready, made, green, merged, left, and a look at nobody; in between it may look more often.
    assert kill_at_each_point(SCENARIO, database_url, tmp_path) >= 21


def test_a_race(database_url: str, tmp_path: Path) -> None:
    race(SCENARIO, database_url, tmp_path)
