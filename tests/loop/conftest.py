"""The whole real system: a house with a runner, an engine for telemetry, a front door, and the sample shop."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.demo import DemoHouse, free_address, house_for


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One that jobs and services can reach, whoever they run as; pytest's own folders are closed to others."""
    made = Path(tempfile.mkdtemp(prefix="dure-loop-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[DemoHouse]:
    with house_for(folder / "data", free_address(), free_address()) as house:
        yield house
