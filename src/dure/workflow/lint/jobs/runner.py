"""`runs-on:`, the labels of a runner."""

from dataclasses import dataclass

from dure.kit import say
from dure.workflow.expression import ExpressionBroken, has_expression, in_template, parse_loosely
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.facts import HOSTED, RUNS_ON, SAME_MACHINE, SELF_HOSTED, SYSTEMS
from dure.workflow.lint.finding import meant
from dure.workflow.lint.jobs.matrix import Matrix
from dure.workflow.lint.reading.expressions import check_one, is_one
from dure.workflow.lint.reading.fields import empty_value, entries, expected, kind_of, text
from dure.workflow.lint.source import Node
from dure.workflow.syntax import MATRIX_MAX

LABELS_MAX = 50
"""Of a longer list only the beginning is looked at."""


@dataclass(frozen=True)
class Runner:
    """What is known of the machine: its system, or `any`; `mixed` where the matrix names several."""

    system: str = "any"
    mixed: bool = False


def check_runs_on(desk: Desk, node: Node, matrix: Matrix) -> Runner:
    if node.kind == "map":
        found = entries(desk, node, known=RUNS_ON)
        if "group" in found:
            text(desk, found["group"].value, "job")
        if "labels" not in found:
            return Runner()
        node = found["labels"].value
        if node.kind == "map":
            desk.note("syntax-check", node, say("A list is expected here, and this is {kind}.", kind=kind_of(node)))
            return Runner()
    labels = read_labels(desk, node)
    alternatives = [named(label, matrix) for label in labels[:LABELS_MAX]]
    check_labels(desk, [choice for choices in alternatives for choice in choices])
    check_conflicts(desk, alternatives)
    return runner_of([choice for choices in alternatives for choice in choices])


def read_labels(desk: Desk, node: Node) -> list[Node]:
    if node.kind == "scalar" and is_one(node.text):
        expected(desk, node, check_one(desk, node, "job"), ("string", "list"))
        return [node]
    if node.kind not in ("scalar", "list"):
        desk.note("syntax-check", node, say("A list is expected here, and this is {kind}.", kind=kind_of(node)))
        return []
    if node.kind == "list" and not node.items:
        desk.note("syntax-check", node, say("This list is empty. Fill it or remove it."))
    found: list[Node] = []
    for item in node.items if node.kind == "list" else [node]:
        if item.kind == "scalar" and not item.text:
            desk.note("runner-label", item, say("A label is empty, so no runner has it."))
            empty_value(desk, item)
        elif text(desk, item, "job") is not None:
            found.append(item)
    return found


def named(label: Node, matrix: Matrix) -> list[list[Node]]:
    """The labels that one label may be: itself, or what the matrix puts there, one list for each value."""
    if not has_expression(label.text):
        return [[label]]
    if not is_one(label.text):
        return []
    try:
        top = parse_loosely(in_template(label.text.strip())[0].source.strip())
    except ExpressionBroken:
        return []
    if top.word != "index" or top.parts[0].word != "name" or str(top.parts[0].value).lower() != "matrix":
        return []
    key = top.parts[1]
    values = matrix.values.get(str(key.value).lower(), [])[:MATRIX_MAX] if key.word == "value" else []
    found = [value.items if value.kind == "list" else [value] for value in values]
    return [
        [item for item in items if item.kind == "scalar" and item.text and not has_expression(item.text)]
        for items in found
    ]


def check_labels(desk: Desk, choices: list[list[Node]]) -> None:
    known = desk.repository.config
    if any(label.text.lower() == "self-hosted" for labels in choices for label in labels if len(labels) == 1):
        return
    for labels in choices:
        if any(label.text.lower() == "self-hosted" for label in labels):
            continue
        for label in labels:
            name = label.text.lower()
            if name not in HOSTED and name not in SELF_HOSTED and not known.knows_label(name):
                desk.note(
                    "runner-label",
                    label,
                    say(
                        "No runner of GitHub has the label `{name}`. {meant} Labels of your own runners go into"
                        " .github/actionlint.yaml, or stand beside `self-hosted`.",
                        name=label.text,
                        meant=meant(name, HOSTED),
                    ),
                )


def check_conflicts(desk: Desk, alternatives: list[list[list[Node]]]) -> None:
    """Two labels that no one machine can have."""
    before: list[Node] = []
    for choices in alternatives:
        here = [label for labels in choices for label in labels]
        for labels in choices:
            for place, label in enumerate(labels):
                other = next((one for one in [*before, *labels[:place]] if not together(one.text, label.text)), None)
                if other is not None:
                    desk.note(
                        "runner-label",
                        label,
                        say(
                            "No runner has both `{one}` (line {line}) and `{other}`. To run on each, use a matrix.",
                            one=other.text,
                            line=other.line,
                            other=label.text,
                        ),
                    )
        before.extend(here)


def together(one: str, other: str) -> bool:
    one, other = one.lower(), other.lower()
    systems = {system for system in (system_of(one), system_of(other)) if system}
    if len(systems) > 1:
        return False
    if one not in HOSTED or other not in HOSTED or one.partition("-cores")[0] == other:
        return True
    return any({one, other} <= machine for machine in SAME_MACHINE) or one == other or "-cores" in one + other


def system_of(label: str) -> str | None:
    return HOSTED.get(label) or SYSTEMS.get(label)


def runner_of(choices: list[list[Node]]) -> Runner:
    systems = {system_of(label.text.lower()) for labels in choices for label in labels} - {None}
    if len(systems) == 1:
        return Runner(systems.pop() or "any")
    return Runner("any", mixed="windows" in systems)
