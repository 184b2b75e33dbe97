"""Owners die, stall and race; nothing is lost and no fact is told twice."""

from contextlib import closing
from pathlib import Path

import pytest

from dure.ledger import House, Table, open_database
from tests.parts.killpoints import kill_at_each_point, race, scenario_at, stall_at_each_point

POINTS = {"tests.ledger.rollout:scenario": 12, "tests.ledger.deliveries:scenario": 6, "tests.ledger.timers:scenario": 3}


@pytest.fixture
def tables(database_url: str, machine: str) -> str:
    scenario_at(machine)
    with closing(House(open_database(database_url))) as house:
        Table.metadata.create_all(house.database.engine)
    return database_url


@pytest.mark.parametrize("machine", POINTS)
def test_an_owner_dies_at_each_point(machine: str, tables: str, tmp_path: Path) -> None:
    assert kill_at_each_point(machine, tables, tmp_path) == POINTS[machine]


@pytest.mark.parametrize("machine", POINTS)
def test_an_owner_stalls_and_wakes_late(machine: str, tables: str, tmp_path: Path) -> None:
    assert stall_at_each_point(machine, tables, tmp_path) == POINTS[machine]


@pytest.mark.parametrize("machine", POINTS)
def test_several_owners_at_once(machine: str, tables: str, tmp_path: Path) -> None:
    race(machine, tables, tmp_path)
