"""What the reader writes down while it goes through a file: mistakes and warnings, each with its place."""

from difflib import get_close_matches

from dure.kit import Text, say
from dure.workflow.document import YamlNode, YamlScalar, place_of
from dure.workflow.expression import OPENING
from dure.workflow.mistake import MISTAKES_MAX, Mistake

LISTED_MAX = 20
"""A longer list of what is known helps nobody."""


class Enough(Exception):
    """There are so many mistakes that more would help nobody."""


class Notes:
    """The mistakes of one file. The reader goes on after each, so that a person sees them all at once."""

    def __init__(self, source: str) -> None:
        self.source = source.removeprefix("\ufeff")
        self.mistakes: list[Mistake] = []
        self.warnings: list[Mistake] = []

    def mistake(self, node: YamlNode, text: Text) -> None:
        self.mistake_at((node.line, node.column), text)

    def mistake_at(self, place: tuple[int, int], text: Text) -> None:
        self.mistakes.append(Mistake(*place, text))
        if len(self.mistakes) >= MISTAKES_MAX:
            raise Enough

    def warning(self, node: YamlNode, text: Text) -> None:
        self.warnings.append(Mistake(node.line, node.column, text))

    def in_order(self) -> list[Mistake]:
        return sorted(self.mistakes, key=lambda mistake: (mistake.line, mistake.column))

    def place_in_expression(self, node: YamlScalar, which: int, offset: int) -> tuple[int, int]:
        """Where a sign of the `which`th expression in a text stands in the file, whatever quotes the text wears."""
        at = node.start
        for _ in range(which + 1):
            at = self.source.find(OPENING, at) + len(OPENING)
            if at < len(OPENING):
                return node.line, node.column
        return place_of(self.source, min(at + offset, len(self.source)))

    def place_in_words(self, node: YamlScalar, offset: int) -> tuple[int, int]:
        """Where a sign of a text stands in the file, if the text stands there as it is."""
        for start in (node.start, node.start + 1):
            if self.source.startswith(node.words, start):
                return place_of(self.source, start + offset)
        return node.line, node.column


def meant(word: str, known: frozenset[str]) -> Text:
    """The end of a sentence about an unknown word: what may have been meant."""
    near = get_close_matches(word, sorted(known), n=1)
    if near:
        return say("Did you mean `{word}`?", word=near[0])
    if len(known) > LISTED_MAX:
        return say("Look it up in the workflow syntax.")
    return say("Known here are: {words}.", words=", ".join(sorted(known)))
