"""The whole real system: a house with a runner, an engine for telemetry, a front door, and the sample shop.

Each file has one house of its own, which is gone with all it has started when the file ends.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.demo import free_address, house_for
from tests.loop.whole import Whole, emptied


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One that jobs and services can reach, whoever they run as; pytest's own folders are closed to others."""
    made = Path(tempfile.mkdtemp(prefix="dure-loop-"))
    made.chmod(0o711)
    with emptied(made):
        yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def whole(folder: Path) -> Iterator[Whole]:
    with house_for(folder / "data", free_address(), free_address()) as house:
        whole = Whole(folder, house)
        yield whole
    for later in whole.later:
        later.wait()
