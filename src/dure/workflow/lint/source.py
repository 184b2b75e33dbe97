"""A YAML file as lint sees it: every key with its place, also those that the reader of workflows refuses.

The reader stops at the first thing that is no workflow at all. Lint goes on: a key that stands twice, a merge key, an
anchor that nobody uses or that holds itself are kept, told, and what is round them is looked at too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import yaml

from dure.kit import Text, say
from dure.workflow.document import BYTES_MAX, DEPTH_MAX, NODES_MAX, Broken, check_source, not_yaml, place_of, resolved
from dure.workflow.expression import OPENING

MERGE = "<<"
Tell = Callable[[int, int, Text], None]


@dataclass(slots=True)
class Node:
    """A value of the file with its place. `kind` says which of the other fields count; a `loop` is an alias inside of
    what it stands for."""

    kind: Literal["scalar", "list", "map", "loop"]
    line: int
    column: int
    start: int
    value: bool | int | float | str | None = None
    text: str = ""
    style: str | None = None
    items: list["Node"] = field(default_factory=list)
    pairs: list[tuple["Node", "Node"]] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        return self.kind == "scalar" and self.value is None

    def get(self, key: str) -> "Node | None":
        return next((value for name, value in self.pairs if name.text == key), None)


@dataclass
class Anchor:
    name: str
    line: int
    column: int
    node: Node
    size: int = 0
    used: bool = False
    open: bool = True


@dataclass(frozen=True)
class Source:
    """The text of a file and the tree in it; no tree where the file is no YAML at all."""

    text: str
    top: Node | None

    def place_in_expression(self, node: Node, which: int, offset: int) -> tuple[int, int]:
        """Where a sign of the `which`th expression of a value stands in the file, whatever quotes the value wears."""
        at = node.start
        for _ in range(which + 1):
            at = self.text.find(OPENING, at) + len(OPENING)
            if at < len(OPENING):
                return node.line, node.column
        return place_of(self.text, min(at + offset, len(self.text)))

    def place_in_value(self, node: Node, offset: int) -> tuple[int, int]:
        """Where a sign of a value stands in the file, if it stands there as it is; else where the value begins."""
        for start in (node.start, node.start + 1):
            if self.text.startswith(node.text, start):
                return place_of(self.text, start + offset)
        return node.line, node.column


def read_source(text: str, tell: Tell) -> Source:
    """Read a file, telling what is wrong with it as YAML."""
    text = text.removeprefix("\ufeff")
    try:
        check_source(text)
        tree = Tree(text, tell)
        top = tree.document()
        tree.tell_unused()
    except Broken as broken:
        tell(broken.mistake.line, broken.mistake.column, broken.mistake.text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        tell(line, column, not_yaml(error.problem or error.context or ""))
    except yaml.YAMLError as error:
        tell(1, 1, not_yaml(str(error)))
    else:
        return Source(text, top)
    return Source(text, None)


class Tree:
    """Builds the tree from the parser's events."""

    def __init__(self, text: str, tell: Tell) -> None:
        self.tell = tell
        self.events: Iterator[yaml.Event] = yaml.parse(text[:BYTES_MAX], Loader=yaml.CSafeLoader)
        self.anchors: dict[str, Anchor] = {}
        self.all_anchors: list[Anchor] = []
        self.count = 0

    def document(self) -> Node | None:
        next(self.events)
        first = next(self.events)
        if not isinstance(first, yaml.DocumentStartEvent):
            return None
        return self.node(next(self.events), 1)

    def node(self, event: yaml.Event, depth: int) -> Node:
        mark = event.start_mark
        line, column, start = (mark.line + 1, mark.column + 1, mark.index) if mark else (1, 1, 0)
        self.counted(line, column, depth)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, line, column, start)
        made = Node("scalar", line, column, start)
        anchor = self.anchored(event, made)
        before = self.count
        if isinstance(event, yaml.ScalarEvent):
            made.value, made.text, made.style = resolved(event), event.value, event.style
        elif isinstance(event, yaml.SequenceStartEvent):
            made.kind = "list"
            while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
                made.items.append(self.node(inner, depth + 1))
        else:
            made.kind = "map"
            self.fill(made, depth)
        if anchor is not None:
            anchor.open = False
            anchor.size = self.count - before
        return made

    def fill(self, made: Node, depth: int) -> None:
        while not isinstance(inner := next(self.events), yaml.MappingEndEvent):
            key = self.node(inner, depth + 1)
            value = self.node(next(self.events), depth + 1)
            if key.kind != "scalar":
                self.tell(key.line, key.column, say("A key must be a word."))
            elif key.text == MERGE and not key.style:
                self.tell(key.line, key.column, say("The merge key << is not supported. Write the keys out."))
            else:
                made.pairs.append((key, value))

    def anchored(self, event: yaml.Event, made: Node) -> Anchor | None:
        name = event.anchor if isinstance(event, yaml.NodeEvent) else None
        if name is None:
            return None
        anchor = Anchor(name, made.line, made.column, made)
        self.anchors[name] = anchor
        self.all_anchors.append(anchor)
        return anchor

    def alias(self, event: yaml.AliasEvent, line: int, column: int, start: int) -> Node:
        anchor = self.anchors.get(event.anchor or "")
        if anchor is None:
            raise Broken(line, column, say("Nothing before this is marked &{name}.", name=event.anchor))
        anchor.used = True
        if anchor.open:
            self.tell(
                line,
                column,
                say("*{name} stands inside of what &{name} marks (line {line}).", name=anchor.name, line=anchor.line),
            )
            return Node("loop", line, column, start)
        self.count += anchor.size
        return anchor.node

    def counted(self, line: int, column: int, depth: int) -> None:
        self.count += 1
        if self.count > NODES_MAX:
            raise Broken(line, column, say("The file holds more than {count} values. Split it.", count=NODES_MAX))
        if depth > DEPTH_MAX:
            raise Broken(line, column, say("This is nested more deeply than {depth} levels.", depth=DEPTH_MAX))

    def tell_unused(self) -> None:
        for anchor in self.all_anchors:
            if not anchor.used:
                self.tell(
                    anchor.line,
                    anchor.column,
                    say("Nothing uses the anchor &{name}. Remove it.", name=anchor.name),
                )
