"""One real house with the sample in it for all of these tests, in each process that runs some of them."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.parts.house import running_house
from tests.parts.sample import Sample, fill


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    with running_house(tmp_path_factory.mktemp("api") / "data") as house, closing(fill(house)) as sample:
        yield sample
        assert "failed, reference" not in house.words
