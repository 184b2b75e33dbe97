"""What lint finds, and the sheet on which the findings of one file are written down."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Literal, TypeAlias

from dure.kit import Text, say
from dure.workflow.lint.source import Node

Rule: TypeAlias = Literal[
    "syntax-check",
    "expression",
    "events",
    "glob",
    "job-needs",
    "matrix",
    "permissions",
    "id",
    "if-cond",
    "shell-name",
    "runner-label",
    "action",
    "credentials",
    "env-var",
    "deprecated-commands",
    "workflow-call",
    "shellcheck",
    "pyflakes",
]
"""The names under which actionlint reports the same: whoever has silenced one there knows it here."""

FINDINGS_MAX = 500
"""Of one file. Who has so many reads no further."""
QUOTED_MAX = 400
LISTED_MAX = 24
"""A longer list of what is known helps nobody."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong in a file, where, and what to do about it. Lines and columns count from 1."""

    path: str
    line: int
    column: int
    text: Text
    rule: Rule

    @property
    def place(self) -> tuple[str, int, int]:
        return self.path, self.line, self.column


class Enough(Exception):
    """There are so many findings in one file that more would help nobody."""


@dataclass
class Sheet:
    """The findings of one file. What a YAML alias repeats is written down once."""

    path: str
    findings: list[Finding] = field(default_factory=list)
    seen: set[tuple[int, int, str, str]] = field(default_factory=set)

    def note(self, rule: Rule, node: Node, text: Text) -> None:
        self.note_at(rule, (node.line, node.column), text)

    def tell(self, line: int, column: int, text: Text) -> None:
        """What is wrong with the file as YAML."""
        self.note_at("syntax-check", (line, column), text)

    def note_at(self, rule: Rule, place: tuple[int, int], text: Text) -> None:
        text = brief(text)
        mark = (*place, rule, str(text))
        if mark not in self.seen:
            self.seen.add(mark)
            self.findings.append(Finding(self.path, *place, text, rule))
            if len(self.findings) >= FINDINGS_MAX:
                raise Enough


def brief(text: Text) -> Text:
    """The sentence with what it quotes cut short: a value of the file may be as long as the file."""
    if not any(isinstance(value, str) and len(value) > QUOTED_MAX for value in text.values.values()):
        return text
    values = {
        name: f"{value[:QUOTED_MAX]}…" if isinstance(value, str) and len(value) > QUOTED_MAX else value
        for name, value in text.values.items()
    }
    return replace(text, values=values)


def meant(word: str, known: Collection[str]) -> Text:
    """The end of a sentence about an unknown word: what may have been meant."""
    folded = {one.lower(): one for one in sorted(known)}
    near = get_close_matches(word.lower(), folded, n=1)
    if near:
        return say("Did you mean `{word}`?", word=folded[near[0]])
    if not known:
        return say("It is empty here.")
    return say("Known here: {words}.", words=listed(known))


def listed(words: Collection[str]) -> str:
    """Words in order with commas between them, cut short where there are very many."""
    ordered = sorted(words)
    more = ", …" if len(ordered) > LISTED_MAX else ""
    return ", ".join(ordered[:LISTED_MAX]) + more
