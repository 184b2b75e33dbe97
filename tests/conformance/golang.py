"""Tables of tests that are written in Go, read as far as composite literals go."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from dure.workflow import Value

SIGNS = re.compile(
    r"""(?P<space>\s+|//[^\n]*)|(?P<raw>`[^`]*`)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?[0-9][0-9a-fA-FxX.eE+-]*)"""
    r"""|(?P<word>[A-Za-z_&*\[][\w.&*\[\]]*(?:\{\})?)|(?P<sign>[{}(),:]|[^\s])""",
    re.DOTALL,
)
WORDS: dict[str, Value] = {"true": True, "false": False, "nil": None}


@dataclass
class Literal:
    """`Type{...}`: its entries, each with its key where it has one."""

    entries: "list[tuple[Value, Value | Literal]]"

    def values(self) -> "list[Value | Literal]":
        return [value for _, value in self.entries]


class Reader:
    """Reads the literal that begins at a place of the source."""

    def __init__(self, source: str, at: int) -> None:
        self.signs = self.read(source, at)
        self.here = next(self.signs)

    def read(self, source: str, at: int) -> Iterator[tuple[str, str]]:
        for found in SIGNS.finditer(source, at):
            if found.lastgroup != "space":
                yield found.lastgroup or "", found[0]
        yield "end", ""

    def take(self) -> tuple[str, str]:
        taken = self.here
        self.here = next(self.signs, ("end", ""))
        return taken

    def value(self) -> "Value | Literal":
        kind, words = self.take()
        if kind == "raw":
            return words[1:-1]
        if kind == "text":
            return str(json.loads(words, strict=False))
        if kind == "number":
            return float(words) if re.search(r"[.eE]", words) and "x" not in words else int(words, 0)
        if words == "{":
            return self.literal()
        return self.named(words)

    def named(self, words: str) -> "Value | Literal":
        """A constant, a call or a type with a literal after it."""
        if words in WORDS:
            return WORDS[words]
        while self.here[1] not in ("{", ",", "}", ")", "(", ":") and not words.endswith("{}") and self.here[0] != "end":
            words += self.take()[1]
        if words.endswith("{}"):
            return self.literal() if self.take_if("{") else {}
        if self.take_if("("):
            return self.called(words)
        if self.take_if("{"):
            return self.literal()
        return words

    def called(self, words: str) -> Value:
        inside = ""
        while self.here[1] != ")":
            inside += self.take()[1]
        self.take()
        if words == "math.NaN":
            return float("nan")
        if words == "math.Inf":
            return float("-inf") if inside.startswith("-") else float("inf")
        return {}

    def take_if(self, word: str) -> bool:
        if self.here[1] == word:
            self.take()
            return True
        return False

    def literal(self) -> Literal:
        entries: list[tuple[Value, Value | Literal]] = []
        while not self.take_if("}"):
            first = self.value()
            if self.take_if(":"):
                entries.append((first if not isinstance(first, Literal) else None, self.value()))
            else:
                entries.append((None, first))
            self.take_if(",")
        return Literal(entries)


def plain(found: "Value | Literal") -> Value:
    """A literal as a mapping or a list."""
    if not isinstance(found, Literal):
        return found
    if any(key is not None for key, _ in found.entries):
        return {str(key): plain(value) for key, value in found.entries}
    return [plain(value) for value in found.values()]
