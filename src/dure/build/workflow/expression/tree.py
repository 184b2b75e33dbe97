"""What an expression says, as a tree. Every node knows how high the tree above its leaves is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from dure.build.workflow.expression.value import Value

Node: TypeAlias = "Literal | Name | Member | Every | Call | Not | Compare | All | Either | Joined"


@dataclass(frozen=True)
class Literal:
    value: Value
    height: int = field(default=1, init=False)


@dataclass(frozen=True)
class Name:
    """A context, by its name."""

    name: str
    height: int = field(default=1, init=False)


@dataclass(frozen=True)
class Member:
    """`target.key` and `target[key]`."""

    target: Node
    key: Node

    @property
    def parts(self) -> tuple[Node, ...]:
        return (self.target, self.key)


@dataclass(frozen=True)
class Every:
    """`target.*`"""
