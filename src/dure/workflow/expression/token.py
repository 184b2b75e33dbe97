"""An expression taken apart into its signs."""

import re
from collections.abc import Iterator

from msgspec import Struct

from dure.kit import say
from dure.workflow.expression.broken import ExpressionBroken
from dure.workflow.expression.value import Value, read_number

END = re.compile(r"[\s()\[\],.!<>=&|]")
END_OF_NUMBER = re.compile(r"[\s()\[\],!<>=&|]")
SINGLE = {"(": "(", ")": ")", "[": "[", "]": "]", ",": ",", "*": "*"}
DOUBLED = {"&": "&&", "|": "||", "=": "=="}
COMPARED = ("!", "<", ">")
NUMBER_STARTS = frozenset("0123456789+-")
NAME_STARTS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
NAME_SIGNS = NAME_STARTS | frozenset("0123456789-")
CONSTANTS: dict[str, Value] = {
    "true": True,
    "false": False,
    "null": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
}
VALUE_KINDS = frozenset({"value", "name", ")", "]", "*"})
"""After one of these a dot leads into a value; elsewhere it begins a number."""


class Token(Struct, frozen=True):
    """One sign. `kind` is an operator, or `value`, or `name`."""

    kind: str
    raw: str
    position: int
    value: Value = None


def tokens(source: str) -> list[Token]:
    return list(read(source))


def read(source: str) -> Iterator[Token]:
    before: Token | None = None
    at = 0
    while at < len(source):
        if source[at].isspace():
            at += 1
            continue
        before = one(source, at, before)
        yield before
        at += len(before.raw)


def one(source: str, at: int, before: Token | None) -> Token:
    """The sign that begins here."""
    sign = source[at]
    if sign in SINGLE:
        return Token(sign, sign, at + 1)
    if sign in COMPARED or sign in DOUBLED:
        return operator(source, at)
    if sign == "'":
        return quoted(source, at)
    if sign == "." and before is not None and before.kind in VALUE_KINDS:
        return Token(".", ".", at + 1)
    if sign == "." or sign in NUMBER_STARTS:
        return number(source, at)
    return name(source, at, follows_dot=before is not None and before.kind == ".")


def operator(source: str, at: int) -> Token:
    sign, following = source[at], source[at + 1 : at + 2]
    if sign in COMPARED:
        raw = f"{sign}=" if following == "=" else sign
        return Token(raw, raw, at + 1)
    if following != sign:
        raise unexpected(source[at : end_of(source, at + 1)], at + 1, source)
    return Token(DOUBLED[sign], sign * 2, at + 1)


def quoted(source: str, at: int) -> Token:
    """Words between single quotes; two of them stand for one."""
    end = at + 1
    while True:
        end = source.find("'", end)
        if end < 0:
            raise unexpected(source[at:], at + 1, source)
        if source[end + 1 : end + 2] != "'":
            return Token("value", source[at : end + 1], at + 1, source[at + 1 : end].replace("''", "'"))
        end += 2


def number(source: str, at: int) -> Token:
    raw = source[at : end_of(source, at + 1, dots=True)]
    value = read_number(raw)
    if value != value:
        raise unexpected(raw, at + 1, source)
    return Token("value", raw, at + 1, value)


def name(source: str, at: int, *, follows_dot: bool) -> Token:
    raw = source[at : end_of(source, at + 1)]
    if raw[0] not in NAME_STARTS or not NAME_SIGNS.issuperset(raw):
        raise unexpected(raw, at + 1, source)
    if raw in CONSTANTS and not follows_dot:
        return Token("value", raw, at + 1, CONSTANTS[raw])
    return Token("name", raw, at + 1)


def end_of(source: str, at: int, *, dots: bool = False) -> int:
    """Where the sign that runs here ends: at a space or an operator. A number goes on over dots."""
    found = (END_OF_NUMBER if dots else END).search(source, at)
    return found.start() if found else len(source)


def unexpected(raw: str, position: int, source: str) -> ExpressionBroken:
    return ExpressionBroken(
        say(
            "Unexpected symbol: '{symbol}'. Located at position {position} within expression: {expression}",
            symbol=raw,
            position=position,
            expression=source,
        ),
        position,
    )
