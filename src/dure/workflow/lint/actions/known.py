"""The table of well known actions, read once when the first of them is named."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Input:
    """An input by its own name. Where it is deprecated, `instead` names another one, or `message` says what to do."""

    name: str
    required: bool = False
    deprecated: bool = False
    instead: str = ""
    message: str = ""


@dataclass
class Facts:
    """What an action takes and gives. Names are kept in lower case. `outputs` is None where it gives anything."""

    inputs: dict[str, Input] = field(default_factory=dict)
    outputs: set[str] | None = field(default_factory=set)
    takes_more: bool = False
    outdated: bool = False


def known_action(uses: str) -> Facts | None:
    """What is known of `owner/repository@version`; None where nothing is."""
    return table().get(uses)


@cache
def table() -> Mapping[str, Facts]:
    text = files("dure.workflow.lint.actions").joinpath("known_actions.txt").read_text(encoding="utf-8")
    found: dict[str, Facts] = {}
    name = ""
    facts = Facts()
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if not line.startswith(" "):
            name, facts = words[0], Facts()
            found.update({f"{name}@{version}": facts for version in words[2:]})
        else:
            learn(found, name, facts, words[0], words[1:])
    return found


def learn(found: dict[str, Facts], name: str, facts: Facts, what: str, words: list[str]) -> None:
    if what == "in":
        facts.inputs.update({made.name.lower(): made for made in map(read_input, words)})
    elif what == "out":
        facts.outputs = None if words == ["*"] else {*(facts.outputs or ()), *(word.lower() for word in words)}
    elif what == "any":
        facts.takes_more = True
    else:
        found.update({f"{name}@{version}": Facts(outputs=None, takes_more=True, outdated=True) for version in words})


def read_input(word: str) -> Input:
    name, deprecated, instead = word.partition(">")
    return Input(name.removesuffix("!"), name.endswith("!"), bool(deprecated), instead)
