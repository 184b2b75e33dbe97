"""One real house with the sample in it, in each process that runs some of these tests."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser

from tests.parts.house import running_house
from tests.parts.sample import Sample, fill


@pytest.fixture(scope="session")
def sample(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:  # noqa: ARG001 (no house without a Chromium)
    with running_house(tmp_path_factory.mktemp("web") / "data") as house, closing(fill(house)) as sample:
        yield sample
        assert "failed, reference" not in house.words
