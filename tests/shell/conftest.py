"""The gallery, served for real."""

from collections.abc import Iterator

import httpx
import pytest

from tests.parts.served import served
from tests.shell.gallery import gallery


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(gallery()) as address:
        yield address


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    """Somebody's browser that keeps no cookies but those it is given, and follows no redirect by itself."""
    with httpx.Client(base_url=address, headers={"Origin": address, "Accept-Language": "en"}) as client:
        yield client
