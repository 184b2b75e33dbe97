"""Every shelf, so that each test speaks with all of them: a disk, memory, and a bucket on a real S3 server."""

import urllib.request
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from dure.storage import Blobs, Shelf, open_blobs
from dure.storage.engines.disk import Disk
from dure.storage.engines.pretend import Pretend
from dure.storage.engines.s3 import S3, Bucket

BLOB_BYTES_MAX = 64 << 20


@pytest.fixture(scope="session")
def bucket() -> Iterator[Callable[[], Bucket]]:
    """A maker of fresh buckets on an S3 server that listens on this machine alone."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - it takes a second that other tests need not wait.

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint, numbers = f"http://{host}:{port}", count(1)

    def make() -> Bucket:
        name = f"dure-{next(numbers)}"
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{name}", method="PUT")).close()
        return Bucket(name, prefix="house", endpoint=endpoint, access_key_id="test", secret_access_key="test")

    yield make
    server.stop()


@pytest.fixture(params=["disk", "memory", "s3"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    if request.param == "disk":
        return Disk(tmp_path / "blobs")
    if request.param == "memory":
        return Pretend()
    make: Callable[[], Bucket] = request.getfixturevalue("bucket")
    return S3(make())


@pytest.fixture
def blobs(shelf: Shelf, tmp_path: Path) -> Blobs:
    return open_blobs(shelf, tmp_path / "spool", BLOB_BYTES_MAX)
