"""The small parts of a file as plain values. What does not fit the grammar has been noted; it is passed over here."""

import re
from collections.abc import Mapping

from dure.kit import Text, say
from dure.workflow.document import YamlList, YamlMap, YamlNode, YamlScalar
from dure.workflow.expression import (
    INSERT,
    ExpressionBroken,
    condition,
    has_expression,
    insertion,
)
from dure.workflow.grammar import Notes, plain_words
from dure.workflow.syntax import NAME_MAX, Reach

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
RESERVED = "__"


def fields(node: YamlNode | None) -> Mapping[str, YamlNode]:
    """The values of a mapping by their keys."""
    if not isinstance(node, YamlMap):
        return {}
    return {key.words: value for key, value in reversed(node.pairs)}


def pairs(node: YamlNode | None) -> tuple[tuple[YamlScalar, YamlNode], ...]:
    return node.pairs if isinstance(node, YamlMap) else ()


def items(node: YamlNode | None) -> list[YamlScalar]:
    """One word, or a list of words."""
    if isinstance(node, YamlScalar):
        return [node]
    return [one for one in node.items if isinstance(one, YamlScalar)] if isinstance(node, YamlList) else []


def names(node: YamlNode | None) -> tuple[str, ...] | None:
    return None if node is None else tuple(plain_words(one) for one in items(node))


def words(node: YamlNode | None) -> str | None:
    """Words without expressions."""
    return plain_words(node) if isinstance(node, YamlScalar) else None


def text(node: YamlNode | None) -> str | None:
    """Words in which expressions may stand."""
    return node.words if isinstance(node, YamlScalar) else None


def is_expression(node: YamlNode | None) -> bool:
    return isinstance(node, YamlScalar) and isinstance(node.value, str) and has_expression(node.value)


def flag(node: YamlNode | None, default: bool) -> bool | str:
    """True or false, or an expression that comes to one."""
    if isinstance(node, YamlScalar):
        if isinstance(node.value, bool):
            return node.value
        if is_expression(node):
            return node.words
    return default


def number(notes: Notes, node: YamlNode | None) -> float | str | None:
    """A number above zero, or an expression that comes to one."""
    if not isinstance(node, YamlScalar) or node.value is None:
        return None
    value = node.value
    if isinstance(value, str):
        return value if has_expression(value) else None
    if not 0 < value < float("inf"):
        notes.mistake(node, say("'{words}' is not a number above zero.", words=node.words))
        return None
    return value


def maybe_condition(notes: Notes, node: YamlNode | None, reach: Reach) -> str | None:
    """An `if:`, which is an expression with or without its signs."""
    if not isinstance(node, YamlScalar):
        return None
    said = plain_words(node)
    if not has_expression(said):
        try:
            condition(said, reach.contexts, reach.functions)
        except ExpressionBroken as error:
            notes.condition(node, error)
    return said


def texts(node: YamlNode | None) -> dict[str, str]:
    """Names and their texts: env, with, outputs. One expression for all of them is kept as an insertion."""
    if isinstance(node, YamlScalar) and is_expression(node):
        return {insertion(0): node.words}
    found: dict[str, str] = {}
    for key, value in pairs(node):
        if isinstance(value, YamlScalar):
            found[name_in(found, key)] = value.words
    return found


def name_in(found: Mapping[str, object], key: YamlScalar) -> str:
    """The key of an entry. Insertions are numbered."""
    name = key.words
    return insertion(sum(1 for known in found if INSERT.match(known))) if INSERT.match(name) else name


def check_name(notes: Notes, node: YamlScalar) -> str:
    """The name of a job or a step."""
    name = plain_words(node)
    if not NAME.fullmatch(name) or len(name) >= NAME_MAX:
        notes.mistake(
            node,
            say(
                "The identifier '{name}' is invalid. IDs may only contain alphanumeric characters, '_', and '-'. IDs"
                " must start with a letter or '_' and and must be less than {count} characters.",
                name=name,
                count=NAME_MAX,
            ),
            "id",
        )
    elif name.startswith(RESERVED):
        notes.mistake(node, reserved(name), "id")
    return name


def reserved(name: str) -> Text:
    return say("The identifier '{name}' is invalid. IDs starting with '__' are reserved.", name=name)
