"""Reading an expression: precedence climbing over its signs.

||   &&   == !=   < <= > >=   !   .name [index] .*
"""

from collections.abc import Collection, Mapping
from functools import lru_cache

from dure.kit import Text, say
from dure.workflow.expression.broken import ExpressionBroken
from dure.workflow.expression.token import Token, tokens, unexpected
from dure.workflow.expression.tree import LENGTH_MAX, Expression, Node, literal, node, too_deep

ANY = 255
CONTEXTS = frozenset(
    ("github", "env", "vars", "job", "jobs", "steps", "runner", "secrets", "strategy", "matrix", "needs", "inputs")
)
PURE: Mapping[str, tuple[int, int]] = {
    "contains": (2, 2),
    "startsWith": (2, 2),
    "endsWith": (2, 2),
    "format": (1, ANY),
    "join": (1, 2),
    "toJSON": (1, 1),
    "fromJSON": (1, 1),
    "case": (3, ANY),
}
"""The functions that need nothing but their arguments: how few and how many they take."""
STATUS: Mapping[str, tuple[int, int]] = {
    "success": (0, ANY),
    "failure": (0, ANY),
    "cancelled": (0, 0),
    "always": (0, 0),
}
FILES: Mapping[str, tuple[int, int]] = {"hashFiles": (1, ANY)}
BROUGHT: Mapping[str, tuple[int, int]] = {**STATUS, **FILES}
GIVEN = frozenset(BROUGHT)
"""The functions that whoever works the expression out must bring."""

BINDING = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4}
NOT_BINDING = 5
GROUPS_MAX = 100
"""Brackets inside brackets. Each costs a little of Python's stack."""
END = Token("end", "", 0)


def parse_expression(
    source: str, contexts: Collection[str] | None = None, functions: Collection[str] | None = None
) -> Expression:
    """Read an expression. What is not among the contexts and functions (default: all that are known) is refused."""
    return parsed(
        source,
        CONTEXTS if contexts is None else frozenset(contexts),
        GIVEN if functions is None else frozenset(functions),
    )


@lru_cache(maxsize=4096)
def parsed(source: str, contexts: frozenset[str], functions: frozenset[str]) -> Expression:
    if len(source) > LENGTH_MAX:
        raise ExpressionBroken(say("The expression is longer than {count} characters. Shorten it.", count=LENGTH_MAX))
    signs = tokens(source)
    if not signs:
        return Expression(source, literal(None))
    return Expression(source, Reader(source, signs, contexts, functions).whole())


@lru_cache(maxsize=4096)
def parse_loosely(source: str) -> Node:
    """Read an expression without asking whether its names are known: who checks it has more to say about them."""
    if len(source) > LENGTH_MAX:
        raise ExpressionBroken(say("The expression is longer than {count} characters. Shorten it.", count=LENGTH_MAX))
    signs = tokens(source)
    if not signs:
        raise ExpressionBroken(say("An expression was expected"))
    return LooseReader(source, signs, CONTEXTS, GIVEN).whole()


@lru_cache(maxsize=64)
def lowered(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


@lru_cache(maxsize=64)
def known_functions(brought: frozenset[str]) -> Mapping[str, tuple[str, int, int]]:
    """The functions by their names in lower case: their name, how few and how many they take."""
    known = {**PURE, **{name: BROUGHT.get(name, (0, ANY)) for name in brought}}
    return {name.lower(): (name, least, most) for name, (least, most) in known.items()}


class Reader:
    """Walks over the signs of one expression."""

    def __init__(self, source: str, signs: list[Token], contexts: frozenset[str], functions: frozenset[str]) -> None:
        self.source = source
        self.signs = signs
        self.at = 0
        self.groups = 0
        self.contexts = lowered(contexts)
        self.functions = known_functions(functions)

    @property
    def here(self) -> Token:
        return self.signs[self.at] if self.at < len(self.signs) else END

    def whole(self) -> Node:
        top = self.binding(0)
        if self.here is not END:
            raise unexpected(self.here.raw, self.here.position, self.source)
        return top

    def binding(self, strength: int) -> Node:
        """As much as binds more strongly than this."""
        self.groups += 1
        if self.groups > GROUPS_MAX:
            raise too_deep()
        left = self.unary()
        while (stronger := BINDING.get(self.here.kind, 0)) > strength:
            word = self.take().kind
            left = node(word, left, self.binding(stronger))
        self.groups -= 1
        return left

    def unary(self) -> Node:
        turns = 0
        while self.here.kind == "!":
            self.take()
            turns += 1
        inner = self.followed(self.primary())
        for _ in range(turns):
            inner = node("!", inner)
        return inner

    def primary(self) -> Node:
        sign = self.take()
        if sign.kind == "value":
            return literal(sign.value, sign.position)
        if sign.kind == "(":
            inner = self.binding(0)
            self.expect(")")
            return inner
        if sign.kind == "name":
            return self.call(sign) if self.here.kind == "(" else self.context(sign)
        raise unexpected(sign.raw, sign.position, self.source)

    def context(self, sign: Token) -> Node:
        if sign.raw.lower() not in self.contexts:
            raise self.broken(say("Unrecognized named-value: '{name}'", name=sign.raw), sign)
        return node("name", value=sign.raw, position=sign.position)

    def call(self, sign: Token) -> Node:
        known = self.functions.get(sign.raw.lower())
        if known is None:
            raise self.broken(say("Unrecognized function: '{name}'", name=sign.raw), sign)
        self.expect("(")
        given = self.arguments()
        name, least, most = known
        if len(given) < least:
            raise self.broken(say("Too few parameters supplied: '{name}'", name=sign.raw), sign)
        if len(given) > most:
            raise self.broken(say("Too many parameters supplied: '{name}'", name=sign.raw), sign)
        if name == "case" and len(given) % 2 == 0:
            raise self.broken(
                say(
                    "Even number of parameters supplied, requires an odd number of parameters: '{name}'", name=sign.raw
                ),
                sign,
            )
        return node("call", *given, value=name, position=sign.position)

    def arguments(self) -> list[Node]:
        given: list[Node] = []
        if self.here.kind == ")":
            self.take()
            return given
        while True:
            given.append(self.binding(0))
            if self.here.kind != ",":
                self.expect(")")
                return given
            self.take()

    def followed(self, target: Node) -> Node:
        """What hangs on a value: `.name`, `.*`, `[index]`, `[*]`."""
        while self.here.kind in (".", "["):
            if self.take().kind == ".":
                target = self.dotted(target)
            elif self.here.kind == "*":
                self.take()
                self.expect("]")
                target = node("every", target)
            else:
                target = node("index", target, self.binding(0))
                self.expect("]")
        return target

    def dotted(self, target: Node) -> Node:
        sign = self.take()
        if sign.kind == "*":
            return node("every", target)
        if sign.kind == "name":
            return node("index", target, literal(sign.raw, sign.position))
        raise unexpected(sign.raw, sign.position, self.source)

    def expect(self, kind: str) -> None:
        sign = self.take()
        if sign.kind != kind:
            raise unexpected(sign.raw, sign.position, self.source)

    def take(self) -> Token:
        if self.at == len(self.signs):
            last = self.signs[-1]
            raise self.broken(say("Unexpected end of expression: '{symbol}'", symbol=last.raw), last)
        self.at += 1
        return self.signs[self.at - 1]

    def broken(self, what: Text, sign: Token) -> ExpressionBroken:
        return ExpressionBroken(
            say(
                "{what}. Located at position {position} within expression: {expression}",
                what=what,
                position=sign.position,
                expression=self.source,
            ),
            sign.position,
        )


class LooseReader(Reader):
    """Takes every name, and every number of arguments."""

    def context(self, sign: Token) -> Node:
        return node("name", value=sign.raw, position=sign.position)

    def call(self, sign: Token) -> Node:
        self.expect("(")
        return node("call", *self.arguments(), value=sign.raw, position=sign.position)
