"""One house with a runner for all of these tests, and the official clients as an action in its project."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.bundle import bundled
from tests.clients.shop import Shop, Workshop
from tests.parts.house import running_house


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    """A house, its project, and a runner. Jobs may run as somebody else, who has to be able to walk there."""
    folder = Path(tempfile.mkdtemp(prefix="dure-clients-"))
    folder.chmod(0o711)
    environment = {"DURE_LOCAL_RUNNER": "true", "DURE_WORKSHOP": str(folder / "workshop")}
    try:
        script = folder / "index.mjs"
        bundled(script)
        with running_house(folder / "data", environment=environment) as house:
            house.settle()
            yield Workshop(folder, house, house.token(), script)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def shop(workshop: Workshop, request: pytest.FixtureRequest) -> Shop:
    """A project of its own for each test."""
    return workshop.project(request.node.name.removeprefix("test_").replace("_", "-")[:30].strip("-"))
