"""A stand for one test, and one with a runner that several tests share."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.runner.stand import Stand, standing


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A house; tests start runners themselves."""
    with standing(tmp_path) as stand:
        yield stand


@pytest.fixture(scope="module")
def shared() -> Iterator[Stand]:
    """A house with a runner in it."""
    with passable_directory() as directory, standing(directory) as stand:
        stand.start_runner()
        yield stand


@pytest.fixture
def passable() -> Iterator[Path]:
    """A directory that every user can walk through, unlike pytest's: the tier without a sandbox needs that."""
    with passable_directory() as directory:
        yield directory


@contextmanager
def passable_directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dure-runner-") as directory:
        os.chmod(directory, 0o711)  # noqa: S103 - nobody sees what is in it
        yield Path(directory)
