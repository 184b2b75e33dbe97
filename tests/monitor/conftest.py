"""What the tests of monitor ask for: a real engine in a folder of its own, and a site whose services are watched."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from dure.ledger import House, Table, open_database
from dure.monitor.engines.chdb import Chdb
from dure.monitor.engines.pretend import Pretend
from tests.monitor.site import Site, open_site
from tests.parts.served import served


@contextmanager
def engine_in(home: Path, *, idle_seconds: float = 60.0) -> Iterator[Chdb]:
    """An engine that is looked after more closely than in a house. It is gone afterwards, however the test ends."""
    engine = Chdb(home, look_seconds=0.2, patience_seconds=1.5, idle_seconds=idle_seconds)
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()
        engine.end_holder()


@pytest.fixture
def chdb(tmp_path: Path) -> Iterator[Chdb]:
    with engine_in(tmp_path / "telemetry") as engine:
        yield engine


@pytest.fixture
def store() -> Pretend:
    return Pretend()


@pytest.fixture
def site(store: Pretend, tmp_path: Path) -> Iterator[Site]:
    """A shop that is watched, with its numbers in memory."""
    with closing(House(open_database(f"sqlite:///{tmp_path}/dure.db"))) as house:
        Table.metadata.create_all(house.database.engine)
        with open_site(house, store, tmp_path) as site:
            yield site


@pytest.fixture
def shown(house: House, store: Pretend, tmp_path: Path) -> Iterator[Site]:
    """The same on each database, served over HTTP."""
    with open_site(house, store, tmp_path) as site, served(site.asgi) as url:
        site.url = url
        yield site
