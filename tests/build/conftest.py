"""What the tests of build ask for."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dure.app import put_together
from dure.build import local_runner
from dure.build.leaving import Logs
from dure.code import Reception, Repositories
from dure.ledger import HOUSE, House, Table, open_database
from dure.settings import Settings
from dure.vault import open_keyring, wrapping_by
from tests.build.agent import Agent
from tests.build.wired import REACTIONS, Yard, settle
from tests.parts.served import served
from tests.plan.visitor import Visitor


@pytest.fixture
def yard(database_url: str, tmp_path: Path) -> Iterator[Yard]:
    """A house on each kind of database with one project, and git beside it."""
    with closing(House(open_database(database_url), REACTIONS)) as house:
        Table.metadata.create_all(house.database.engine)
        ada, project = settle(house)
        repositories = Repositories(tmp_path / "repositories")
        yard = Yard(
            house,
            tmp_path,
            open_keyring(tmp_path / "master.key", wrapping_by("", None)),
            ada,
            project,
            repositories,
            Reception(house, repositories),
            Logs(tmp_path / "logs", 1_000_000),
        )
        yard.carry_on()
        yield yard


@pytest.fixture
def site(yard: Yard, tmp_path: Path) -> Iterator[str]:
    """The address of the whole program over this house, with its machines running."""
    settings = Settings(
        data=tmp_path, telemetry=False, local_runner=False, workshop=tmp_path / "workshop", actions_upstream=""
    )
    program = put_together(settings, yard.house)
    with served(program.asgi) as url:
        yield url


@pytest.fixture
def ada(yard: Yard, site: str) -> Iterator[Visitor]:
    with Visitor.signed_in(site, yard.house, yard.ada) as visitor:
        yield visitor


@pytest.fixture
def agent(yard: Yard, site: str) -> Agent:
    """A runner that speaks over HTTP."""
    secret = yard.house.write_now(HOUSE, local_runner)
    agent = Agent(site, {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"})
    answer = agent.say(
        "/register",
        {
            "name": "x",
            "labels": ["ubuntu-latest"],
            "tier": "none",
            "isolation": "It hides nothing.",
            "capacity": 2,
            "version": "1",
        },
    )
    assert answer.status == 200
    return agent
