"""Expressions: `${{ github.ref == 'refs/heads/main' }}`, read once and worked out with GitHub's semantics.

They know nothing of workflows: a text and contexts go in, a value comes out, and the only error is ExpressionBroken.
"""

from dure.workflow.expression.broken import ExpressionBroken
from dure.workflow.expression.evaluation import evaluate
from dure.workflow.expression.reading import CONTEXTS, parse_expression, parse_loosely
from dure.workflow.expression.status import Status, condition, evaluate_text, status_functions
from dure.workflow.expression.template import (
    INSERT,
    OPENING,
    as_flag,
    as_number,
    has_expression,
    in_template,
    insertion,
    interpolate,
    joined,
    parse_template,
    resolve,
    resolve_texts,
)
from dure.workflow.expression.tree import Expression, Node, walk
from dure.workflow.expression.value import Contexts, Function, Value, read_number, same, text_of, truthy

__all__ = [
    "CONTEXTS",
    "INSERT",
    "OPENING",
    "Contexts",
    "Expression",
    "ExpressionBroken",
    "Function",
    "Node",
    "Status",
    "Value",
    "as_flag",
    "as_number",
    "condition",
    "evaluate",
    "evaluate_text",
    "has_expression",
    "in_template",
    "insertion",
    "interpolate",
    "joined",
    "parse_expression",
    "parse_loosely",
    "parse_template",
    "read_number",
    "resolve",
    "resolve_texts",
    "same",
    "status_functions",
    "text_of",
    "truthy",
    "walk",
]
