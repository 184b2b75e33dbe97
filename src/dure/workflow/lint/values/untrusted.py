"""Values that a stranger writes: in a script they are code. GitHub's own list of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dure.workflow.expression import Node
from dure.workflow.lint.values.functions import SIGNATURES

Tree = Mapping[str, "Tree"]
EVERY, ITEM = "*", "[]"
AUTHOR: Tree = {"email": {}, "name": {}}
TEXTS: Tree = {"title": {}, "body": {}}
STRANGERS: Tree = {
    "github": {
        "event": {
            "issue": TEXTS,
            "pull_request": {**TEXTS, "head": {"ref": {}, "label": {}, "repo": {"default_branch": {}}}},
            "discussion": TEXTS,
            "comment": {"body": {}},
            "review": {"body": {}},
            "review_comment": {"body": {}},
            "pages": {EVERY: {"page_name": {}}},
            "commits": {EVERY: {"message": {}, "author": AUTHOR}},
            "head_commit": {"message": {}, "author": AUTHOR},
        },
        "head_ref": {},
    }
}


@dataclass(frozen=True)
class Untrusted:
    """Where a value of a stranger is used, and which it may be."""

    part: Node
    names: tuple[str, ...]


def untrusted(top: Node) -> Iterator[Untrusted]:
    """Every use of such a value whose words get into what the expression comes to."""
    if top.word == "call":
        if not harmless(str(top.value)):
            for part in top.parts:
                yield from untrusted(part)
        return
    if top.word in ("name", "index", "every"):
        yield from used(top)
        return
    if top.word in ("==", "!=", "<", "<=", ">", ">=", "!"):
        return
    for part in top.parts:
        yield from untrusted(part)


def harmless(function: str) -> bool:
    """A function that answers yes or no lets no words through; nor does a digest."""
    known = SIGNATURES.get(function.lower())
    return function.lower() == "hashfiles" or (known is not None and known[0].gives.name == "boolean")


def used(top: Node) -> Iterator[Untrusted]:
    """One path such as github.event.issue.title. What stands in its brackets is a path of its own."""
    steps: list[str] = []
    node = top
    while node.word in ("index", "every"):
        if node.word == "every":
            steps.append(EVERY)
        else:
            key = node.parts[1]
            if key.word == "value" and isinstance(key.value, str):
                steps.append(key.value.lower())
            else:
                steps.append(ITEM)
                yield from untrusted(key)
        node = node.parts[0]
    if node.word == "name":
        names = tuple(matches(STRANGERS, [str(node.value).lower(), *reversed(steps)], ()))
        if names:
            yield Untrusted(top, names)
    else:
        yield from untrusted(node)


def matches(tree: Tree, steps: Sequence[str], before: tuple[str, ...]) -> Iterator[str]:
    """The names in the tree that a path leads to. `.*` goes for every name; an item is one of a list."""
    if not steps:
        if not tree:
            yield ".".join(before)
        return
    if not tree:
        return
    for name, inner in tree.items():
        if steps[0] in (EVERY, name) or (steps[0] == ITEM and name == EVERY):
            yield from matches(inner, steps[1:], (*before, name))
