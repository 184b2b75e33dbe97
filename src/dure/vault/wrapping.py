"""Wrapping the file of master keys with age, by a passphrase or for an identity."""

from dataclasses import dataclass, field
from pathlib import Path

import pyrage  # type: ignore[import-untyped]

from dure.kit import Refused, say

AGE_HEADER = b"age-encryption.org/"
IDENTITY_PREFIX = "AGE-SECRET-KEY-1"


class CannotUnwrap(Refused):
    """The passphrase or the identity is not the one by which the file was wrapped."""


@dataclass(frozen=True)
class Wrapping:
    """Give one of the two. Made by `wrapping_by`, which reads the identity from its file."""

    passphrase: str = field(default="", repr=False)
    identity: str = field(default="", repr=False)

    def wrap(self, plain: bytes) -> bytes:
        if self.passphrase:
            return bytes(pyrage.passphrase.encrypt(plain, self.passphrase))
        return bytes(pyrage.encrypt(plain, [self._identity().to_public()]))

    def unwrap(self, wrapped: bytes, path: Path) -> bytes:
        try:
            if self.passphrase:
                return bytes(pyrage.passphrase.decrypt(wrapped, self.passphrase))
            return bytes(pyrage.decrypt(wrapped, [self._identity()]))
        except pyrage.DecryptError as error:
            raise CannotUnwrap(
                say(
                    "The master key in {path} does not open with the passphrase or identity that is set. "
                    "Set the one by which it was wrapped.",
                    path=str(path),
                )
            ) from error

    def _identity(self) -> pyrage.x25519.Identity:
        return pyrage.x25519.Identity.from_str(self.identity)


def wrapping_by(passphrase: str = "", identity_file: Path | None = None) -> Wrapping | None:
    """The wrapping that the settings ask for; None when they ask for none. A passphrase wins over an identity."""
    if passphrase:
        return Wrapping(passphrase=passphrase)
    if identity_file is None:
        return None
    try:
        lines = identity_file.read_text().split()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotUnwrap(say("The age identity {path} cannot be read.", path=str(identity_file))) from error
    for line in lines:
        if line.startswith(IDENTITY_PREFIX):
            wrapping = Wrapping(identity=line)
            try:
                wrapping._identity()
            except pyrage.IdentityError:
                break
            return wrapping
    raise CannotUnwrap(
        say("{path} holds no age identity. Make one with: age-keygen -o {path}", path=str(identity_file))
    )


def is_wrapped(content: bytes) -> bool:
    return content.startswith(AGE_HEADER)
