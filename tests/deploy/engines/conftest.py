"""A workshop that services may use, and that is empty and silent again afterwards."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dure.deploy.engines.process import Processes
from tests.deploy.engines.ground import clear, release_of, sample


@pytest.fixture
def workshop() -> Iterator[Path]:
    """Not the folder of pytest, which is closed to the user services run as."""
    folder = Path(tempfile.mkdtemp(prefix="dure-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    clear(folder)


@pytest.fixture
def platform(workshop: Path) -> Processes:
    return Processes(workshop / "deploy")


@pytest.fixture
def release(platform: Processes) -> Path:
    """The sample application, laid out as a release."""
    return release_of(platform, sample())
