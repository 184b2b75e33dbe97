"""Small readings that every section is made of: words, flags, numbers, lists, mappings and their keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dure.kit import say
from dure.workflow.expression import has_expression
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.finding import Rule, meant
from dure.workflow.lint.reading.expressions import check_embedded, check_one, is_one
from dure.workflow.lint.source import Node
from dure.workflow.lint.values import Kind, Name


@dataclass(frozen=True)
class Entry:
    key: Node
    value: Node


Entries = Mapping[str, Entry]


def entries(
    desk: Desk, node: Node, *, empty: bool = False, folded: bool = False, known: frozenset[str] | None = None
) -> dict[str, Entry]:
    """The keys of a mapping and their values.

    A key that stands twice is noted, also in other letters where GitHub does not tell cases apart (`folded`); so is
    one that is not `known`, and is left out; so is a mapping without any key where it may not be `empty`.
    """
    found: dict[str, Entry] = {}
    for key, value in pairs(desk, node, empty=empty):
        if not key.text:
            desk.note("syntax-check", key, say("A name is expected here."))
            continue
        name = key.text.lower() if folded else key.text
        first = found.get(name)
        if first is not None:
            twice(desk, key, first.key)
        elif known is not None and name not in known:
            unknown(desk, key, known)
        else:
            found[name] = Entry(key, value)
    return found


def pairs(desk: Desk, node: Node, *, empty: bool = False) -> Iterator[tuple[Node, Node]]:
    if node.kind == "map":
        if not (node.pairs or empty):
            desk.note("syntax-check", node, say("This section is empty. Fill it or remove it."))
        yield from node.pairs
    elif node.nothing:
        if not empty:
            desk.note("syntax-check", node, say("This section is empty. Fill it or remove it."))
    else:
        desk.note(
            "syntax-check",
            node,
            say("Lines of `key: value` are expected here, and this is {kind}.", kind=kind_of(node)),
        )


def kind_of(node: Node) -> object:
    if node.kind == "list":
        return say("a list")
    if node.kind == "map":
        return say("a mapping")
    return say("one value") if node.kind == "scalar" else say("an alias of what it stands in")


def twice(desk: Desk, key: Node, first: Node) -> None:
    desk.note(
        "syntax-check",
        key,
        say(
            "`{key}` stands here a second time; the first is `{first}` in line {line}. Remove one of the two.",
            key=key.text,
            first=first.text,
            line=first.line,
        ),
    )


def unknown(desk: Desk, key: Node, known: frozenset[str], rule: Rule = "syntax-check") -> None:
    desk.note(rule, key, say("The key `{key}` is unknown here. {meant}", key=key.text, meant=meant(key.text, known)))


def missing(desk: Desk, node: Node, key: str) -> None:
    desk.note("syntax-check", node, say("`{key}:` is missing here.", key=key))


def empty_value(desk: Desk, node: Node) -> None:
    desk.note("syntax-check", node, say("This is empty. Write a value."))


def scalar(desk: Desk, node: Node) -> bool:
    if node.kind != "scalar":
        desk.note("syntax-check", node, say("One value is expected here, and this is {kind}.", kind=kind_of(node)))
    return node.kind == "scalar"


def text(desk: Desk, node: Node | None, place: str, *, empty: bool = False) -> str | None:
    """Words in which expressions may stand, as far as the place allows them."""
    if node is None or not scalar(desk, node):
        return None
    if not node.text and not empty:
        empty_value(desk, node)
        return None
    check_embedded(desk, node, place)
    return node.text


def texts(desk: Desk, node: Node | None, place: str, *, alone: bool = False, empty: bool = False) -> list[Node]:
    """A list of words, or (unless `alone` is forbidden) one word that stands for a list of one."""
    if node is None:
        return []
    if node.kind == "scalar" and not alone:
        return [node] if text(desk, node, place) is not None else []
    if node.kind != "list":
        desk.note("syntax-check", node, say("A list is expected here, and this is {kind}.", kind=kind_of(node)))
        return []
    if not (node.items or empty):
        desk.note("syntax-check", node, say("This list is empty. Fill it or remove it."))
    return [item for item in node.items if text(desk, item, place) is not None]


def flag(desk: Desk, node: Node | None, place: str) -> bool | None:
    """True or false, or one expression that comes to one."""
    if node is None or not scalar(desk, node):
        return None
    if isinstance(node.value, bool):
        return node.value
    if not isinstance(node.value, str) or not is_one(node.text):
        words = node.text
        desk.note("syntax-check", node, say("`{words}` is neither true, false nor one expression.", words=words))
        return None
    expected(desk, node, check_one(desk, node, place), ("boolean",))
    return None


def number(desk: Desk, node: Node | None, place: str, *, whole: bool = False, above_zero: bool = True) -> float | None:
    """A number, or one expression that comes to one."""
    if node is None or not scalar(desk, node):
        return None
    value = node.value
    if isinstance(value, int | float) and not isinstance(value, bool):
        if whole and not isinstance(value, int):
            desk.note("syntax-check", node, say("`{words}` is not a whole number.", words=node.text))
        elif above_zero and value <= 0:
            desk.note("syntax-check", node, say("`{words}` is not above zero.", words=node.text))
        return value
    if not isinstance(value, str) or not is_one(value):
        desk.note("syntax-check", node, say("`{words}` is neither a number nor one expression.", words=node.text))
        return None
    expected(desk, node, check_one(desk, node, place), ("number",))
    return None


def expected(
    desk: Desk,
    node: Node,
    kind: Kind | None,
    names: tuple[Name, ...],
) -> bool:
    if kind is None or not kind.known or kind.name in names:
        return True
    desk.note(
        "expression",
        node,
        say(
            "This must come to a value of the kind {wanted}, and it comes to {kind}.",
            wanted=" / ".join(names),
            kind=kind,
        ),
    )
    return False


def instead_of_mapping(desk: Desk, node: Node, place: str) -> bool:
    """Whether one expression stands here in place of a mapping. It is checked."""
    if node.kind != "scalar" or not node.text or not has_expression(node.text):
        return False
    if not is_one(node.text):
        desk.note("syntax-check", node, say("Lines of `key: value` or one expression are expected here."))
        return True
    expected(desk, node, check_one(desk, node, place), ("object",))
    return True
