"""GitHub's patterns for branches, tags and paths.

`*` runs up to a slash, `**` over slashes, `**/` over folders or none; `?` and `+` make the sign before them optional or
repeated; `[a-z]` is one sign of a set; a backslash takes a sign as it is; a leading `!` takes back what matched before.

A pattern is matched by walking over the words once with the set of places reached in the pattern, never by a regular
expression: whoever writes a pattern cannot make matching slow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from dure.kit import Refused, say

LENGTH_MAX = 1_000
SPECIAL = frozenset("*?+[]\\")
STEPS_KEPT = 400
PIECES_OF_KEPT = 40
"""Longer patterns find their way anew each time, so that what is kept stays small."""
NEXT = (1,)
OVER_FOLDERS = (1, 3)


class PatternBroken(Refused):
    """The pattern cannot be read."""


@dataclass(frozen=True)
class Piece:
    """One sign of a pattern: which signs it takes (None: any), whether it may repeat, and how far on one may go
    without a sign."""

    signs: frozenset[str] | None
    but_slash: bool = False
    repeats: bool = False
    leaps: tuple[int, ...] = ()

    def takes(self, sign: str) -> bool:
        if self.signs is None:
            return not (self.but_slash and sign == "/")
        return sign in self.signs


IN_FOLDER = Piece(None, but_slash=True, repeats=True, leaps=NEXT)
ANYWHERE = Piece(None, repeats=True, leaps=NEXT)
SLASH = Piece(frozenset("/"))
FOLDERS = (Piece(frozenset(), leaps=OVER_FOLDERS), ANYWHERE, SLASH)


@dataclass(frozen=True)
class Pattern:
    """A pattern that has been read."""

    words: str
    negative: bool
    pieces: tuple[Piece, ...]

    @cached_property
    def plain(self) -> bool:
        """Whether it has no special signs, so that it matches itself alone."""
        return not SPECIAL & set(self.words)

    @cached_property
    def start(self) -> frozenset[int]:
        return self.beyond((0,))

    @cached_property
    def steps(self) -> dict[tuple[frozenset[int], str], frozenset[int]]:
        """Where each sign has led from each set of places: most names go the same ways."""
        return {}

    def matches(self, name: str) -> bool:
        if self.plain:
            return name == self.words
        reached = self.start
        for sign in name:
            ahead = self.steps.get((reached, sign))
            if ahead is None:
                ahead = self.step(reached, sign)
            if not ahead:
                return False
            reached = ahead
        return len(self.pieces) in reached

    def step(self, reached: frozenset[int], sign: str) -> frozenset[int]:
        ahead = self.beyond(self.after(reached, sign))
        if len(self.pieces) <= PIECES_OF_KEPT:
            if len(self.steps) >= STEPS_KEPT:
                self.steps.clear()
            self.steps[reached, sign] = ahead
        return ahead

    def after(self, reached: Iterable[int], sign: str) -> Iterable[int]:
        for place in reached:
            if place < len(self.pieces) and self.pieces[place].takes(sign):
                yield place + 1
                if self.pieces[place].repeats:
                    yield place

    def beyond(self, reached: Iterable[int]) -> frozenset[int]:
        """The places reached, and those that need no sign to be reached from them."""
        found: set[int] = set()
        left = list(reached)
        while left:
            place = left.pop()
            if place not in found:
                found.add(place)
                if place < len(self.pieces):
                    left.extend(place + leap for leap in self.pieces[place].leaps)
        return frozenset(found)


@lru_cache(maxsize=256)
def read_pattern(words: str) -> Pattern:
    if len(words) > LENGTH_MAX:
        raise PatternBroken(say("The pattern is longer than {count} characters. Shorten it.", count=LENGTH_MAX))
    negative = words.startswith("!")
    rest = words[1:] if negative else words
    if not rest:
        raise PatternBroken(say("The pattern is empty. Write a name, or ** for everything."))
    pieces: list[Piece] = []
    at = 0
    while at < len(rest):
        at = read_piece(rest, at, pieces)
    return Pattern(rest, negative, tuple(pieces))


def read_piece(words: str, at: int, pieces: list[Piece]) -> int:
    """Add the piece that begins here; the answer is where the next begins."""
    sign = words[at]
    if sign == "*":
        return read_star(words, at, pieces)
    if sign in "?+":
        return read_count(words, at, pieces)
    if sign == "[":
        end, signs = read_set(words, at + 1)
        pieces.append(Piece(signs))
        return end
    if sign == "\\":
        at += 1
        if at == len(words):
            raise PatternBroken(
                say("The pattern '{words}' ends with a backslash. Write the sign it is for.", words=words)
            )
    pieces.append(Piece(frozenset(words[at])))
    return at + 1


def read_star(words: str, at: int, pieces: list[Piece]) -> int:
    end = at + 1
    while words[end : end + 1] == "*":
        end += 1
    if end - at == 1:
        pieces.append(IN_FOLDER)
    elif words[end : end + 1] == "/" and (at == 0 or words[at - 1] == "/"):
        pieces.extend(FOLDERS)
        end += 1
    else:
        pieces.append(ANYWHERE)
    return end


def read_count(words: str, at: int, pieces: list[Piece]) -> int:
    last = pieces[-1] if pieces else None
    if last is None or last.signs is None or last.repeats or last.leaps:
        raise PatternBroken(
            say(
                "In the pattern '{words}' nothing stands before {sign} that it could count. For the sign itself write"
                " a backslash before it.",
                words=words,
                sign=words[at],
            )
        )
    pieces[-1] = replace(last, leaps=NEXT) if words[at] == "?" else replace(last, repeats=True)
    return at + 1


def read_set(words: str, at: int) -> tuple[int, frozenset[str]]:
    """The signs between `[` and `]`, with ranges such as a-z."""
    end = words.find("]", at)
    inside = words[at:end] if end >= 0 else ""
    if not inside:
        raise PatternBroken(
            say("In the pattern '{words}' a [ has no signs and ] after it. Write for example [0-9].", words=words)
        )
    signs: set[str] = set()
    place = 0
    while place < len(inside):
        first, last = inside[place], inside[place]
        if inside[place + 1 : place + 2] == "-" and place + 2 < len(inside):
            last = inside[place + 2]
            place += 2
        if first > last or (first != last and last > "\x7f"):
            raise PatternBroken(
                say(
                    "In the pattern '{words}' the range {first}-{last} runs backwards.",
                    words=words,
                    first=first,
                    last=last,
                )
            )
        signs.update(map(chr, range(ord(first), ord(last) + 1)))
        place += 1
    return end + 1, frozenset(signs)


def chosen(patterns: Sequence[str], name: str) -> bool:
    """Whether a list of patterns takes a name. The last that matches decides; `!` takes it back."""
    taken = False
    for words in patterns:
        pattern = read_pattern(words)
        if pattern.matches(name):
            taken = not pattern.negative
    return taken


def ignored(patterns: Sequence[str], name: str) -> bool:
    """Whether a list of what is ignored takes a name. Here `!` turns a pattern round: what it does not match."""
    return any(pattern.matches(name) != pattern.negative for pattern in map(read_pattern, patterns))
