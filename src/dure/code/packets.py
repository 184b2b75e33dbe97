"""Git's packets: four hexadecimal digits that say how long the line is, then the line; `0000` ends a list."""

import re

FLUSH = b"0000"
HEAD_BYTES_MAX = 1 << 20
LINE_BYTES_MAX = 65_520
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


class Opening:
    """The beginning of a push: the list of what shall move, from which it is seen how the client wants to be answered.

    It is fed whatever comes, and keeps nothing once the list is over.
    """

    def __init__(self) -> None:
        self.over = False
        self.speaks_aside = False
        """Whether remarks may stand between git's own answers."""
        self._kept = b""
        self._first = True

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
        if self._first:
            self._first = False
            _, _, wishes = line.partition(b"\0")
            self.speaks_aside = b"side-band-64k" in wishes.split()


def length_of(some: bytes) -> int | None:
    """The length of the first packet, its own four digits included; 0 for a flush, None for what is none."""
    try:
        length = int(some[:4], 16)
    except ValueError:
        return None
    return length if length == 0 or len(FLUSH) <= length <= LINE_BYTES_MAX else None
