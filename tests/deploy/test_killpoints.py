"""Whoever carries a deployment on may die, stall or race at any point: nothing is lost, and no fact is told twice."""

from contextlib import closing
from pathlib import Path

import pytest

from dure.ledger import House, Table, open_database
from tests.parts.killpoints import kill_at_each_point, race, scenario_at, stall_at_each_point

GOOD, BAD = "tests.deploy.lasting:good", "tests.deploy.lasting:bad"
POINTS_MIN = 21
"""Seven turns at the least, each with three points; how many seconds are watched depends on the clock."""


@pytest.fixture
def tables(database_url: str, way: str) -> str:
    scenario_at(way)
    with closing(House(open_database(database_url))) as house:
        Table.metadata.create_all(house.database.engine)
    return database_url


def trial(*pairs: tuple[str, str]) -> pytest.MarkDecorator:
    """Each trouble meets each way and each database; both together cost minutes and would find nothing more."""
    return pytest.mark.parametrize(("database_url", "way"), pairs, indirect=["database_url"])


@trial(("sqlite", GOOD), ("postgresql", BAD))
def test_an_owner_dies_at_each_point(way: str, tables: str, tmp_path: Path) -> None:
    assert kill_at_each_point(way, tables, tmp_path) >= POINTS_MIN


@trial(("postgresql", GOOD), ("sqlite", BAD))
def test_an_owner_stalls_and_wakes_late(way: str, tables: str, tmp_path: Path) -> None:
    assert stall_at_each_point(way, tables, tmp_path) >= POINTS_MIN


@trial(("sqlite", GOOD), ("sqlite", BAD), ("postgresql", GOOD), ("postgresql", BAD))
def test_several_owners_at_once(way: str, tables: str, tmp_path: Path) -> None:
    race(way, tables, tmp_path)
