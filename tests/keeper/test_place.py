"""The data directory: one house at a time, closed to others, and sentences for whatever is wrong with it."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from dure.keeper.place import (
    RESTORING,
    AlreadyRunning,
    Card,
    NotOurs,
    card_of,
    card_shown,
    expect_whole,
    held,
    make_private,
    pid_in,
    somebody_home,
)
from dure.kit import now

NOBODY = 65534


def test_a_new_directory_is_closed_to_others(tmp_path: Path) -> None:
    data = tmp_path / "a" / "b"
    make_private(data)
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_an_open_directory_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("")
    with pytest.raises(NotOurs, match="is a file"):
        make_private(file)


def test_one_house_at_a_time(tmp_path: Path) -> None:
    assert not somebody_home(tmp_path)
    with held(tmp_path):
        assert somebody_home(tmp_path)
        assert pid_in(tmp_path) == os.getpid()
        with pytest.raises(AlreadyRunning, match=rf"process {os.getpid()}.*dure down"), held(tmp_path):
            pass
    assert not somebody_home(tmp_path)


def test_a_killed_house_does_not_count(tmp_path: Path) -> None:
    hold = f"""
import time
from pathlib import Path
from dure.keeper.place import held
with held(Path({str(tmp_path)!r})):
    print("held", flush=True)
    time.sleep(60)
"""
    child = subprocess.Popen([sys.executable, "-c", hold], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    assert somebody_home(tmp_path)
    child.kill()
    child.wait()
    child.stdout.close()
    assert not somebody_home(tmp_path)
    with held(tmp_path):
        assert pid_in(tmp_path) == os.getpid()


def test_the_card_counts_only_while_its_house_lives(tmp_path: Path) -> None:
    card = Card(pid=os.getpid(), url="http://x", listen="127.0.0.1:1", started_at=now(), version="1")
    with held(tmp_path):
        assert card_of(tmp_path) is None
        with card_shown(tmp_path, card):
            assert card_of(tmp_path) == card
            assert stat.S_IMODE((tmp_path / "house.json").stat().st_mode) == 0o600
    with card_shown(tmp_path, card):
        assert card_of(tmp_path) is None, "nobody holds the lock"


def test_half_a_restore_is_not_started_on(tmp_path: Path) -> None:
    expect_whole(tmp_path)
    (tmp_path / RESTORING).mkdir()
    with pytest.raises(NotOurs, match="cut off"):
        expect_whole(tmp_path)


def test_a_directory_of_somebody_else_is_refused_in_words() -> None:
    """Root may write anywhere, so an ordinary user is asked. The directory lies where that user may look."""
    if os.getuid() != 0:
        pytest.skip("Only root can become another user, and this test wants one.")
    try_it = f"""
import os, sys
from pathlib import Path
from dure.keeper.place import NotOurs, held, make_private
os.setgid({NOBODY})
os.setuid({NOBODY})
for use in (make_private, lambda data: held(data).__enter__()):
    try:
        use(Path(sys.argv[1]))
    except NotOurs as refused:
        print(refused)
"""
    with tempfile.TemporaryDirectory() as data:
        Path(data).chmod(0o755)
        done = subprocess.run([sys.executable, "-c", try_it, data], capture_output=True, text=True, check=False)
    assert done.stdout.count("cannot be written by this user") + done.stdout.count("cannot be used") == 2, done.stderr
