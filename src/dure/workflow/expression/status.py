"""Conditions: `if:`, and what `success()` and its kin answer."""

from collections.abc import Collection, Mapping
from typing import Literal, TypeAlias

from dure.workflow.expression.reading import STATUS, parse_expression
from dure.workflow.expression.template import has_expression, parse_template
from dure.workflow.expression.tree import Expression, Node, node
from dure.workflow.expression.value import Function

Status: TypeAlias = Literal["success", "failure", "cancelled"]
SUCCESS = Node("call", value="success")
NAMES = frozenset(name.lower() for name in STATUS)


def condition(
    text: str | None, contexts: Collection[str] | None = None, functions: Collection[str] | None = None
) -> Expression:
    """The condition of a job or a step. Unless it asks for a status itself, it also asks that all went well."""
    if text is None or not text.strip():
        return Expression("", SUCCESS)
    words = text.strip()
    read = parse_template if has_expression(words) else parse_expression
    said = read(words, contexts, functions)
    if said.named("call") & NAMES:
        return said
    return Expression(words, node("&&", SUCCESS, said.top))


def status_functions(status: Status, hash_files: Function | None = None) -> Mapping[str, Function]:
    """The functions for a step, by how its job has gone so far."""
    own: dict[str, Function] = {
        "success": lambda _: status == "success",
        "failure": lambda _: status == "failure",
        "cancelled": lambda _: status == "cancelled",
        "always": lambda _: True,
    }
    return own if hash_files is None else {**own, "hashFiles": hash_files}
