"""Git's packets: four hexadecimal digits that say how long the line is, then the line; `0000` ends a list."""

import re
from collections.abc import Callable

from dure.code.repositories import is_ref_name
from dure.kit import Refused, say

FLUSH = b"0000"
HEAD_BYTES_MAX = 1 << 20
LINE_BYTES_MAX = 65_520
MOVES_MAX = 20_000
"""Branches and tags in one push."""
SHALLOW = b"shallow "
PROTOCOL = re.compile(r"[a-z0-9=:.,_-]{1,200}")
"""What a client may say in its Git-Protocol header, such as `version=2`."""


def packet(line: bytes) -> bytes:
    return f"{len(line) + 4:04x}".encode() + line


def remark(words: str) -> bytes:
    """A line that git shows to the pusher, with `remote:` before it."""
    return packet(b"\x02" + words.encode()[:900] + b"\n")


def last_words(words: str) -> bytes:
    """A line with which git ends in failure."""
    return packet(b"\x03" + words.encode()[:900] + b"\n")


class PushRefused(Refused):
    """What this push wants to move, no push may."""


class Opening:
    """The beginning of a push: the list of what shall move, from which it is seen how the client wants to be answered.

    It is fed whatever comes, and keeps nothing once the list is over.
    """

    def __init__(self, allow: Callable[[str], None] = lambda _: None) -> None:
        """`allow` is asked about each branch and tag that shall move, and raises what stands against it."""
        self.allow = allow
        self.over = False
        self.speaks_aside = False
        """Whether remarks may stand between git's own answers."""
        self._kept = b""
        self._first = True
        self._moves = 0

    def hear(self, some: bytes) -> None:
        if self.over:
            return
        self._kept += some
        while not self.over and len(self._kept) >= len(FLUSH):
            length = length_of(self._kept)
            if length is None or length == 0 or len(self._kept) > HEAD_BYTES_MAX:
                self.over = True
            elif len(self._kept) < length:
                return
            else:
                self._read(self._kept[len(FLUSH) : length])
                self._kept = self._kept[length:]
        if self.over:
            self._kept = b""

    def _read(self, line: bytes) -> None:
        move, _, wishes = line.partition(b"\0")
        if self._first:
            self._first = False
            self.speaks_aside = b"side-band-64k" in wishes.split()
        if move.startswith(SHALLOW):
            return
        self._moves += 1
        if self._moves > MOVES_MAX:
            raise PushRefused(say("A push moves {count} branches and tags at most. Push in parts.", count=MOVES_MAX))
        name = move.rstrip(b"\n").split(b" ", 2)[-1]
        if not is_ref_name(name):
            shown = name[:100].decode(errors="replace")
            raise PushRefused(say("{name} cannot be the name of a branch or tag here.", name=shown))
        self.allow(name.decode())


def length_of(some: bytes) -> int | None:
    """The length of the first packet, its own four digits included; 0 for a flush, None for what is none."""
    try:
        length = int(some[:4], 16)
    except ValueError:
        return None
    return length if length == 0 or len(FLUSH) <= length <= LINE_BYTES_MAX else None
