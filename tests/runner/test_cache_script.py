"""The script that keeps and brings caches."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from dure.runner.inside import cache

SCRIPT = str(cache.__file__)


def ran(room: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-I", "-S", SCRIPT, *words]
    environment = {"HOME": str(room / "home"), "PATH": os.environ["PATH"]}
    return subprocess.run(argv, cwd=room / "work", env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    for name in ("work", "home"):
        (tmp_path / "room" / name).mkdir(parents=True)
    return tmp_path / "room"


def test_files_are_where_they_were_although_the_room_is_another(room: Path, tmp_path: Path) -> None:
    (room / "home" / ".cache" / "deep").mkdir(parents=True)
    (room / "home" / ".cache" / "deep" / "a").write_text("a")
    (room / "work" / "node_modules" / "bin").mkdir(parents=True)
    (room / "work" / "node_modules" / "run").write_text("x")
    (room / "work" / "node_modules" / "run").chmod(0o755)
    (room / "work" / "node_modules" / "junk").write_text("x")
    (room / "work" / "node_modules" / "bin" / "run").symlink_to("../run")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "c").write_text("c")
    target = str(tmp_path / "made.tgz")

    made = ran(room, "keep", target, str(room), "~/.cache", "node_modules", "!node_modules/junk", str(outside))
    assert made.returncode == 0, made.stdout + made.stderr
    (outside / "c").unlink()
    other = tmp_path / "other"
    (other / "work").mkdir(parents=True)
    (other / "work" / "node_modules").mkdir()
    (other / "work" / "node_modules" / "run").write_text("before")
    assert ran(other, "bring", target, str(other)).returncode == 0

    assert (other / "home" / ".cache" / "deep" / "a").read_text() == "a"
    assert (other / "work" / "node_modules" / "bin" / "run").read_text() == "x"
    assert os.access(other / "work" / "node_modules" / "run", os.X_OK)
    assert not (other / "work" / "node_modules" / "junk").exists()
    assert (outside / "c").read_text() == "c"


def test_nothing_to_keep(room: Path, tmp_path: Path) -> None:
    assert ran(room, "keep", str(tmp_path / "x.tgz"), str(room), "none/*").returncode == 66


@pytest.mark.parametrize("name", ["room/../../out", "../out", "/out", "room/link/out", "else/out"])
def test_a_poisoned_cache_writes_nothing_elsewhere(room: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "target").mkdir()
    with tarfile.open(tmp_path / "bad.tgz", "w:gz") as packed:
        link = tarfile.TarInfo("room/link")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "target")
        packed.addfile(link)
        entry = tarfile.TarInfo(name)
        entry.size = 4
        packed.addfile(entry, io.BytesIO(b"evil"))

    said = ran(room, "bring", str(tmp_path / "bad.tgz"), str(room))

    assert said.returncode == 1
    assert "The cache holds" in said.stdout
    assert not list(tmp_path.rglob("out"))
