"""Scenario 8: kill -9 of the runner and of the house at random moments. A hundred of each: `python -m bench.kills`."""

import pytest

from tests.loop.kills import tried
from tests.runner.conftest import passable_directory

pytestmark = pytest.mark.alone

KILLS = 8


def test_nothing_is_lost_and_nothing_is_done_twice() -> None:
    with passable_directory() as folder:
        found = tried(folder, 4711, runner=KILLS, house=KILLS)
    assert found["wrong"] == []
    assert found["kills"] == {"runner": KILLS, "house": KILLS}
