"""Blobs through the door, on every shelf."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.kit import Invalid, Missing, now
from dure.storage import (
    BlobDamaged,
    Blobs,
    BlobTooLarge,
    DigestDiffers,
    Shelf,
    StorageUnusable,
    digest_of,
    open_blobs,
)
from dure.storage.digests import digest_at, key_of
from dure.storage.engines.pretend import Pretend
from dure.storage.engines.s3 import S3, Bucket

LARGE = os.urandom(1 << 20) * 17  # Two parts on their way to a bucket.


def spooled(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "spool").iterdir())


@pytest.mark.parametrize("data", [b"", b"rice", LARGE], ids=["empty", "small", "large"])
def test_what_is_put_is_read_again(blobs: Blobs, tmp_path: Path, data: bytes) -> None:
    digest = blobs.put(data[at : at + 300_000] for at in range(0, len(data), 300_000))

    assert digest == f"sha256:{hashlib.sha256(data).hexdigest()}" == digest_of(data)
    assert b"".join(blobs.read(digest)) == data
    assert blobs.size(digest) == blobs.check(digest) == len(data)
    assert blobs.exists(digest)
    assert spooled(tmp_path) == []


async def pieces_of(data: bytes, size: int) -> AsyncIterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def test_the_web_edge_streams_in_and_out(blobs: Blobs) -> None:
    async def round_trip() -> tuple[bytes, bytes]:
        digest = await blobs.receive(pieces_of(LARGE, 65_537), expected=digest_of(LARGE))
        whole = b"".join([piece async for piece in blobs.send(digest)])
        part = b"".join([piece async for piece in blobs.send_part(digest, 5, 3_000_000)])
        return whole, part

    whole, part = asyncio.run(round_trip())

    assert whole == LARGE
    assert part == LARGE[5:3_000_000]


def test_an_upload_that_breaks_off_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield LARGE[:2_000_000]
        raise ConnectionResetError("the line went dead")

    with pytest.raises(ConnectionResetError):
        asyncio.run(blobs.receive(broken()))

    assert spooled(tmp_path) == []
    assert list(blobs.all()) == []


def test_an_upload_that_is_cancelled_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    async def cancelled() -> None:
        arrived = asyncio.Event()

        async def endless() -> AsyncIterator[bytes]:
            while True:
                yield LARGE[: 1 << 20]
                arrived.set()

        upload = asyncio.create_task(blobs.receive(endless()))
        await arrived.wait()
        upload.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upload

    asyncio.run(cancelled())  # Leaving the loop waits for its threads.

    assert spooled(tmp_path) == []
    assert list(blobs.all()) == []


def test_an_upload_dropped_while_a_thread_keeps_it_is_dropped_by_that_thread(tmp_path: Path) -> None:
    class Slow(Pretend):
        def take(self, key: str, whole: Path) -> None:
            incoming.drop()
            assert whole.exists()
            super().take(key, whole)

    blobs = open_blobs(Slow(), tmp_path / "spool", 100)
    incoming = blobs.begin()
    incoming.write(b"rice")
    digest = incoming.keep()

    assert blobs.exists(digest)
    assert spooled(tmp_path) == []
    with pytest.raises(ValueError, match="already kept or dropped"):
        incoming.write(b"more")


def test_a_blob_under_a_wrong_digest_is_refused(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(DigestDiffers, match="changed on the way"):
        blobs.put([b"rice"], expected=digest_of(b"barley"))
    with pytest.raises(Invalid, match="64 hexadecimal digits"):
        blobs.put([b"rice"], expected="md5:1234")

    assert spooled(tmp_path) == []
    assert not blobs.exists(digest_of(b"rice"))


def test_too_many_bytes_are_refused_before_they_are_all_here(tmp_path: Path) -> None:
    blobs = open_blobs(Pretend(), tmp_path / "spool", 10 << 20)
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while True:
            sent += 1 << 20
            yield b"x" * (1 << 20)

    with pytest.raises(BlobTooLarge, match="10 MiB"):
        blobs.put(endless())
    with pytest.raises(BlobTooLarge, match="3 B"):
        blobs.put([b"rice"], bytes_max=3)

    assert sent == 11 << 20
    assert spooled(tmp_path) == []


HOSTILE = [
    "",
    "sha256:",
    "sha256:../../etc/passwd",
    "sha256:" + "A" * 64,
    "sha256:" + "0" * 64 + "\n",
    "md5:" + "0" * 64,
]


@pytest.mark.parametrize("digest", [*HOSTILE, digest_of(b"never put")])
def test_a_blob_that_is_not_there_is_missing(blobs: Blobs, digest: str) -> None:
    with pytest.raises(Missing):
        list(blobs.read(digest))
    with pytest.raises(Missing):
        list(blobs.read_part(digest, 0, 1))
    with pytest.raises(Missing):
        blobs.size(digest)

    assert blobs.look(digest) is None
    assert blobs.delete(digest) is False


@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 3), (2, 4), (3, 99), (4, 9), (9, 99)])
def test_a_part_is_what_a_slice_is(blobs: Blobs, start: int, stop: int) -> None:
    digest = blobs.put([b"rice"])

    assert b"".join(blobs.read_part(digest, start, stop)) == b"rice"[start:stop]


def test_damage_is_noticed_and_said_before_the_end(shelf: Shelf, blobs: Blobs, tmp_path: Path) -> None:
    digest = blobs.put([LARGE])
    changed = tmp_path / "changed"
    changed.write_bytes(LARGE[:-1] + bytes([LARGE[-1] ^ 1]))
    shelf.take(key_of(digest), changed)
    seen = 0

    def read() -> None:
        nonlocal seen
        for piece in blobs.read(digest):
            seen += len(piece)

    with pytest.raises(BlobDamaged, match="no longer match") as told:
        read()

    assert seen < len(LARGE)
    assert told.value.digest == digest

    blobs.put([LARGE])
    assert blobs.check(digest) == len(LARGE)


@pytest.mark.parametrize("lost", [1, 4], ids=["cut short", "emptied"])
def test_a_blob_cut_short_is_damaged(shelf: Shelf, blobs: Blobs, tmp_path: Path, lost: int) -> None:
    digest = blobs.put([b"rice"])
    changed = tmp_path / "changed"
    changed.write_bytes(b"rice"[: 4 - lost])
    shelf.take(key_of(digest), changed)

    with pytest.raises(BlobDamaged):
        list(blobs.read(digest))


def test_rubbish_is_collected_but_never_what_was_put_again(shelf: Shelf, blobs: Blobs, tmp_path: Path) -> None:
    kept = {blobs.put([f"field {number}".encode()]) for number in range(30 if isinstance(shelf, S3) else 600)}
    stray = tmp_path / "stray"
    stray.write_bytes(b"not a blob")
    shelf.take("notes/readme.txt", stray)
    gone, again, *_ = sorted(kept)

    assert {blob.digest for blob in blobs.all()} == kept
    assert blobs.delete(gone, untouched_since=now() + timedelta(seconds=2))
    assert not blobs.exists(gone)
    assert not blobs.delete(again, untouched_since=now() - timedelta(hours=1))
    assert blobs.delete(again)
    assert {blob.digest for blob in blobs.all()} == kept - {gone, again}


def test_putting_again_makes_a_blob_young(blobs: Blobs) -> None:
    first = blobs.look(blobs.put([b"rice"]))
    second = blobs.look(blobs.put([b"ri", b"ce"]))

    assert first is not None
    assert second is not None
    assert first.digest == second.digest
    assert first.kept_at <= second.kept_at
    assert len(list(blobs.all())) == 1


def test_a_bucket_that_does_not_answer_is_said_in_a_sentence(tmp_path: Path) -> None:
    nobody = Bucket("nobody", endpoint="http://127.0.0.1:9", access_key_id="test", secret_access_key="hush hush")
    blobs = open_blobs(S3(nobody, retries_max=0), tmp_path / "spool", 100)

    with pytest.raises(StorageUnusable, match="s3://nobody") as told:
        blobs.put([b"rice"])

    assert "\n" not in str(told.value)
    assert told.value.__cause__ is not None
    assert "hush" not in repr(nobody)
    assert spooled(tmp_path) == []


@given(data=st.binary(max_size=2000), cuts=st.lists(st.integers(0, 2000), max_size=8))
@settings(max_examples=60, deadline=None)
def test_the_digest_does_not_depend_on_the_pieces(
    data: bytes, cuts: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    blobs = open_blobs(Pretend(), tmp_path_factory.getbasetemp() / "spool", 2000)
    edges = [0, *sorted(cuts), 2000]
    digest = blobs.put(data[start:stop] for start, stop in pairwise(edges))

    assert digest == digest_of(data)
    assert digest_at(key_of(digest)) == digest
    assert b"".join(blobs.read(digest)) == data
