"""Our grammar against the facts of GitHub's own, where that is at hand: keys, kinds, words and what may be named."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dure.workflow.grammar import WORKFLOW, Place

PUBLIC = Path(__file__).parents[3] / "shared" / "conformance" / "workflow" / "workflow-v1.0.json"
OURS_MORE = {
    "x-cache": "our own key",
    "deprecationMessage": "GitHub documents it and its file does not have it",
}
LENIENT = {
    "on/workflow_dispatch": "GitHub's service passes over unknown keys here",
    "on/workflow_dispatch/inputs": "GitHub's service takes an empty one",
    "on/workflow_dispatch/inputs/*": "GitHub's service takes an empty one",
    "on/repository_dispatch/types": "one word is as good as a list",
}
BUILT_IN: dict[str, Any] = {
    "null": {"null": {}},
    "boolean": {"boolean": {}},
    "number": {"number": {}},
    "string": {"string": {}},
    "sequence": {"sequence": {"item-type": "any"}},
}

pytestmark = pytest.mark.skipif(not PUBLIC.is_file(), reason=f"GitHub's grammar is not at {PUBLIC}")


class Public:
    """GitHub's definitions."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = json.loads(PUBLIC.read_text(encoding="utf-8"))["definitions"]

    def kinds(self, name: str) -> list[dict[str, Any]]:
        """What a definition comes to, when its alternatives are taken apart."""
        if name in BUILT_IN:
            return [BUILT_IN[name]]
        found = self.definitions[name]
        if "allowed-values" in found:
            return [{"string": {"constant": word}} for word in found["allowed-values"]]
        return [kind for one in found.get("one-of", ()) for kind in self.kinds(one)] or [found]

    def reach(self, name: str) -> set[str]:
        said = self.definitions.get(name, {}).get("context", ())
        return {re.sub(r"\(.*", "", word) for word in said}


def differences(public: Public, name: str, place: Place, path: str, around: set[str], depth: int) -> Iterator[str]:
    """Whatever the two say differently, from here on down."""
    if depth > 12 or name == "any":
        return
    reach = around | public.reach(name)
    if set(place.reach.contexts | place.reach.functions) != reach:
        yield f"{path}: names {sorted(place.reach.contexts | place.reach.functions)}, GitHub {sorted(reach)}"
    kinds = public.kinds(name)
    if path not in LENIENT:
        yield from simple(kinds, place, path)
    for kind in kinds:
        if "sequence" in kind and place.items is not None:
            item = kind["sequence"]["item-type"]
            yield from differences(public, item, place.items, f"{path}/-".lstrip("/"), reach, depth + 1)
    yield from mappings(public, [kind["mapping"] for kind in kinds if "mapping" in kind], place, path, reach, depth)


def simple(kinds: list[dict[str, Any]], place: Place, path: str) -> Iterator[str]:
    words = [kind["string"] for kind in kinds if "string" in kind]
    constants = {one["constant"] for one in words if "constant" in one}
    wanted: Any = constants or None
    if words and not constants:
        wanted = "filled" if all(one.get("require-non-empty") for one in words) else "any"
    for what, ours, theirs in (
        ("nothing", place.nothing, any("null" in kind for kind in kinds)),
        ("flag", place.flag, any("boolean" in kind for kind in kinds)),
        ("number", place.number, any("number" in kind for kind in kinds)),
        ("list", place.items is not None, any("sequence" in kind for kind in kinds)),
        ("words", place.words, wanted),
    ):
        if ours != theirs and not (what == "words" and path in ("on", "on/-")):
            yield f"{path}: {what} {ours}, GitHub {theirs}"


def mappings(
    public: Public, found: list[dict[str, Any]], place: Place, path: str, reach: set[str], depth: int
) -> Iterator[str]:
    if len(found) != len(place.maps):
        yield f"{path}: {len(place.maps)} mappings, GitHub {len(found)}"
        return
    for theirs, ours in zip(found, place.maps, strict=True):
        properties = {
            key: value if isinstance(value, dict) else {"type": value}
            for key, value in theirs.get("properties", {}).items()
        }
        if set(ours.known) - set(OURS_MORE) != set(properties):
            yield f"{path}: keys {sorted(set(ours.known) ^ set(properties))}"
        required = {key for key, value in properties.items() if value.get("required")}
        if set(ours.required) != required:
            yield f"{path}: required {ours.required}, GitHub {sorted(required)}"
        for key, value in properties.items():
            if key in ours.known:
                yield from differences(
                    public, value["type"], ours.known[key], f"{path}/{key}".lstrip("/"), reach, depth + 1
                )
        loose = theirs.get("loose-value-type")
        if (loose is None) is not (ours.loose is None):
            yield f"{path}: other keys {ours.loose}, GitHub {loose}"
        elif loose is not None and ours.loose is not None:
            yield from differences(public, loose, ours.loose, f"{path}/*".lstrip("/"), reach, depth + 1)


def test_the_grammar_says_what_githubs_says() -> None:
    found = list(differences(Public(), "workflow-root-strict", WORKFLOW, "", set(), 0))

    assert [one.removeprefix("/") for one in found] == []
