"""`strategy:`: the matrix, what its values are, and what is taken out of it."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from dure.kit import say
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.facts import STRATEGY
from dure.workflow.lint.finding import meant
from dure.workflow.lint.reading.expressions import check_expressions, check_one, is_one
from dure.workflow.lint.reading.fields import entries, expected, flag, instead_of_mapping, kind_of, number
from dure.workflow.lint.reading.shared import INSERT
from dure.workflow.lint.source import Node
from dure.workflow.lint.values import ANY, WORDS, Kind, joined, kind_of_value, list_of, record_of
from dure.workflow.syntax import MATRIX_MAX

PLACE = "strategy"
SHOWN_MAX = 8
EXCLUDED_MAX = 1_000
"""A matrix has fewer jobs than that: what else is taken out is not looked at."""
Mark: TypeAlias = tuple[str, object]


class Matrix:
    """A matrix that was read: the nodes of each row, and whether rows or additions come of expressions."""

    def __init__(self) -> None:
        self.kinds: dict[str, Kind] = {}
        self.values: dict[str, list[Node]] = {}
        self.open_rows: set[str] = set()
        self.open = False

    @property
    def kind(self) -> Kind:
        return Kind("object", ANY, self.kinds) if self.open else record_of(self.kinds)

    def add(self, name: str, kind: Kind, nodes: Sequence[Node]) -> None:
        name = name.lower()
        self.kinds[name] = joined([self.kinds[name], kind]) if name in self.kinds else kind
        self.values.setdefault(name, []).extend(nodes)


def check_strategy(desk: Desk, node: Node) -> Matrix:
    if instead_of_mapping(desk, node, PLACE):
        matrix = Matrix()
        matrix.open = True
        return matrix
    found = entries(desk, node, known=STRATEGY)
    matrix = check_matrix(desk, found["matrix"].value) if "matrix" in found else Matrix()
    flag(desk, found["fail-fast"].value if "fail-fast" in found else None, PLACE)
    number(desk, found["max-parallel"].value if "max-parallel" in found else None, PLACE, whole=True)
    return matrix


def check_matrix(desk: Desk, node: Node) -> Matrix:
    matrix = Matrix()
    if instead_of_mapping(desk, node, PLACE):
        matrix.open = True
        return matrix
    found = entries(desk, node, folded=True)
    for name, entry in found.items():
        if INSERT.fullmatch(name):
            instead_of_mapping(desk, entry.value, PLACE)
            matrix.open = True
        elif name not in ("include", "exclude"):
            check_row(desk, matrix, entry.key.text, entry.value)
    if "include" in found:
        check_include(desk, matrix, found["include"].value)
    if "exclude" in found:
        check_exclude(desk, matrix, found["exclude"].value)
    return matrix


def check_row(desk: Desk, matrix: Matrix, name: str, node: Node) -> None:
    if node.kind == "scalar" and is_one(node.text):
        kind = check_one(desk, node, PLACE)
        expected(desk, node, kind, ("list",))
        inner = kind.inner if kind is not None and kind.name == "list" and kind.inner else ANY
        matrix.add(name, inner, [])
        matrix.open_rows.add(name.lower())
        return
    if node.kind != "list":
        desk.note("syntax-check", node, say("A list is expected here, and this is {kind}.", kind=kind_of(node)))
        matrix.add(name, ANY, [])
        matrix.open_rows.add(name.lower())
        return
    if not node.items:
        desk.note("syntax-check", node, say("This list is empty. Fill it or remove it."))
    matrix.add(name, joined(kind_of_node(desk, item) for item in node.items), node.items)
    seen: dict[Mark, Node] = {}
    for item in node.items:
        first = seen.setdefault(mark(item), item)
        if first is not item:
            desk.note(
                "matrix",
                item,
                say(
                    "The value {value} stands twice in `{row}`; the first is in line {line}.",
                    value=shown(item),
                    row=name,
                    line=first.line,
                ),
            )


def kind_of_node(desk: Desk, node: Node) -> Kind:
    """The kind of a value of the matrix; its expressions are checked."""
    if node.kind == "list":
        return list_of(joined(kind_of_node(desk, item) for item in node.items))
    if node.kind == "map":
        found = entries(desk, node, empty=True, folded=True)
        kinds = {name: kind_of_node(desk, entry.value) for name, entry in found.items()}
        return Kind("object", ANY, kinds) if any(map(INSERT.fullmatch, kinds)) else record_of(kinds)
    if node.kind == "loop":
        desk.note("syntax-check", node, say("A value of the matrix cannot stand for what it stands in."))
        return ANY
    if "${{" in node.text:
        if is_one(node.text):
            return check_one(desk, node, PLACE) or ANY
        check_expressions(desk, node, PLACE, embedded=True)
        return WORDS
    return kind_of_value(node.value)


def check_include(desk: Desk, matrix: Matrix, node: Node) -> None:
    for item in combinations(desk, matrix, node):
        for entry in entries(desk, item, folded=True).values():
            matrix.add(entry.key.text, kind_of_node(desk, entry.value), [entry.value])


def combinations(desk: Desk, matrix: Matrix | None, node: Node) -> list[Node]:
    """The mappings of an include: or exclude:. Where an expression gives them, anything may be in them."""
    if node.kind == "scalar" and is_one(node.text):
        check_one(desk, node, PLACE)
        if matrix is not None:
            matrix.open = True
        return []
    if node.kind != "list":
        desk.note("syntax-check", node, say("A list is expected here, and this is {kind}.", kind=kind_of(node)))
        return []
    if not node.items:
        desk.note("syntax-check", node, say("This list is empty. Fill it or remove it."))
    found: list[Node] = []
    for item in node.items:
        if instead_of_mapping(desk, item, PLACE):
            if matrix is not None:
                matrix.open = True
        else:
            found.append(item)
    return found


def check_exclude(desk: Desk, matrix: Matrix, node: Node) -> None:
    for item in combinations(desk, None, node)[:EXCLUDED_MAX]:
        for name, entry in entries(desk, item, folded=True).items():
            kind_of_node(desk, entry.value)
            if name not in matrix.values:
                if not matrix.open:
                    desk.note(
                        "matrix",
                        entry.key,
                        say(
                            "The matrix has no `{row}`. {meant}",
                            row=entry.key.text,
                            meant=meant(name, list(matrix.values)),
                        ),
                    )
            elif name not in matrix.open_rows and not matrix.open:
                check_excluded_value(desk, matrix, name, entry.value)


def check_excluded_value(desk: Desk, matrix: Matrix, name: str, node: Node) -> None:
    values = matrix.values[name]
    if len(values) > MATRIX_MAX or any(takes(node, value) for value in values):
        return
    some = ", ".join(shown(value) for value in values[:SHOWN_MAX])
    desk.note(
        "matrix",
        node,
        say("{value} takes nothing out: `{row}` has these values: {values}.", value=shown(node), row=name, values=some),
    )


def open_value(node: Node) -> bool:
    return node.kind == "scalar" and "${{" in node.text


def mark(node: Node) -> Mark:
    """What is the same for two values that are the same."""
    if node.kind == "list":
        return "list", tuple(mark(item) for item in node.items)
    if node.kind == "map":
        return "map", tuple(sorted((name, mark(inner)) for name, inner in members(node).items()))
    return type(node.value).__name__, node.text


def takes(wanted: Node, value: Node) -> bool:
    """Whether an exclude: takes a value out. Of a mapping it may say a part."""
    if open_value(wanted) or open_value(value):
        return True
    if wanted.kind != value.kind:
        return False
    if wanted.kind == "list":
        return len(wanted.items) == len(value.items) and all(map(takes, wanted.items, value.items))
    if wanted.kind == "map":
        there = members(value)
        return all(name in there and takes(inner, there[name]) for name, inner in members(wanted).items())
    return wanted.text == value.text


def members(node: Node) -> Mapping[str, Node]:
    return {key.text.lower(): value for key, value in node.pairs}


def shown(node: Node) -> str:
    """A value of the matrix as it could stand in one line."""
    if node.kind == "list":
        return "[" + ", ".join(map(shown, node.items)) + "]"
    if node.kind == "map":
        return "{" + ", ".join(f"{key.text}: {shown(value)}" for key, value in node.pairs) + "}"
    return node.text
