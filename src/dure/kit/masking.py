"""Hide secrets in a stream of bytes, before it reaches a disk or an eye.

Every place where some form of a secret (forms.py) stands becomes `***`; places that overlap or touch become one. The
output does not depend on how the stream was cut into pieces: what might still grow into a secret is held back until
the next piece decides, and never more than that.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from copy import copy

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

from dure.kit.forms import needles

STARS = b"***"
BEGINNING = 8
"""Bytes by which a needle is suspected. More would be tried in vain at each border, fewer would suspect too much."""

TABLE_BYTES_MAX = 64 << 10
"""Up to this many bytes of needles the finder may use a full table: three times as fast, and up to 64 MiB large."""

GLANCE_NEEDLES, GLANCES_MAX = 28, 10
"""With so many needles, and the decoys, vector instructions tell whether any is there, twenty times as fast as the
finder tells where. More needles take several glances, and at some point those are no faster than the finder."""
DECOYS = [bytes([letter]) * BEGINNING for letter in b"\xf5\xf6\xf7\xf8"]
"""In no text. Needles that share some rare letters would be looked for by these letters alone, a hundred times as slow
where a log is full of them. Decoys share none."""


class Mask:
    """One stream being masked: `feed` it piece by piece, and `finish` it."""

    def __init__(self, values: Iterable[bytes | str]) -> None:
        self._values: set[bytes] = set()
        self._needles: list[bytes] = []
        self._held = b""
        # Up to where in `_held` stars already stand for it; -1 when not even its beginning touches stars.
        self._hidden = -1
        self.learn(values)

    def learn(self, values: Iterable[bytes | str]) -> None:
        """Hide these as well from now on: a job may meet a new secret while it runs."""
        fresh = {value.encode() if isinstance(value, str) else bytes(value) for value in values} - self._values
        self._values |= fresh
        self._needles = sorted({*self._needles, *needles(fresh)})
        self._longest = max(map(len, self._needles), default=0)
        self._finder = _finder(self._needles)
        self._glances = _glances(self._needles)
        self._beginnings = _finder(sorted({needle[:BEGINNING] for needle in self._needles if len(needle) > BEGINNING}))
        self._openings = {needle[:size] for needle in self._needles for size in range(1, min(BEGINNING, len(needle)))}

    def twin(self) -> "Mask":
        """Another stream, from which the same is hidden."""
        twin = copy(self)
        twin._held, twin._hidden, twin._values = b"", -1, set(self._values)
        return twin

    def feed(self, piece: bytes) -> bytes:
        """What is now sure of the stream so far."""
        if self._finder is None:
            return piece
        seen = self._held + piece
        return self._release(seen, self._undecided_from(seen))

    def finish(self) -> bytes:
        """The rest. Nothing more will come."""
        return self._release(self._held, len(self._held))

    def __repr__(self) -> str:
        return f"Mask({len(self._values)} values)"

    def _release(self, seen: bytes, until: int) -> bytes:
        """Everything before `until`, masked. A secret that begins before `until` is hidden as far as it goes."""
        out: list[bytes] = []
        hidden = self._hidden
        done = max(hidden, 0)
        for start, end in self._places(seen):
            if start > hidden:
                if start >= until:
                    break
                out += (seen[done:start], STARS)
            hidden = done = max(hidden, end)
        out.append(seen[done:until])
        self._held = seen[until:]
        self._hidden = hidden - until if hidden >= until else -1
        return b"".join(out)

    def _places(self, seen: bytes) -> list[tuple[int, int]]:
        """Where secrets stand, in order of their beginnings."""
        if self._finder is None or self._is_clean(seen):
            return []
        return sorted((start, end) for _, start, end in self._finder.find_matches_as_indexes(seen, overlapping=True))

    def _is_clean(self, seen: bytes) -> bool:
        """Most of what is printed, and quickly told. False where the finder has to look."""
        return bool(self._glances) and not any(glance.find_matches_as_indexes(seen) for glance in self._glances)

    def _undecided_from(self, seen: bytes) -> int:
        """Where the longest ending begins that could still grow into some form of a secret."""
        start = max(0, len(seen) - self._longest + 1)
        short = max(start, len(seen) - BEGINNING + 1)
        # The finder tells quickly where a needle may begin, in order because all beginnings are of one length.
        # Endings shorter than a beginning are looked up one by one.
        if self._beginnings is not None:
            for _, at, _ in self._beginnings.find_matches_as_indexes(seen[start:], overlapping=True):
                if start + at < short and self._could_grow(seen[start + at :]):
                    return start + at
        for at in range(short, len(seen)):
            if seen[at:] in self._openings:
                return at
        return len(seen)

    def _could_grow(self, ending: bytes) -> bool:
        at = bisect_right(self._needles, ending)
        return at < len(self._needles) and self._needles[at].startswith(ending)


def _finder(words: list[bytes]) -> BytesAhoCorasick | None:
    if not words:
        return None
    small = sum(map(len, words)) <= TABLE_BYTES_MAX
    return BytesAhoCorasick(words, implementation=Implementation.DFA if small else None)


def _glances(needles: list[bytes]) -> list[BytesAhoCorasick]:
    if len(needles) > GLANCE_NEEDLES * GLANCES_MAX:
        return []
    some = (needles[at : at + GLANCE_NEEDLES] for at in range(0, len(needles), GLANCE_NEEDLES))
    return [BytesAhoCorasick(words + DECOYS, matchkind=MatchKind.LeftmostFirst) for words in some]


def mask(stream: Iterable[bytes], values: Iterable[bytes | str]) -> Iterator[bytes]:
    """The same stream without these secrets."""
    masking = Mask(values)
    for piece in stream:
        if sure := masking.feed(piece):
            yield sure
    if rest := masking.finish():
        yield rest
