"""What only a disk can do: be killed in the middle, fill up, be read-only."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dure.storage import StorageFull, StorageUnusable, digest_of, open_blobs
from dure.storage.engines.disk import Disk

PUT_AND_BE_KILLED = """
import os, signal, sys
from pathlib import Path
from dure.storage import open_blobs
from dure.storage.engines.disk import Disk

place, point = Path(sys.argv[1]), sys.argv[2]

def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)

if point == "before the rename":
    os.replace = die
if point == "after the rename":
    real = os.replace
    os.replace = lambda *names: (real(*names), die())
blobs = open_blobs(Disk(place / "blobs"), place / "spool", 1 << 30)
with blobs.begin() as incoming:
    incoming.write(b"half of " * 100_000)
    if point == "half way":
        die()
    incoming.write(b"the rest" * 100_000)
    incoming.keep()
"""
WHOLE = b"half of " * 100_000 + b"the rest" * 100_000


@pytest.mark.parametrize("point", ["half way", "before the rename", "after the rename"])
def test_kill_9_leaves_all_of_a_blob_or_nothing_and_the_leftover_is_swept(tmp_path: Path, point: str) -> None:
    killed = subprocess.run([sys.executable, "-c", PUT_AND_BE_KILLED, str(tmp_path), point], check=False)
    assert killed.returncode == -signal.SIGKILL
    leftovers = list((tmp_path / "spool").iterdir())

    blobs = open_blobs(Disk(tmp_path / "blobs"), tmp_path / "spool", 1 << 30)
    seen = [blob.digest for blob in blobs.all()]

    assert len(leftovers) == (0 if point == "after the rename" else 1)
    assert seen == ([digest_of(WHOLE)] if point == "after the rename" else [])
    assert list((tmp_path / "spool").iterdir()) == []
    assert blobs.check(blobs.put([WHOLE])) == len(WHOLE)


def test_the_sweep_leaves_work_in_progress_alone(tmp_path: Path) -> None:
    blobs = open_blobs(Disk(tmp_path / "blobs"), tmp_path / "spool", 100)
    with blobs.begin() as incoming:
        incoming.write(b"ri")
        open_blobs(Disk(tmp_path / "blobs"), tmp_path / "spool", 100)
        (tmp_path / "spool" / "left.part").write_bytes(b"left by nobody")
        assert blobs.sweep() == 1
        incoming.write(b"ce")
        assert b"".join(blobs.read(incoming.keep())) == b"rice"


def test_a_full_disk_is_said_in_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    blobs = open_blobs(Disk(tmp_path / "blobs"), tmp_path / "spool", 1 << 30)
    # A limit on the size of files meets the same wall as a full disk does, without filling this one.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(StorageFull, match="no room left in") as told:
            blobs.put([b"x" * (1 << 19)] * 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)

    assert isinstance(told.value.__cause__, OSError)
    assert list((tmp_path / "spool").iterdir()) == []
    assert list(blobs.all()) == []


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageUnusable, match="Not a directory"):
        open_blobs(Disk(tmp_path / "blobs"), tmp_path / "file" / "spool", 100)

    blobs = open_blobs(Disk(tmp_path / "blobs"), tmp_path / "spool", 100)
    (tmp_path / "spool").rmdir()
    with pytest.raises(StorageUnusable, match="No such file"):
        blobs.put([b"rice"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write where nobody else may")
def test_a_read_only_folder_is_said_in_a_sentence(tmp_path: Path) -> None:
    blobs = open_blobs(Disk(tmp_path / "blobs"), tmp_path / "spool", 100)
    (tmp_path / "blobs").chmod(0o500)
    with pytest.raises(StorageUnusable, match="Permission denied"):
        blobs.put([b"rice"])
    (tmp_path / "blobs").chmod(0o700)


def test_blobs_are_for_the_eyes_of_the_house_alone(tmp_path: Path) -> None:
    blobs = open_blobs(Disk(tmp_path / "blobs"), tmp_path / "spool", 100)
    blobs.put([b"rice"])
    made = [path for top in ("blobs/sha256", "spool") for path in [tmp_path / top, *(tmp_path / top).rglob("*")]]

    assert len(made) == 4
    assert all(path.stat().st_mode & 0o077 == 0 for path in made)
