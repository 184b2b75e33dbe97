"""What is wrong with an app file: every mistake by its place, said so that it can be put right."""

from collections.abc import Iterable

from dure.kit import Refused, Text, say
from dure.workflow import Mistake


class AppFileBroken(Refused):
    """The file cannot be used. It carries every mistake that was found, in the order of the file."""

    def __init__(self, path: str, mistakes: Iterable[Mistake]) -> None:
        self.path = path
        self.mistakes = tuple(sorted(mistakes, key=lambda each: (each.line, each.column)))
        first, more = self.mistakes[0], len(self.mistakes) - 1
        words = say(
            "{path}, line {line}, column {column}: {what}",
            path=path,
            line=first.line,
            column=first.column,
            what=first.text,
        )
        super().__init__(say("{first} ({count} more)", first=words, count=more) if more else words)


class Mistakes:
    """Those found so far, since a person wants to know all of them at once."""

    def __init__(self) -> None:
        self.found: list[Mistake] = []

    def note(self, line: int, column: int, text: Text) -> None:
        self.found.append(Mistake(line, column, text))

    def settle(self, path: str) -> None:
        if self.found:
            raise AppFileBroken(path, self.found)
