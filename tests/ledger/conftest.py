"""More houses on the database of the test: with reactions, or several at once."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing

import pytest

from dure.ledger import House, Reaction, Table, open_database
from tests.ledger import chore, notes, rollout  # noqa: F401  (their tables must be known before any are made)

OpenHouse = Callable[..., House]


@pytest.fixture
def open_house(database_url: str) -> Iterator[OpenHouse]:
    """Opens as many houses as you like on one database; all are closed after the test."""
    with ExitStack() as stack:

        def open_one(reactions: Iterable[Reaction] = ()) -> House:
            house = stack.enter_context(closing(House(open_database(database_url), reactions)))
            Table.metadata.create_all(house.database.engine)
            return house

        yield open_one
