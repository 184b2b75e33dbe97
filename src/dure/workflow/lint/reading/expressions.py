"""Expressions where they stand: read, checked for what they may name, and for what they come to."""

from dataclasses import dataclass
from functools import lru_cache

from dure.kit import Text, say
from dure.workflow.expression import (
    ExpressionBroken,
    has_expression,
    in_template,
    parse_loosely,
    walk,
)
from dure.workflow.expression import Node as Part
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.source import Node
from dure.workflow.lint.values import ANY, AVAILABLE, Checker, Kind, untrusted
from dure.workflow.lint.values.functions import SIGNATURES

STRANGERS_SHOWN = 4


def is_one(words: str) -> bool:
    """Whether the words are one expression and nothing else."""
    stripped = words.strip()
    if not (stripped.startswith("${{") and stripped.endswith("}}")):
        return False
    try:
        found = in_template(stripped)
    except ExpressionBroken:
        return False
    return len(found) == 1 and found[0].end == len(stripped)


def check_one(desk: Desk, node: Node, place: str) -> Kind | None:
    """The kind of the one expression that is the whole value; None if it cannot be read."""
    kinds = check_expressions(desk, node, place)
    return kinds[0] if kinds else None


def check_embedded(desk: Desk, node: Node, place: str, *, script: bool = False) -> None:
    """Words with expressions between them: none of these may come to what cannot be written as words."""
    if has_expression(node.text):
        check_expressions(desk, node, place, embedded=True, script=script)


def check_expressions(
    desk: Desk, node: Node, place: str, *, embedded: bool = False, script: bool = False
) -> list[Kind | None]:
    try:
        found = in_template(node.text)
    except ExpressionBroken as error:
        opening = node.text.rfind("${{")
        desk.sheet.note_at("expression", desk.source.place_in_value(node, max(opening, 0)), error.text)
        return []
    kinds: list[Kind | None] = []
    for which, one in enumerate(found):
        lead = len(one.source) - len(one.source.lstrip())
        at = At(desk, node, which, lead)
        parts = read(at, one.source.strip())
        if parts is None:
            kinds.append(None)
            continue
        kind = check_part(desk, at, parts, place)
        kinds.append(kind)
        if embedded and (kind.compound or kind.name == "null"):
            at.note(
                parts.top.position,
                say("A value of the kind {kind} makes no words. Use toJSON(), or ask a member.", kind=kind),
            )
        if script:
            warn_of_strangers(at, parts.top)
    return kinds


@dataclass(frozen=True)
class Parts:
    """An expression, and those parts of it that name a context or a function."""

    top: Part
    named: tuple[Part, ...]


class At:
    """Where an expression stands in the file: the `which`th of a value, or (None) the whole value without signs."""

    def __init__(self, desk: Desk, node: Node, which: int | None, lead: int) -> None:
        self.desk = desk
        self.node = node
        self.which = which
        self.lead = lead

    def note(self, position: int, text: Text) -> None:
        offset = self.lead + position - 1
        if self.which is None:
            place = self.desk.source.place_in_value(self.node, offset)
        else:
            place = self.desk.source.place_in_expression(self.node, self.which, offset)
        self.desk.sheet.note_at("expression", place, text)


@lru_cache(maxsize=4096)
def parts_of(source: str) -> Parts:
    top = parse_loosely(source)
    return Parts(top, tuple(part for part in walk(top) if part.word in ("name", "call")))


def read(at: At, source: str) -> Parts | None:
    try:
        return parts_of(source)
    except ExpressionBroken as error:
        text = error.text
        if error.position is not None and source[error.position - 1 : error.position] == '"':
            text = say("Words stand in single quotes here, not in double ones. {text}", text=error.text)
        at.note(error.position or 1, text)
        return None


def check_part(desk: Desk, at: At, parts: Parts, place: str) -> Kind:
    """The kind of what it comes to. Where it has a fault, nothing more is said of that."""
    checker = Checker(desk.contexts, AVAILABLE[place], desk.repository.config.variables)
    kind = checker.check(parts.top, parts.named)
    for fault in checker.faults:
        at.note(fault.position, fault.text)
    return ANY if checker.faults else kind


def warn_of_strangers(at: At, top: Part) -> None:
    for found in untrusted(top):
        at.note(
            found.part.position,
            say(
                "A stranger writes {names}: in a script it is code. Put it into env: and use the variable.",
                names=", ".join(found.names[:STRANGERS_SHOWN]),
            ),
        )


def check_condition(desk: Desk, node: Node | None, place: str) -> None:
    """An `if:`, with or without the signs of an expression."""
    if node is None:
        return
    if node.kind != "scalar":
        desk.note("syntax-check", node, say("One value is expected here, not a list or a mapping."))
        return
    if not node.text.strip():
        desk.note("syntax-check", node, say("This is empty. Write a value."))
        return
    if has_expression(node.text):
        check_signed_condition(desk, node, place)
        return
    at = At(desk, node, None, len(node.text) - len(node.text.lstrip()))
    parts = read(at, node.text.strip())
    if parts is not None:
        check_answer(desk, node, check_part(desk, at, parts, place))
        if is_constant(parts):
            constant(desk, node)


def check_signed_condition(desk: Desk, node: Node, place: str) -> None:
    kinds = check_expressions(desk, node, place)
    found = []
    try:
        found = in_template(node.text)
    except ExpressionBroken:
        return
    if len(found) != 1 or found[0].start != len("${{") or found[0].end != len(node.text):
        desk.note("if-cond", node, always_true())
        return
    check_answer(desk, node, kinds[0] if kinds else None)
    try:
        parts = parts_of(found[0].source.strip())
    except ExpressionBroken:
        return
    if is_constant(parts):
        constant(desk, node)


def check_answer(desk: Desk, node: Node, kind: Kind | None) -> None:
    if kind is not None and kind.compound:
        desk.note(
            "expression",
            node,
            say("A value of the kind {kind} always counts as true. Compare it, or ask a member.", kind=kind),
        )


def always_true() -> Text:
    return say(
        "This is always true: something stands outside of {opening} {closing}, be it a space or the end of the line."
        " Put all into one, or leave {opening} {closing} out.",
        opening="${{",
        closing="}}",
    )


def constant(desk: Desk, node: Node) -> None:
    desk.note(
        "if-cond", node, say("This condition is always the same: `{words}`. Remove the if:.", words=node.text.strip())
    )


def is_constant(parts: Parts) -> bool:
    """Whether the expression asks nothing of the world."""
    return all(part.word == "call" and is_constant_function(str(part.value)) for part in parts.named)


def is_constant_function(name: str) -> bool:
    known = SIGNATURES.get(name.lower())
    return known is not None and known[0].constant
