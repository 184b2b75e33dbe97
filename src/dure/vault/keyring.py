"""The master keys, in one file that only the house may read.

The file is made at the first start. Usually it holds one key; while the master key is being turned it holds the old
one and the new one. It may be wrapped with age, by a passphrase or for an identity: then a copy of the disk alone
opens nothing.
"""

import os
import secrets
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

import msgspec

from dure.kit import Refused, now, say
from dure.vault.envelope import KEY_BYTES, new_key
from dure.vault.wrapping import Wrapping, is_wrapped


class KeyFileExposed(Refused):
    """Others on this machine may read the file."""


class KeyFileBroken(Refused):
    """The file is there and is not a file of master keys, or cannot be read or written."""


class KeyMissing(Refused):
    """A secret was locked with a key that is not in the file."""


@dataclass(frozen=True)
class MasterKey:
    id: str
    made_at: datetime
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"a master key has {KEY_BYTES} bytes")


class Keyring:
    """The master keys of this house. Made by `open_keyring`, passed to whoever locks or opens secrets."""

    def __init__(self, path: Path, wrapping: Wrapping | None, keys: list[MasterKey]) -> None:
        self.path = path
        self._wrapping = wrapping
        self._lock = threading.Lock()
        self._keys = {key.id: key for key in keys}

    def newest(self) -> MasterKey:
        with self._lock:
            return list(self._keys.values())[-1]

    def find(self, key_id: str) -> MasterKey:
        """The key with this id. Another process may have added it since: then the file is read again."""
        with self._lock:
            if key_id not in self._keys:
                self._keys = {key.id: key for key in _read(self.path, self._wrapping)}
            found = self._keys.get(key_id)
        if found is None:
            raise KeyMissing(
                say(
                    "The secrets are locked with the master key {id}, which is not in {path}. "
                    "Put back the file that belongs to this database; it is in the backup made with it.",
                    id=key_id,
                    path=str(self.path),
                )
            )
        return found

    def add(self) -> MasterKey:
        """Make one more key and write it down before anybody uses it."""
        key = _made_key()
        with self._lock, _alone(self.path):
            keys = [*_read(self.path, self._wrapping), key]
            _replace(self.path, _written(keys, self._wrapping))
            self._keys = {each.id: each for each in keys}
        return key

    def keep_only(self, key_id: str) -> None:
        """Forget every other key."""
        with self._lock, _alone(self.path):
            keys = [key for key in _read(self.path, self._wrapping) if key.id == key_id]
            if keys:
                _replace(self.path, _written(keys, self._wrapping))
                self._keys = {each.id: each for each in keys}

    @contextmanager
    def rotating(self) -> Iterator[bool]:
        """Whether this thread alone may rotate now. A second rotation at once could forget the key of the first."""
        with _in_words(self.path):
            lock = os.open(self.path.with_name(f".{self.path.name}.rotation"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(lock)

    def __len__(self) -> int:
        with self._lock:
            return len(self._keys)

    def __repr__(self) -> str:
        return f"Keyring({str(self.path)!r})"


def open_keyring(path: Path, wrapping: Wrapping | None = None) -> Keyring:
    """Read the master keys; make the first one when there is no file yet.

    A plain file is wrapped as soon as a wrapping is set. The other way round is refused: the file stays as it is.
    """
    with _in_words(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(path):
            if not path.exists():
                _replace(path, _written([_made_key()], wrapping))
            keys = _read(path, wrapping)
            if wrapping is not None and not is_wrapped(path.read_bytes()):
                _replace(path, _written(keys, wrapping))
    return Keyring(path, wrapping, keys)


class _KeyOnFile(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    made_at: datetime
    key: bytes


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """What the file says, once unwrapped. Keys in the order in which they were made."""

    dure_master_keys: list[_KeyOnFile]


def _made_key() -> MasterKey:
    return MasterKey(f"mk_{secrets.token_hex(6)}", now(), new_key())


def _written(keys: list[MasterKey], wrapping: Wrapping | None) -> bytes:
    file = _File([_KeyOnFile(key.id, key.made_at, key.key) for key in keys])
    plain = msgspec.json.format(msgspec.json.encode(file)) + b"\n"
    return plain if wrapping is None else wrapping.wrap(plain)


def _read(path: Path, wrapping: Wrapping | None) -> list[MasterKey]:
    with _in_words(path):
        check_private(path)
        written = path.read_bytes()
    if is_wrapped(written):
        if wrapping is None:
            raise KeyFileBroken(
                say(
                    "The master key in {path} is wrapped with age. "
                    "Set `master_key_passphrase` or `master_key_identity`, by which it was wrapped.",
                    path=str(path),
                )
            )
        written = wrapping.unwrap(written, path)
    try:
        keys = [
            MasterKey(key.id, key.made_at, key.key) for key in msgspec.json.decode(written, type=_File).dure_master_keys
        ]
    except (msgspec.DecodeError, ValueError):
        keys = []
    if not keys:
        # The cause is left out on purpose: it might quote the file.
        raise KeyFileBroken(
            say("{path} is not a file of master keys. Put back the one from your backup.", path=str(path))
        ) from None
    return keys


def check_private(path: Path) -> None:
    """A key that others may read is no key: refuse it before anything is locked with it."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise KeyFileExposed(
            say(
                "{path} can be used by others on this machine (mode {mode}). Run: chmod 600 {path}",
                path=str(path),
                mode=f"{mode:04o}",
            )
        )


def _replace(path: Path, content: bytes) -> None:
    """Write the file anew in one step, so that a kill -9 leaves the old one or the new one."""
    with _in_words(path):
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(fresh, path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time changes the file. The lock is a file of its own, because this one is replaced."""
    with _in_words(path):
        lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        flock(lock, LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise KeyFileBroken(
            say("The master key file {path} cannot be used: {why}.", path=str(path), why=why)
        ) from error
