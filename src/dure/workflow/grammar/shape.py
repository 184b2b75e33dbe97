"""The words with which the grammar is written: what may stand in a place of the file.

A shape says it; a place is a shape made ready for the reader, with all that expressions may name there. What the places
around it allow is allowed in a place too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from dure.workflow.syntax import NOTHING, Reach

Words: TypeAlias = "frozenset[str] | Literal['any', 'filled'] | None"
SYNTAX = "syntax-check"


@dataclass(frozen=True, eq=False)
class Keys:
    """A mapping: its known keys, those that must be there, and what stands under any other key."""

    known: Mapping[str, "Shape"]
    required: tuple[str, ...] = ()
    loose: "Shape | Callable[[], Shape] | None" = None
    passing: str | None = None
    """Keys that begin so are let pass, whatever they hold. `""`: all are."""


@dataclass(frozen=True, eq=False)
class Shape:
    """What may stand in a place: nothing, a flag, a number, words, a list, or one of a few mappings."""

    nothing: bool = False
    flag: bool = False
    number: bool = False
    words: Words = None
    items: "Shape | Callable[[], Shape] | None" = None
    maps: tuple[Keys, ...] = ()
    reach: Reach | None = None
    rule: str = SYNTAX


NULL = Shape(nothing=True)
FLAG = Shape(flag=True)
NUMBER = Shape(number=True)
TEXT = Shape(words="any")
FILLED = Shape(words="filled")


def one_of(*words: str) -> Shape:
    return Shape(words=frozenset(words))


def listing(items: "Shape | Callable[[], Shape]") -> Shape:
    return Shape(items=items)


def mapping(
    known: Mapping[str, Shape] | None = None,
    *required: str,
    loose: Shape | None = None,
    passing: str | None = None,
) -> Shape:
    return Shape(maps=(Keys(known or {}, required, loose, passing),))


def either(*shapes: Shape) -> Shape:
    """Whichever of these stands there. Their kinds differ, but for mappings: the keys tell which is meant."""
    words = [shape.words for shape in shapes if shape.words is not None]
    listed = frozenset().union(*(each for each in words if isinstance(each, frozenset)))
    return Shape(
        nothing=any(shape.nothing for shape in shapes),
        flag=any(shape.flag for shape in shapes),
        number=any(shape.number for shape in shapes),
        words=next((each for each in words if isinstance(each, str)), listed if words else None),
        items=next((shape.items for shape in shapes if shape.items is not None), None),
        maps=tuple(keys for shape in shapes for keys in shape.maps),
    )


def within(reach: Reach, shape: Shape) -> Shape:
    """A place where expressions may name this, and with them whatever lies in it."""
    return replace(shape, reach=reach)


def ruled(rule: str, shape: Shape) -> Shape:
    """A place whose mistakes go by a rule of its own."""
    return replace(shape, rule=rule)


ANYTHING: Shape = replace(
    either(NULL, FLAG, NUMBER, TEXT, listing(lambda: ANYTHING)), maps=(Keys({}, loose=lambda: ANYTHING),)
)


@dataclass(eq=False, slots=True)
class Entries:
    """The keys of a mapping, made ready."""

    known: dict[str, "Place"] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    loose: "Place | None" = None
    passing: str | None = None


@dataclass(eq=False, slots=True)
class Place:
    """A shape, made ready."""

    nothing: bool
    flag: bool
    number: bool
    words: Words
    reach: Reach
    rule: str
    items: "Place | None" = None
    maps: tuple[Entries, ...] = ()


def place_of(shape: Shape, around: Reach = NOTHING) -> Place:
    return Maker().place(shape, around)


class Maker:
    """Makes each place once; shapes may lie in themselves."""

    def __init__(self) -> None:
        self.made: dict[tuple[int, Reach], Place] = {}

    def place(self, shape: Shape, around: Reach) -> Place:
        reach = around if shape.reach is None else around | shape.reach
        known = self.made.get((id(shape), reach))
        if known is not None:
            return known
        made = Place(shape.nothing, shape.flag, shape.number, shape.words, reach, shape.rule)
        self.made[id(shape), reach] = made
        if shape.items is not None:
            made.items = self.place(known_now(shape.items), reach)
        made.maps = tuple(self.entries(keys, reach) for keys in shape.maps)
        return made

    def entries(self, keys: Keys, reach: Reach) -> Entries:
        known = {name: self.place(shape, reach) for name, shape in keys.known.items()}
        loose = None if keys.loose is None else self.place(known_now(keys.loose), reach)
        return Entries(known, keys.required, loose, keys.passing)


def known_now(shape: Shape | Callable[[], Shape]) -> Shape:
    """A shape that lies in itself could not be named before it was made."""
    return shape if isinstance(shape, Shape) else shape()
