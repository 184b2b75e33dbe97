"""What the tests of deploy ask for: a yard on each database, in which a second of a rollout is short."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.deploy.rollout import watching
from tests.deploy.yard import Yard, open_yard


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "TICK_SECONDS", 0.02)


@pytest.fixture
def yard(database_url: str, tmp_path: Path, quick: None) -> Iterator[Yard]:  # noqa: ARG001 - it is set before
    with open_yard(database_url, tmp_path) as yard:
        yield yard
