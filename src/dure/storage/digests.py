"""The name of a blob is the SHA-256 of what it says, written `sha256:` and 64 hexadecimal digits."""

import hashlib
import re
from typing import NewType

from dure.kit import Invalid, say

Digest = NewType("Digest", str)

PATTERN = re.compile(r"sha256:[0-9a-f]{64}")


def digest_of(data: bytes) -> Digest:
    return Digest(f"sha256:{hashlib.sha256(data).hexdigest()}")


def parse_digest(words: str) -> Digest | None:
    """The digest that these words are, or None. Nothing that could climb out of a folder gets past here."""
    return Digest(words) if PATTERN.fullmatch(words) else None


def expect_digest(words: str) -> Digest:
    """The digest that a caller announced for what is about to be sent."""
    found = parse_digest(words)
    if found is None:
        raise Invalid({"digest": say("A digest is written sha256: followed by 64 hexadecimal digits.")})
    return found


def key_of(digest: Digest) -> str:
    """Where a blob lies on its shelf. Two digits make 256 folders, so that none grows without end."""
    hexadecimal = digest.removeprefix("sha256:")
    return f"sha256/{hexadecimal[:2]}/{hexadecimal[2:]}"


def digest_at(key: str) -> Digest | None:
    """The digest of the blob at this key, or None when something else lies there."""
    digest = parse_digest(key.replace("/", ":", 1).replace("/", ""))
    return digest if digest is not None and key_of(digest) == key else None
