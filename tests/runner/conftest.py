"""A stand for one test, and one with a runner that several tests share."""

import os
import tempfile
from collections.abc import Iterator
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
    with tempfile.TemporaryDirectory(prefix="dure-runner-") as directory:
        os.chmod(directory, 0o711)  # noqa: S103 - every user may walk through, and sees nothing
        with standing(Path(directory)) as stand:
            stand.start_runner()
            yield stand
