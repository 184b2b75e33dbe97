"""The file of master keys: made private, read strictly, wrapped, rotated; killed in the middle nothing is lost."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pyrage  # type: ignore[import-untyped]
import pytest
from sqlalchemy import update

from dure.kit import Refused
from dure.ledger import HOUSE, Actor, House, Work, thread
from dure.vault import (
    CannotUnwrap,
    KeyFileBroken,
    KeyFileExposed,
    KeyMissing,
    Keyring,
    Wrapping,
    check_keys,
    lend,
    open_keyring,
    put_secret,
    resume_rotation,
    rotate_master_key,
    wrapping_by,
)
from dure.vault.secret import Secret

T = TypeVar("T")
ALL = [f"value {number}" for number in range(7)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "master.key"


def test_the_file_is_made_once_and_for_the_house_alone(file: Path) -> None:
    made = open_keyring(file).newest()
    again = open_keyring(file).newest()

    assert made == again
    assert len(made.key) == 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mode & 0o077 for path in [file.parent, *file.parent.iterdir()]} == {0}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_read_is_refused_with_the_remedy(file: Path, mode: int) -> None:
    open_keyring(file)
    file.chmod(mode)

    with pytest.raises(KeyFileExposed, match=f"mode 0{mode:o}.*chmod 600 {file}"):
        open_keyring(file)

    file.chmod(0o600)
    assert len(open_keyring(file)) == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b'{"dure_master_keys": []}',
        b'{"dure_master_keys": [{"id": "x", "made_at": "2026-01-01T00:00:00Z", "key": "YWJj"}]}',
    ],
)
def test_a_broken_file_is_refused_and_left_alone(file: Path, content: bytes) -> None:
    open_keyring(file)
    file.write_bytes(content)

    with pytest.raises(KeyFileBroken, match="not a file of master keys") as told:
        open_keyring(file)

    assert told.value.__suppress_context__
    assert file.read_bytes() == content


def test_a_place_that_cannot_be_used_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir(mode=0o700)

    with pytest.raises(KeyFileBroken, match="cannot be used: File exists"):
        open_keyring(tmp_path / "file" / "master.key")
    with pytest.raises(KeyFileBroken, match="Is a directory"):
        open_keyring(tmp_path / "folder")


def test_many_processes_that_start_at_once_agree_on_one_key(file: Path) -> None:
    words = (
        "import sys; from pathlib import Path; from dure.vault import open_keyring; "
        "print(open_keyring(Path(sys.argv[1])).newest().id)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", words, str(file)], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]

    assert len({process.communicate()[0] for process in started}) == 1


def identity(tmp_path: Path, name: str = "identity.txt") -> Path:
    path = tmp_path / name
    path.write_text(f"# created: 2026-11-21\n# public key: age1...\n{pyrage.x25519.Identity.generate()}\n")
    return path


def test_a_wrapped_file_opens_for_its_identity_alone(file: Path, tmp_path: Path) -> None:
    plain = open_keyring(file).newest()
    mine = wrapping_by(identity_file=identity(tmp_path))
    wrapped = open_keyring(file, mine)
    wrapped.add()

    assert file.read_bytes().startswith(b"age-encryption.org/v1")
    assert file.stat().st_mode & 0o777 == 0o600
    assert open_keyring(file, mine).find(plain.id) == plain
    assert len(open_keyring(file, mine)) == 2
    with pytest.raises(KeyFileBroken, match="wrapped with age"):
        open_keyring(file)
    with pytest.raises(CannotUnwrap, match="does not open"):
        open_keyring(file, wrapping_by(identity_file=identity(tmp_path, "other.txt")))
    with pytest.raises(CannotUnwrap, match="does not open"):
        open_keyring(file, Wrapping(passphrase="a guess"))


def test_a_wrapped_file_opens_for_its_passphrase_alone(file: Path) -> None:
    mine = wrapping_by(passphrase="correct horse")
    made = open_keyring(file, mine).newest()

    assert open_keyring(file, mine).newest() == made
    assert "horse" not in repr(mine)
    with pytest.raises(CannotUnwrap, match="does not open"):
        open_keyring(file, wrapping_by(passphrase="wrong horse"))


def test_an_identity_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("# nothing\n")
    (tmp_path / "broken").write_text("AGE-SECRET-KEY-1NOTREALLY\n")

    assert wrapping_by() is None
    for name, sentence in [("empty", "age-keygen"), ("broken", "age-keygen"), ("absent", "cannot be read")]:
        with pytest.raises(CannotUnwrap, match=sentence):
            wrapping_by(identity_file=tmp_path / name)


def put(house: House, keys: Keyring, scope: str, name: str, value: str) -> None:
    house.write_now(HOUSE, lambda work: put_secret(work, keys, scope, name, value))


def put_some(house: House, keys: Keyring) -> None:
    for number, value in enumerate(ALL):
        put(house, keys, "project:3", f"S{number}", value)


def values(house: House, keys: Keyring) -> list[str]:
    names = [f"S{number}" for number in range(len(ALL))]
    lent = house.write_now(HOUSE, lambda work: lend(work, keys, "project:3", names, to="job:1"))
    return [lent[name].text() for name in names]


def test_rotation_locks_everything_anew_and_forgets_the_old_key(house: House, file: Path) -> None:
    keys = open_keyring(file)
    put_some(house, keys)
    old = keys.newest()
    done = rotate_master_key(house, HOUSE, keys, batch=3)

    assert (done.rewrapped, done.damaged) == (7, [])
    assert old.id not in file.read_text()
    assert len(open_keyring(file)) == 1
    assert values(house, open_keyring(file)) == ALL
    assert resume_rotation(house, HOUSE, keys).rewrapped == 0
    assert [entry.kind for entry in house.read_now(HOUSE, lambda work: thread(work, "vault"))] == [
        "vault.master_key_rotated"
    ]


class Killed(Exception):
    """Stands for a kill -9: nothing after it runs."""


class DiesAfter:
    """A house that is killed at its n-th write, before it or after its commit."""

    def __init__(self, house: House, write: int, after_commit: bool) -> None:
        self.house, self.bell, self.left, self.after_commit = house, house.bell, write, after_commit

    def write_now(self, actor: Actor, do: Callable[[Work], T]) -> T:
        self.left -= 1
        if self.left == 0 and not self.after_commit:
            raise Killed
        answer = self.house.write_now(actor, do)
        if self.left == 0:
            raise Killed
        return answer

    def read_now(self, actor: Actor, do: Callable[[Work], T]) -> T:
        return self.house.read_now(actor, do)


@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize("write", range(1, 8))
def test_a_rotation_killed_at_any_write_loses_nothing_and_goes_on(
    house: House, file: Path, write: int, after_commit: bool
) -> None:
    put_some(house, open_keyring(file))
    try:
        rotate_master_key(DiesAfter(house, write, after_commit), HOUSE, open_keyring(file), batch=3)
    except Killed:
        killed = True
    else:
        killed = False

    assert values(house, open_keyring(file)) == ALL
    house.read_now(HOUSE, lambda work: check_keys(work, open_keyring(file)))
    resume_rotation(house, HOUSE, open_keyring(file), batch=3)
    assert killed
    assert len(open_keyring(file)) == 1
    assert values(house, open_keyring(file)) == ALL


def test_secrets_put_and_lent_while_the_key_rotates_stay_readable(house: House, file: Path) -> None:
    put_some(house, open_keyring(file))
    stop, seen, troubles = threading.Event(), [], []

    def work_on(keys: Keyring) -> None:
        number = 0
        try:
            while not stop.is_set():
                number += 1
                put(house, keys, "project:9", "BUSY", f"value {number}")
                seen.append(values(house, keys))
        except Exception as error:
            troubles.append(error)

    others = [threading.Thread(target=work_on, args=[open_keyring(file)]) for _ in range(2)]
    for each in others:
        each.start()
    for _ in range(3):
        rotate_master_key(house, HOUSE, open_keyring(file), batch=2)
    stop.set()
    for each in others:
        each.join()

    assert troubles == []
    assert all(each == ALL for each in seen)
    assert len(open_keyring(file)) == 1
    assert values(house, open_keyring(file)) == ALL


def test_two_rotations_at_once_are_one_too_many(house: House, file: Path) -> None:
    keys = open_keyring(file)
    put_some(house, keys)
    with open_keyring(file).rotating() as mine:
        assert mine
        with pytest.raises(Refused, match="being rotated right now"):
            rotate_master_key(house, HOUSE, keys)
        assert resume_rotation(house, HOUSE, keys).rewrapped == 0

    assert rotate_master_key(house, HOUSE, keys).rewrapped == 7


def test_while_a_secret_is_damaged_the_old_key_is_kept(house: House, file: Path) -> None:
    keys = open_keyring(file)
    put_some(house, keys)
    house.write_now(
        HOUSE, lambda work: work.session.execute(update(Secret).where(Secret.name == "S3").values(version=9))
    )
    done = rotate_master_key(house, HOUSE, keys, batch=2)

    assert (done.rewrapped, done.damaged) == (6, ["project:3 S3"])
    assert len(open_keyring(file)) == 2
    put(house, keys, "project:3", "S3", "value 3")
    resume_rotation(house, HOUSE, keys)
    assert len(open_keyring(file)) == 1
    assert values(house, keys) == ALL


def test_a_house_with_the_key_file_of_another_refuses(house: House, file: Path, tmp_path: Path) -> None:
    keys, foreign = open_keyring(file), open_keyring(tmp_path / "other" / "master.key")
    house.read_now(HOUSE, lambda work: check_keys(work, foreign))
    put_some(house, keys)

    with pytest.raises(KeyMissing, match=f"{keys.newest().id}, which is not in {foreign.path}"):
        house.read_now(HOUSE, lambda work: check_keys(work, foreign))
    with pytest.raises(KeyMissing):
        put_some(house, foreign)
    with pytest.raises(KeyMissing):
        values(house, foreign)
    os.replace(file, foreign.path)
    assert values(house, foreign) == ALL
