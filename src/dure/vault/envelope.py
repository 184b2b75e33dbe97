"""The envelope: each secret is locked with a data key of its own, and each data key with the master key.

Both locks are AES-256-GCM and are bound to where the secret stands (scope, name, version): a row that is copied over
another does not open. Turning the master key means locking the small data keys anew; the secrets stay as they are.
"""

import os
from dataclasses import dataclass

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12  # 96 bits is what GCM is made for.


class CannotOpen(Exception):
    """The key is not the right one, or the bytes were changed or moved."""


@dataclass(frozen=True)
class Place:
    """Where a secret stands; part of both locks."""

    scope: str
    name: str
    version: int

    def bound(self, what: str) -> bytes:
        # JSON keeps the parts apart: ("a", "bc") and ("ab", "c") do not read the same.
        return msgspec.json.encode((what, self.scope, self.name, self.version))


@dataclass(frozen=True)
class Envelope:
    """What is kept of a secret."""

    wrapped_key: bytes
    nonce: bytes
    ciphertext: bytes


def new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def close_envelope(master: bytes, value: bytes, place: Place) -> Envelope:
    key, nonce = new_key(), os.urandom(NONCE_BYTES)
    ciphertext = AESGCM(key).encrypt(nonce, value, place.bound("value"))
    return Envelope(_wrap(master, key, place), nonce, ciphertext)


def open_envelope(master: bytes, envelope: Envelope, place: Place) -> bytes:
    key = _unwrap(master, envelope.wrapped_key, place)
    try:
        return AESGCM(key).decrypt(envelope.nonce, envelope.ciphertext, place.bound("value"))
    except InvalidTag as error:
        raise CannotOpen(f"secret {place.name} of {place.scope}, version {place.version}") from error


def rewrap(old: bytes, new: bytes, wrapped_key: bytes, place: Place) -> bytes:
    """The same data key, locked with another master key."""
    return _wrap(new, _unwrap(old, wrapped_key, place), place)


def _wrap(master: bytes, key: bytes, place: Place) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(master).encrypt(nonce, key, place.bound("key"))


def _unwrap(master: bytes, wrapped_key: bytes, place: Place) -> bytes:
    try:
        return AESGCM(master).decrypt(wrapped_key[:NONCE_BYTES], wrapped_key[NONCE_BYTES:], place.bound("key"))
    except InvalidTag as error:
        raise CannotOpen(f"data key of {place.name} of {place.scope}, version {place.version}") from error
