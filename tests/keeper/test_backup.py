"""Backups: made while the house is written to, restored equal, and refused in a sentence when they are not whole."""

import gzip
import io
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pytest

from dure.keeper.backup.archive import MANIFEST, NotABackup, unpack
from dure.ledger import House, Table, open_database
from tests.parts.house import RunningHouse, dure, running_house
from tests.parts.postgres import postgres

ENTRIES_MIN = 100


@pytest.fixture(scope="module")
def backup_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One backup of a house that was written to meanwhile, with its keys."""
    folder = tmp_path_factory.mktemp("backup")
    with running_house(folder / "data") as house:
        fill(house, folder / "data")
        over = threading.Event()
        writer = threading.Thread(target=go_on_writing, args=(house, over))
        writer.start()
        file = folder / "whole.tar.gz"
        done = dure("backup", str(file), "--data", str(house.data), "--with-keys", "--json")
        over.set()
        writer.join()
        assert done.code == 0, done.err
        told = json.loads(done.out)
        assert told["blobs"] == 1
        assert told["left_out"] == []
        assert told["entries"] >= ENTRIES_MIN
    return file


def fill(house: RunningHouse, data: Path) -> None:
    house.settle()
    token = house.token()
    house.api("POST", "/projects", {"name": "shop"}, token=token, expect=201)
    for number in range(ENTRIES_MIN):
        house.api("POST", "/projects/ada/shop/issues", {"title": f"issue {number}"}, token=token, expect=201)
    push(house, token, data.parent / "tree")
    log = data / "logs" / "1-1.log"
    log.parent.mkdir(exist_ok=True)
    log.write_text("what a job printed")
    blob = data / "blobs" / "sha256" / "ab" / "abcdef"
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(b"blob" * 100_000)


def push(house: RunningHouse, token: str, tree: Path) -> None:
    """One commit in the repository of the project."""
    who = {f"GIT_{role}_{what}": "ada@x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    header = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: Bearer {token}",
    }
    for words in (
        ["init", "-q", "-b", "main", str(tree)],
        ["-C", str(tree), "commit", "-q", "--allow-empty", "-m", "the first"],
        ["-C", str(tree), "push", "-q", f"{house.url}/ada/shop.git", "main"],
    ):
        subprocess.run(["git", *words], env={**os.environ, **who, **header}, check=True)


def go_on_writing(house: RunningHouse, over: threading.Event) -> None:
    token = house.token()
    while not over.is_set():
        house.api("POST", "/projects/ada/shop/issues", {"title": "meanwhile"}, token=token, expect=201)


def test_it_is_ours_alone_and_nothing_lies_beside_it(backup_file: Path) -> None:
    assert stat.S_IMODE(backup_file.stat().st_mode) == 0o600
    assert [path.name for path in backup_file.parent.iterdir() if path.name.startswith(".")] == []


def test_it_comes_back_equal_and_runs(backup_file: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    done = dure("restore", str(backup_file), "--data", str(data))
    assert done.code == 0, done.err
    assert "the chain holds" in done.out
    assert (data / "blobs/sha256/ab/abcdef").read_bytes() == b"blob" * 100_000
    assert (data / "logs/1-1.log").read_text() == "what a job printed"
    words = ["git", "-C", str(data / "repositories/1.git"), "log", "--format=%s", "main"]
    assert subprocess.run(words, capture_output=True, check=True, text=True).stdout == "the first\n"
    assert stat.S_IMODE((data / "master.key").stat().st_mode) == 0o600
    with tarfile.open(backup_file) as tar:
        opened = tar.extractfile(MANIFEST)
        assert opened is not None
        manifest = json.loads(opened.read())
    with closing(sqlite3.connect(data / "dure.db")) as database:
        assert database.execute("SELECT count(*) FROM ledger_entry").fetchone()[0] == manifest["entries"]
    expected = dure("ledger", "verify", "--data", str(data), "--expect", manifest["head"])
    assert expected.code == 0, expected.err

    with running_house(data) as house:
        assert house.first_link is None, "there is an account already"
        found = house.api("GET", "/projects/ada/shop", token=house.token(), expect=200)
        assert int(str(found["open_issues"])) >= ENTRIES_MIN
        busy = dure("restore", str(backup_file), "--data", str(data), "--force")
        assert busy.code == 1
        assert "already uses" in busy.err

    full = dure("restore", str(backup_file), "--data", str(data))
    assert full.code == 1
    assert "--force" in full.err
    again = dure("restore", str(backup_file), "--data", str(data), "--force")
    assert again.code == 0, again.err
    (aside,) = data.glob("before-restore-*")
    assert (aside / "dure.db").exists()
    assert dure("ledger", "verify", "--data", str(data)).code == 0


def test_a_backup_is_never_overwritten(backup_file: Path, tmp_path: Path) -> None:
    done = dure("backup", str(backup_file), "--data", str(tmp_path))
    assert done.code == 1
    assert "never overwritten" in done.err


def test_nothing_to_back_up_is_a_sentence(tmp_path: Path) -> None:
    done = dure("backup", str(tmp_path / "b.tar"), "--data", str(tmp_path / "none"))
    assert done.code == 1
    assert "no database" in done.err
    assert list(tmp_path.iterdir()) == []


def refused(file: Path, tmp_path: Path) -> str:
    """What is said about a file that cannot be restored; nothing of it may stay."""
    data = tmp_path / "target"
    done = dure("restore", str(file), "--data", str(data))
    assert done.code == 1, done.out
    assert "Traceback" not in done.err
    assert {path.name for path in data.iterdir()} == {"house.lock"}
    return done.err


def test_a_backup_that_was_cut_off_is_refused(backup_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "cut.tar.gz"
    whole = backup_file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert "cut off" in refused(file, tmp_path)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "song.mp3"
    file.write_bytes(b"la" * 10_000)
    assert "is not a backup" in refused(file, tmp_path)


def test_a_tar_of_somebody_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.tar"
    with tarfile.open(file, "w") as tar:
        tar.addfile(member("README", b"hello"), io.BytesIO(b"hello"))
    assert "never holds" in refused(file, tmp_path)


def member(name: str, content: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    return info


@pytest.mark.parametrize(
    "name", ["../evil", "blobs/../../evil", "/etc/passwd", "blobs/./../x", "database/dure.db/../../x"]
)
def test_a_name_that_points_outside_is_refused(name: str, tmp_path: Path) -> None:
    file, folder = tmp_path / "evil.tar", tmp_path / "inside"
    folder.mkdir()
    with tarfile.open(file, "w") as tar:
        tar.addfile(member(name, b"evil"), io.BytesIO(b"evil"))
    with pytest.raises(NotABackup):
        unpack(file, folder)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["evil.tar", "inside"]


def test_a_link_is_refused(tmp_path: Path) -> None:
    file, folder = tmp_path / "link.tar", tmp_path / "inside"
    folder.mkdir()
    with tarfile.open(file, "w") as tar:
        info = tarfile.TarInfo("blobs/link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(NotABackup):
        unpack(file, folder)


def test_a_changed_member_is_named(backup_file: Path, tmp_path: Path) -> None:
    """The tar itself is sound; only one byte of a blob is another."""
    plain = tmp_path / "plain.tar"
    whole = bytearray(gzip.decompress(backup_file.read_bytes()))
    place = whole.find(b"blobblobblob")
    whole[place] ^= 1
    plain.write_bytes(whole)
    assert "blobs/sha256/ab/abcdef" in refused(plain, tmp_path)


def test_a_ledger_that_was_changed_is_refused(backup_file: Path, tmp_path: Path) -> None:
    """Somebody changes history, and makes a new backup of it that fits its own manifest."""
    data = tmp_path / "data"
    assert dure("restore", str(backup_file), "--data", str(data)).code == 0
    with closing(sqlite3.connect(data / "dure.db")) as database, database:
        database.execute("UPDATE ledger_entry SET actor_name = 'mallory' WHERE id = 5")
    verified = dure("ledger", "verify", "--data", str(data))
    assert verified.code == 1
    assert "changed from outside" in verified.err
    file = tmp_path / "forged.tar"
    assert dure("backup", str(file), "--data", str(data)).code == 0
    assert "changed from outside" in refused(file, tmp_path)


def test_an_empty_house_without_keys(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_house(data) as house:
        house.stop()
    done = dure("backup", str(tmp_path / "b.tar"), "--data", str(data))
    assert done.code == 0, done.err
    assert "master key is not in it" in done.out
    with tarfile.open(tmp_path / "b.tar") as tar:
        assert "master.key" not in tar.getnames()
    restored = dure("restore", str(tmp_path / "b.tar"), "--data", str(tmp_path / "new"))
    assert restored.code == 0, restored.err
    assert "no master key" in restored.out


def test_postgresql_goes_round_too(tmp_path: Path) -> None:
    if shutil.which("pg_dump") is None:
        pytest.skip("pg_dump is not on the PATH: apt install postgresql-client")
    server = postgres()
    with server.fresh_database() as first, server.fresh_database() as second:
        with closing(House(open_database(first))) as house:
            Table.metadata.create_all(house.database.engine)
        settings = {"DURE_DATABASE": first}
        file = tmp_path / "pg.tar.gz"
        done = dure("backup", str(file), "--data", str(tmp_path / "data"), environment=settings)
        assert done.code == 0, done.err
        wrong = dure("restore", str(file), "--data", str(tmp_path / "one"))
        assert wrong.code == 1
        assert "PostgreSQL" in wrong.err
        full = dure("restore", str(file), "--data", str(tmp_path / "two"), environment=settings)
        assert full.code == 1
        assert "not empty" in full.err
        new = dure("restore", str(file), "--data", str(tmp_path / "three"), environment={"DURE_DATABASE": second})
        assert new.code == 0, new.err
