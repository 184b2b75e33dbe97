"""The values of expressions, and how they turn into each other: JavaScript's manners with GitHub's exceptions."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf, isfinite, nan
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
else:
    # A type that holds itself is for the type checker; who reads records back from JSON wants one that exists.
    Value = Any
Contexts: TypeAlias = Mapping[str, Value]
Function: TypeAlias = Callable[[Sequence[Value]], Value]

DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+", re.ASCII)
OCTAL = re.compile(r"0o[0-7]+", re.ASCII)
ENDLESS = {"Infinity": inf, "+Infinity": inf, "-Infinity": -inf}
EXPONENT_FROM = 10**15
"""From here on a number is written with an exponent."""
EXACT_BELOW = 2**53
DIGITS = 15
"""More of them are noise."""


def is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_simple(value: Value) -> bool:
    """Whether it is neither a list nor an object."""
    return not isinstance(value, list | dict)


def read_number(words: str) -> float:
    """What a number says, or not-a-number."""
    if words in ENDLESS:
        return ENDLESS[words]
    if DECIMAL.fullmatch(words):
        return whole(float(words))
    if HEXADECIMAL.fullmatch(words):
        return whole(as_float(int(words, 16)))
    if OCTAL.fullmatch(words):
        return whole(as_float(int(words, 8)))
    return nan


def whole(number: float) -> float:
    """Whole numbers are kept as whole numbers, as far as a float knows them exactly."""
    if not isfinite(number) or not number.is_integer() or abs(number) >= EXACT_BELOW or str(number) == "-0.0":
        return number
    return int(number)


def as_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf


def number_of(value: Value) -> float:
    """The value as a number."""
    if value is None:
        return 0
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        words = value.strip()
        return read_number(words) if words else 0
    return nan


def text_of(value: Value) -> str:
    """The value as words."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return written(value)
    return "Array" if isinstance(value, list) else "Object"


def written(number: float) -> str:
    """A number as GitHub writes it, with fifteen digits at most: 1, 0.5, 1E+21, Infinity."""
    if isinstance(number, int):
        return str(number) if abs(number) < EXPONENT_FROM else written(as_float(number))
    if number != number:
        return "NaN"
    if not isfinite(number):
        return "Infinity" if number > 0 else "-Infinity"
    words = f"{number:.{DIGITS}G}" if number else "0"
    return words if isfinite(float(words)) else repr(number).upper()


def truthy(value: Value) -> bool:
    """Whether the value counts as true: not null, false, zero, not-a-number or no words."""
    if value is None or isinstance(value, bool | str):
        return bool(value)
    if isinstance(value, int | float):
        return value not in (0, 0.0) and value == value
    return True


def folded(words: str) -> str:
    """Words are compared without regard to case, letter by letter: ß is not SS, and a dotless ı is not I."""
    if words.isascii():
        return words.upper()
    return "".join(letter.upper() if letter.isascii() else capital(letter) for letter in words)


def capital(letter: str) -> str:
    large = letter.upper()
    return large if len(large) == 1 and not large.isascii() else letter


def same(left: Value, right: Value) -> bool:
    """`==`: values of different kinds are compared as numbers, lists and objects by being the very same."""
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return left is right
    if isinstance(left, str) and isinstance(right, str):
        return folded(left) == folded(right)
    if left is None and right is None:
        return True
    return number_of(left) == number_of(right)


def less(left: Value, right: Value) -> bool:
    """`<`. Lists and objects have no order, nor has nothing against nothing."""
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        return False
    if isinstance(left, str) and isinstance(right, str):
        return folded(left) < folded(right)
    return number_of(left) < number_of(right)


def member(holder: dict[str, Value], name: str) -> Iterator[Value]:
    """The entry of that name, if there is one; exact case goes first."""
    if name in holder:
        yield holder[name]
        return
    wanted = folded(name)
    for key, value in holder.items():
        if folded(key) == wanted:
            yield value
            return
