"""Kinds of values: what an expression may come to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dure.workflow.expression import Value

Name: TypeAlias = Literal["any", "null", "number", "boolean", "string", "list", "object"]


@dataclass(frozen=True)
class Kind:
    """One kind of value.

    A list has `inner` for its items; `filtered` says that it came of `.*`, so that a name is asked of each item. An
    object has named `members`, and `inner` for every other name: None where there is no other.
    """

    name: Name
    inner: "Kind | None" = None
    members: Mapping[str, "Kind"] = field(default_factory=dict)
    filtered: bool = False

    def __str__(self) -> str:
        if self.name == "list":
            return f"list<{self.inner}>"
        if self.name != "object":
            return self.name
        if self.inner is not None and (self.inner.name == "any" or not self.members):
            return "object" if self.inner.name == "any" else f"{{*: {self.inner}}}"
        return "{" + ", ".join(f"{name}: {kind}" for name, kind in sorted(self.members.items())) + "}"

    @property
    def known(self) -> bool:
        return self.name != "any"

    @property
    def compound(self) -> bool:
        return self.name in ("list", "object")

    def takes(self, other: "Kind") -> bool:
        """Whether a value of the other kind will do where this one is wanted, as GitHub turns values into words."""
        if not (self.known and other.known):
            return True
        if self.name == "string":
            return not other.compound
        if self.name != other.name:
            return False
        if self.name == "list" and self.inner and other.inner:
            return self.inner.takes(other.inner)
        return True


ANY = Kind("any")
NOTHING = Kind("null")
NUMBER = Kind("number")
FLAG = Kind("boolean")
WORDS = Kind("string")
OPEN = Kind("object", inner=ANY)
"""An object of which nothing is known."""


def list_of(inner: Kind, *, filtered: bool = False) -> Kind:
    return Kind("list", inner, filtered=filtered)


def map_of(inner: Kind) -> Kind:
    """An object in which every name leads to the same kind."""
    return Kind("object", inner)


def record_of(members: Mapping[str, Kind]) -> Kind:
    """An object with these members and no other. Names are kept in lower case: GitHub does not tell cases apart."""
    return Kind("object", None, {name.lower(): kind for name, kind in members.items()})


def joined(kinds: Iterable[Kind]) -> Kind:
    """What all of these are; `any` where they differ."""
    found: Kind | None = None
    for kind in kinds:
        found = kind if found is None else both(found, kind)
    return ANY if found is None else found


def both(one: Kind, other: Kind) -> Kind:
    if one == other:
        return one
    if {one.name, other.name} == {"string", "number"}:
        return WORDS
    if one.name != other.name or not one.compound:
        return ANY
    if one.name == "list":
        return list_of(joined(kind for kind in (one.inner, other.inner) if kind is not None))
    members = dict(one.members)
    for name, kind in other.members.items():
        members[name] = both(members[name], kind) if name in members else kind
    inner = [kind for kind in (one.inner, other.inner) if kind is not None]
    return Kind("object", joined(inner) if inner else None, members)


def kind_of_value(value: Value) -> Kind:
    """The kind of a value that stands in the file or in JSON."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return FLAG
    if isinstance(value, int | float):
        return NUMBER
    if isinstance(value, str):
        return WORDS
    if isinstance(value, list):
        return list_of(joined(kind_of_value(item) for item in value))
    return record_of({name: kind_of_value(inner) for name, inner in value.items()})
