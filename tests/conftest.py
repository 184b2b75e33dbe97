"""What every test may ask for: a house on SQLite and again on PostgreSQL, and one Chromium."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dure.ledger import House, Table, open_database
from tests.parts.browser import chromium
from tests.parts.postgres import postgres

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Who was started in the background ignores Ctrl-C, and so would every program that a test starts and ends by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests in a browser come last: its driver holds the event loop of the process, so none other could run after."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/dure.db"
    else:
        with postgres().fresh_database() as url:
            yield url


@pytest.fixture
def house(database_url: str) -> Iterator[House]:
    """A house on each kind of database, with its tables made and no rounds running."""
    with closing(House(open_database(database_url))) as house:
        Table.metadata.create_all(house.database.engine)
        yield house


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for each process that runs such tests."""
    with chromium() as browser:
        yield browser
