"""Conditions: `if:`, and what `success()` and its kin answer."""

from collections.abc import Collection, Mapping
from typing import Literal, TypeAlias

from dure.workflow.expression.broken import ExpressionBroken
from dure.workflow.expression.evaluation import evaluate
from dure.workflow.expression.reading import CONTEXTS, STATUS, parse_expression
from dure.workflow.expression.template import OPENING, has_expression, parse_template
from dure.workflow.expression.tree import Expression, Node, node
from dure.workflow.expression.value import Contexts, Function, Value

Status: TypeAlias = Literal["success", "failure", "cancelled"]
SUCCESS = Node("call", value="success")
CLOSING = "}}"
NAMES = frozenset(name.lower() for name in STATUS)


def condition(
    text: str | None, contexts: Collection[str] | None = None, functions: Collection[str] | None = None
) -> Expression:
    """The condition of a job or a step. Unless it asks for a status itself, it also asks that all went well."""
    if text is None or not text.strip():
        return Expression("", SUCCESS)
    said = read_condition(text, contexts, functions)
    if asks_for_status(said):
        return said
    return Expression(said.source, node("&&", SUCCESS, said.top))


def read_condition(text: str, contexts: Collection[str] | None, functions: Collection[str] | None) -> Expression:
    """As GitHub does: round `${{ }}` every space counts, so that a line's end after it makes words of it, and words
    are true."""
    if has_expression(text):
        return parse_template(text, contexts, functions)
    return parse_expression(text.strip(), contexts, functions)


def asks_for_status(condition: Expression) -> bool:
    """Whether a condition asks for a status itself."""
    return bool(condition.named("call") & NAMES)


def status_functions(status: Status, hash_files: Function | None = None) -> Mapping[str, Function]:
    """The functions for a step, by how its job has gone so far."""
    own: dict[str, Function] = {
        "success": lambda _: status == "success",
        "failure": lambda _: status == "failure",
        "cancelled": lambda _: status == "cancelled",
        "always": lambda _: True,
    }
    return own if hash_files is None else {**own, "hashFiles": hash_files}


def evaluate_text(text: str, contexts: Contexts, functions: Mapping[str, Function] | None = None) -> Value:
    """What a text comes to: an expression, with or without its signs, or words with expressions between them. Unless
    they are given, the status functions answer as in a job that goes well."""
    brought = {**status_functions("success"), **(functions or {})}
    named = CONTEXTS | set(contexts)
    words = text.strip()
    if has_expression(text) and (words.startswith(OPENING) or not is_bare(words, named)):
        return evaluate(parse_template(text, named), contexts, brought)
    return evaluate(parse_expression(words.removesuffix(CLOSING), named), contexts, brought)


def is_bare(words: str, contexts: Collection[str]) -> bool:
    """Whether words are an expression without signs round it. In its quotes the signs may stand."""
    try:
        parse_expression(words, contexts)
    except ExpressionBroken:
        return False
    return True
