"""The small parts of a file: keys, texts, numbers, flags and lists, checked and turned into plain values."""

import re
from collections.abc import Mapping

from dure.kit import Text, say
from dure.workflow.document import YamlList, YamlMap, YamlNode, YamlScalar
from dure.workflow.expression import (
    ExpressionBroken,
    condition,
    has_expression,
    in_template,
    parse_expression,
)
from dure.workflow.reading.notes import Notes, meant
from dure.workflow.syntax import NAME_MAX, Reach

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
RESERVED = "__"


def fields(
    notes: Notes, node: YamlNode, known: frozenset[str], later: frozenset[str] = frozenset()
) -> dict[str, YamlNode]:
    """The known keys of a mapping. Every other key is a mistake, by its name."""
    found: dict[str, YamlNode] = {}
    for key, inner in pairs(notes, node):
        if key.words in known:
            found[key.words] = inner
        elif key.words in later:
            notes.mistake(key, say("`{key}` is not supported yet. Remove it to run this workflow here.", key=key.words))
        else:
            notes.mistake(key, unknown(key.words, known))
    return found


def unknown(key: str, known: frozenset[str]) -> Text:
    if has_expression(key):
        return say("An expression in place of a key is not supported yet. Write the keys out.")
    return say("The key `{key}` is unknown. {meant}", key=key, meant=meant(key, known))


def pairs(notes: Notes, node: YamlNode) -> tuple[tuple[YamlScalar, YamlNode], ...]:
    """The pairs of a mapping; nothing at all counts as an empty one."""
    if isinstance(node, YamlMap):
        return node.pairs
    if isinstance(node, YamlScalar) and has_expression(node.words):
        notes.mistake(node, say("An expression in place of a whole mapping is not supported yet. Write the keys out."))
    elif not is_nothing(node):
        notes.mistake(node, say("A mapping is expected here: lines of `key: value`."))
    return ()


def required(notes: Notes, node: YamlNode, found: Mapping[str, YamlNode], key: str) -> YamlNode | None:
    """The value of a key that must be there."""
    inner = found.get(key)
    if inner is None:
        notes.mistake(node, say("The key `{key}` is missing. Add it.", key=key))
    return inner


def is_nothing(node: YamlNode | None) -> bool:
    return node is None or (isinstance(node, YamlScalar) and node.value is None)


def scalar(notes: Notes, node: YamlNode) -> YamlScalar | None:
    if isinstance(node, YamlScalar):
        return node
    if isinstance(node, YamlList):
        notes.mistake(node, say("One value is expected here, and this is a list."))
    else:
        notes.mistake(node, say("One value is expected here, and this is a mapping."))
    return None


def words(notes: Notes, node: YamlNode) -> str:
    """Words that must be there and hold no expression."""
    found = scalar(notes, node)
    if found is None:
        return ""
    if not found.words.strip():
        notes.mistake(node, say("This is empty. Write a value."))
    elif has_expression(found.words):
        notes.mistake(node, say("An expression cannot stand here. Write the value itself."))
    return found.words


def text(notes: Notes, node: YamlNode, reach: Reach, *, filled: bool = False) -> str:
    """Words in which expressions may stand."""
    found = scalar(notes, node)
    if found is None:
        return ""
    if filled and not found.words.strip():
        notes.mistake(node, say("This is empty. Write a value."))
    check_template(notes, found, reach)
    return found.words


def maybe_text(notes: Notes, node: YamlNode | None, reach: Reach, *, filled: bool = False) -> str | None:
    return None if node is None else text(notes, node, reach, filled=filled)


def check_template(notes: Notes, node: YamlScalar, reach: Reach) -> None:
    """Read every expression of a text once, to see that it is sound."""
    if not isinstance(node.value, str):
        return
    try:
        opened = in_template(node.value)
    except ExpressionBroken as error:
        notes.mistake(node, error.text)
        return
    for which, one in enumerate(opened):
        source = one.source.strip()
        lead = len(one.source) - len(one.source.lstrip())
        try:
            if not source:
                raise ExpressionBroken(say("An expression was expected"))
            parse_expression(source, reach.contexts, reach.functions)
        except ExpressionBroken as error:
            place = notes.place_in_expression(node, which, lead + (error.position or 1) - 1)
            notes.mistake_at(place, error.text)


def maybe_condition(notes: Notes, node: YamlNode | None, reach: Reach) -> str | None:
    """An `if:`, which is an expression with or without its signs."""
    found = None if node is None else scalar(notes, node)
    if found is None:
        return None
    if has_expression(found.words):
        check_template(notes, found, reach)
        return found.words
    try:
        condition(found.words, reach.contexts, reach.functions)
    except ExpressionBroken as error:
        notes.mistake_at(notes.place_in_words(found, (error.position or 1) - 1), error.text)
    return found.words


def flag(notes: Notes, node: YamlNode | None, reach: Reach, default: bool) -> bool | str:
    """True or false, or an expression that comes to one."""
    found = None if node is None else scalar(notes, node)
    if found is None:
        return default
    if isinstance(found.value, bool):
        return found.value
    if isinstance(found.value, str) and has_expression(found.value) and reach.contexts:
        check_template(notes, found, reach)
        return found.value
    notes.mistake(found, say("'{words}' is neither true nor false.", words=found.words))
    return default


def number(notes: Notes, node: YamlNode | None, reach: Reach) -> float | str | None:
    """A number above zero, or an expression that comes to one."""
    found = None if node is None else scalar(notes, node)
    if found is None:
        return None
    value = found.value
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf"):
        return value
    if isinstance(value, str) and has_expression(value) and reach.contexts:
        check_template(notes, found, reach)
        return value
    notes.mistake(found, say("'{words}' is not a number above zero.", words=found.words))
    return None


def one_of(notes: Notes, node: YamlNode | None, choices: tuple[str, ...], default: str) -> str:
    found = None if node is None else words(notes, node)
    if not found or found in choices:
        return found or default
    assert node is not None
    notes.mistake(node, say("'{word}' cannot be used here. Use one of: {words}.", word=found, words=", ".join(choices)))
    return default


def items(notes: Notes, node: YamlNode) -> list[YamlScalar]:
    """One word, or a list of words."""
    listed = node.items if isinstance(node, YamlList) else (node,)
    found = [one for one in (scalar(notes, item) for item in listed) if one is not None]
    for one in found:
        if not one.words.strip():
            notes.mistake(one, say("This is empty. Write a value."))
    return [one for one in found if one.words.strip()]


def texts(notes: Notes, node: YamlNode | None, reach: Reach) -> dict[str, str]:
    """Names and their texts: env, with, outputs."""
    if node is None:
        return {}
    return {key.words: text(notes, inner, reach) for key, inner in pairs(notes, node) if named(notes, key)}


def named(notes: Notes, key: YamlScalar) -> bool:
    if has_expression(key.words) or not key.words.strip():
        notes.mistake(key, unknown(key.words, frozenset()) if key.words.strip() else say("A name is expected here."))
        return False
    return True


def identifier(notes: Notes, node: YamlScalar) -> str:
    """The name of a job or a step."""
    name = node.words
    if not NAME.fullmatch(name) or len(name) >= NAME_MAX:
        notes.mistake(
            node,
            say(
                "The identifier '{name}' is invalid. Use letters, digits, '_' and '-', begin with a letter or '_', and"
                " stay under {count} characters.",
                name=name[:NAME_MAX],
                count=NAME_MAX,
            ),
        )
    elif name.startswith(RESERVED):
        notes.mistake(
            node, say("The identifier '{name}' is invalid: names that begin with '__' are reserved.", name=name)
        )
    return name
