"""What an expression says, as a tree of one kind of node, and the limits that keep it small."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from dure.kit import say
from dure.workflow.expression.broken import ExpressionBroken
from dure.workflow.expression.value import Value

HEIGHT_MAX = 50
LENGTH_MAX = 21_000
FLAT = ("&&", "||")


@dataclass(frozen=True)
class Node:
    """`word` says what it is: an operator, `value`, `name`, `call`, `index`, `every` (`.*`) or `joined`.

    `value` is the value itself, or the name of the context or function. `height` counts the nodes above one another.
    `position` is where it begins in its expression, from 1, for whoever has something to say about it.
    """

    word: str
    parts: tuple["Node", ...] = ()
    value: Value = None
    height: int = 1
    position: int = field(default=1, compare=False)


def literal(value: Value, position: int = 1) -> Node:
    return Node("value", value=value, position=position)


def node(word: str, *parts: Node, value: Value = None, position: int | None = None) -> Node:
    """A node over its parts. `a && b && c` is one node of three parts."""
    if word in FLAT and parts[0].word == word:
        parts = (*parts[0].parts, *parts[1:])
    height = 1 + max((part.height for part in parts), default=0)
    if height > HEIGHT_MAX:
        raise too_deep()
    return Node(word, parts, value, height, (parts[0].position if parts else 1) if position is None else position)


def too_deep() -> ExpressionBroken:
    return ExpressionBroken(say("Exceeded max expression depth {depth}", depth=HEIGHT_MAX))


def walk(top: Node) -> Iterator[Node]:
    yield top
    for part in top.parts:
        yield from walk(part)


@dataclass(frozen=True)
class Expression:
    """An expression that has been read once and can be worked out many times."""

    source: str
    top: Node

    def named(self, word: str) -> frozenset[str]:
        """The contexts (`name`) or the functions (`call`) that it names, in lower case."""
        return frozenset(str(part.value).lower() for part in walk(self.top) if part.word == word)
