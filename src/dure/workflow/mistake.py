"""What is wrong with a workflow file, where, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from dure.kit import Refused, Text, say

MISTAKES_MAX = 100
"""Who has made more mistakes than this reads no further."""


@dataclass(frozen=True)
class Mistake:
    """A sentence and its place. Lines and columns count from 1. `rule` names the kind of mistake."""

    line: int
    column: int
    text: Text
    rule: str = "syntax-check"
    hint: Text | None = None
    """What may have been meant, where that can be guessed."""
    value: tuple[int, int] | None = None
    """Where the value begins that it lies in, if it lies in the middle of one: there GitHub sees it."""
    path: str = ""
    """The file, where it is another than the one that is read: a workflow that is called."""

    @property
    def told(self) -> Text:
        """The sentence, and what may have been meant."""
        return self.text if self.hint is None else say("{what}. {hint}", what=self.text, hint=self.hint)


class WorkflowBroken(Refused):
    """The file cannot be used. It carries every mistake that was found, in the order of the file."""

    def __init__(self, path: str, mistakes: Iterable[Mistake]) -> None:
        self.path = path
        self.mistakes = tuple(mistakes)
        first = self.mistakes[0]
        super().__init__(
            say(
                "{path}, line {line}, column {column}: {what}",
                path=first.path or path,
                line=first.line,
                column=first.column,
                what=first.told,
            )
        )
