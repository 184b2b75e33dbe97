"""Planning and weighing survive the death of their owner at any point, and an owner that wakes late."""

from contextlib import closing
from pathlib import Path

import pytest

from dure.ledger import House, Table, open_database
from tests.parts.killpoints import kill_at_each_point, race, stall_at_each_point

SCENARIOS = ("tests.build.killed:scenario", "tests.build.weighed:scenario")


@pytest.fixture(autouse=True)
def tables(database_url: str) -> None:
    with closing(House(open_database(database_url))) as house:
        Table.metadata.create_all(house.database.engine)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_death_at_every_point(scenario: str, database_url: str, tmp_path: Path) -> None:
    assert kill_at_each_point(scenario, database_url, tmp_path) == 3


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_stall_at_every_point(scenario: str, database_url: str, tmp_path: Path) -> None:
    assert stall_at_each_point(scenario, database_url, tmp_path) == 3


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_race(scenario: str, database_url: str, tmp_path: Path) -> None:
    race(scenario, database_url, tmp_path)
