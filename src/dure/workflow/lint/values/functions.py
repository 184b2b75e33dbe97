"""The functions of expressions: what they take, what they give, and what can be wrong with what they are given."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dure.kit import Text, say
from dure.workflow.expression import Node
from dure.workflow.lint.values.kinds import ANY, FLAG, WORDS, Kind, kind_of_value, list_of

MANY = 255
PLACES = re.compile(r"\{\{|\}\}|\{([0-9]+)\}|(\{[^}]*\}?|\})")


@dataclass(frozen=True)
class Signature:
    """One way to call a function. The last kind repeats where there may be more values than kinds."""

    name: str
    takes: tuple[Kind, ...]
    gives: Kind
    least: int
    most: int
    constant: bool = True
    """Whether it gives the same for the same values."""

    def wanted(self, which: int) -> Kind:
        return self.takes[min(which, len(self.takes) - 1)] if self.takes else ANY


def signature(
    name: str, takes: tuple[Kind, ...], gives: Kind, *, least: int | None = None, most: int | None = None, **more: bool
) -> Signature:
    size = len(takes)
    return Signature(name, takes, gives, size if least is None else least, size if most is None else most, **more)


SIGNATURES: Mapping[str, tuple[Signature, ...]] = {
    made[0].name.lower(): made
    for made in (
        (
            signature("contains", (WORDS, WORDS), FLAG),
            signature("contains", (list_of(ANY), ANY), FLAG),
        ),
        (signature("startsWith", (WORDS, WORDS), FLAG),),
        (signature("endsWith", (WORDS, WORDS), FLAG),),
        (signature("format", (WORDS, ANY), WORDS, least=1, most=MANY),),
        (
            signature("join", (list_of(WORDS), WORDS), WORDS, least=1),
            signature("join", (WORDS, WORDS), WORDS, least=1),
        ),
        (signature("toJSON", (ANY,), WORDS),),
        (signature("fromJSON", (WORDS,), ANY, constant=False),),
        (signature("hashFiles", (WORDS,), WORDS, most=MANY, constant=False),),
        (signature("success", (), FLAG, most=MANY, constant=False),),
        (signature("failure", (), FLAG, most=MANY, constant=False),),
        (signature("always", (), FLAG, constant=False),),
        (signature("cancelled", (), FLAG, constant=False),),
        (signature("case", (ANY,), ANY, least=3, most=MANY),),
    )
}


def wrong_format(pattern: str, given: int) -> Text | None:
    """What is wrong with the pattern of format() for so many values."""
    places: set[int] = set()
    for found in PLACES.finditer(pattern):
        if found[2]:
            return say("The pattern '{words}' has a brace that stands alone. Write it twice.", words=pattern)
        if found[1]:
            places.add(int(found[1]))
    for place in sorted(places):
        if place >= given:
            return say(
                "The pattern '{words}' has the place {place}, and there are {count} values for it.",
                words=pattern,
                place=f"{{{place}}}",
                count=given,
            )
    for place in range(given):
        if place not in places:
            return say(
                "The pattern '{words}' has no place {place}, so that value is lost. Remove it or write the place.",
                words=pattern,
                place=f"{{{place}}}",
            )
    return None


def kind_of_json(words: str) -> tuple[Kind, Text | None]:
    """The kind of what fromJSON() makes of these words, and what is wrong with them."""
    try:
        return kind_of_value(json.loads(words)), None
    except json.JSONDecodeError as error:
        text = say(
            "fromJSON() is given broken JSON: {why} at character {position}.", why=error.msg, position=error.pos + 1
        )
        return ANY, text
    except RecursionError:
        return ANY, None


def wrong_case(parts: Sequence[Node], kinds: Sequence[Kind]) -> tuple[Node, Text] | None:
    """What is wrong with the conditions of case(when, then, ..., otherwise)."""
    for part, kind in zip(parts[:-1:2], kinds[:-1:2], strict=True):
        if kind.name not in ("any", "boolean"):
            return part, say("case() asks for a condition here, and this is of the kind {kind}.", kind=kind)
    return None
