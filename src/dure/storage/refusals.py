"""What storage says when it cannot do as asked.

Refused
├── BlobTooLarge     more bytes than the limit allows
├── StorageFull      no room left; the sentence says where
├── StorageUnusable  the place cannot be read or written at all
└── Invalid
    └── DigestDiffers  the bytes that came are not the bytes that were announced
BlobDamaged          the bytes that lie there are no longer the bytes that were kept; nobody's request is at fault
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from obstore.exceptions import BaseError

from dure.kit import Invalid, Refused, Text, say

# EFBIG is how a limit on the size of files of this process (ulimit -f) speaks.
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class BlobTooLarge(Refused):
    """More bytes than the limit allows."""

    def __init__(self, bytes_max: int) -> None:
        super().__init__(say("This is larger than the {limit} allowed here.", limit=in_units(bytes_max)))
        self.bytes_max = bytes_max


class StorageFull(Refused):
    """No room left."""

    def __init__(self, place: str) -> None:
        super().__init__(say("There is no room left in {place}. Free some space there, then try again.", place=place))


class StorageUnusable(Refused):
    """The place cannot be read or written at all."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(
            say(
                "Storage at {place} does not answer as it should: {why}. Check it, then try again.",
                place=place,
                why=why,
            )
        )


class DigestDiffers(Invalid):
    """The bytes that came are not the bytes that were announced."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(
            {
                "digest": say(
                    "What arrived has the digest {found}, not {expected}: it was changed on the way. Send it again.",
                    found=found,
                    expected=expected,
                )
            }
        )


class BlobDamaged(Exception):
    """The bytes that lie there are no longer the bytes that were kept."""

    def __init__(self, digest: str, place: str) -> None:
        self.digest = digest
        self.text: Text = say(
            "The blob {digest} in {place} is damaged: its bytes no longer match its name. Restore it from a backup.",
            digest=digest,
            place=place,
        )
        super().__init__(str(self.text))


@contextmanager
def in_words(place: str) -> Iterator[None]:
    """Turn what the disk or the network says into a sentence; the cause stays attached for the log."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise StorageFull(place) from error
        raise StorageUnusable(place, error.strerror or type(error).__name__) from error
    except BaseError as error:
        raise StorageUnusable(place, first_line(error)) from error


def first_line(error: BaseException) -> str:
    """obstore appends a dump of its insides after the first line; people need only the first."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def in_units(size: int) -> str:
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= factor:
            return f"{size / factor:.4g} {unit}"
    return f"{size} B"
