"""The functions that need nothing but their arguments."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from dure.kit import say
from dure.workflow.expression.broken import ExpressionBroken
from dure.workflow.expression.json_text import read_json, write_json
from dure.workflow.expression.value import Value, folded, is_simple, same, text_of

WORD_BYTES = 26
SIGN_BYTES = 2
ITEM_BYTES = 8
FORMAT_PARTS = re.compile(r"(?P<brace>\{\{|\}\})|\{(?P<place>[0-9]{1,3})\}|(?P<wrong>[{}])|(?P<words>[^{}]+)", re.ASCII)


class Budget:
    """How much an expression may still make. Without it a short expression could fill the memory."""

    def __init__(self, bytes_max: int) -> None:
        self.left = bytes_max

    def spend(self, words: str) -> str:
        self.take(WORD_BYTES + SIGN_BYTES * len(words))
        return words

    def spend_on_items(self, count: int) -> None:
        self.take(ITEM_BYTES * count)

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise ExpressionBroken(say("The maximum allowed memory size was exceeded"))


PureFunction: TypeAlias = Callable[[Budget, Sequence[Value]], Value]


def contains(budget: Budget, given: Sequence[Value]) -> Value:
    """Whether a list holds the item, or words hold the words."""
    held, item = given
    if isinstance(held, list):
        budget.spend_on_items(len(held))
        return any(same(one, item) for one in held)
    return is_simple(held) and is_simple(item) and folded(text_of(item)) in folded(text_of(held))


def starts_with(_: Budget, given: Sequence[Value]) -> Value:
    whole, start = given
    return is_simple(whole) and is_simple(start) and folded(text_of(whole)).startswith(folded(text_of(start)))


def ends_with(_: Budget, given: Sequence[Value]) -> Value:
    whole, end = given
    return is_simple(whole) and is_simple(end) and folded(text_of(whole)).endswith(folded(text_of(end)))


def join(budget: Budget, given: Sequence[Value]) -> Value:
    """The items as words, with a comma or the given words between them."""
    held = given[0]
    between = text_of(given[1]) if len(given) > 1 and is_simple(given[1]) else ","
    if isinstance(held, list):
        words = [text_of(item) for item in held]
        budget.take(SIGN_BYTES * (sum(map(len, words)) + len(between) * len(words)))
        return between.join(words)
    return text_of(held) if is_simple(held) else ""


def format_words(budget: Budget, given: Sequence[Value]) -> Value:
    """`{0}` is the first value; `{{` and `}}` are braces."""
    pattern = text_of(given[0])
    made: list[str] = []
    for part in FORMAT_PARTS.finditer(pattern):
        if part["wrong"]:
            raise ExpressionBroken(say("The following format string is invalid: {words}", words=pattern))
        if part["place"]:
            place = int(part["place"]) + 1
            if place >= len(given):
                raise ExpressionBroken(
                    say(
                        "The following format string references more arguments than were supplied: {words}",
                        words=pattern,
                    )
                )
            made.append(budget.spend(text_of(given[place])))
        else:
            made.append(budget.spend(part["brace"][0] if part["brace"] else part["words"]))
    return "".join(made)


def to_json(budget: Budget, given: Sequence[Value]) -> Value:
    return budget.spend(write_json(given[0], budget.take))


def from_json(budget: Budget, given: Sequence[Value]) -> Value:
    words = text_of(given[0])
    budget.take(SIGN_BYTES * len(words))
    return read_json(words)


FUNCTIONS: Mapping[str, PureFunction] = {
    "contains": contains,
    "startsWith": starts_with,
    "endsWith": ends_with,
    "join": join,
    "format": format_words,
    "toJSON": to_json,
    "fromJSON": from_json,
}
