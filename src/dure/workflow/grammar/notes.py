"""What the reader writes down while it goes through a file: mistakes and warnings, each with its place."""

from collections.abc import Iterable
from difflib import get_close_matches

from dure.kit import Text, say
from dure.workflow.document import YamlNode, YamlScalar, place_of
from dure.workflow.expression import OPENING, ExpressionBroken
from dure.workflow.grammar.shape import SYNTAX
from dure.workflow.mistake import MISTAKES_MAX, Mistake

LISTED_MAX = 20
"""A longer list of what is known helps nobody."""
EXPRESSION = "expression"


class Enough(Exception):
    """There are so many mistakes that more would help nobody."""


class Notes:
    """The mistakes of one file. The reader goes on after each, so that a person sees them all at once."""

    def __init__(self, source: str) -> None:
        self.source = source.removeprefix("\ufeff")
        self.grammar: list[Mistake] = []
        """What does not fit the grammar, in the order in which it was found."""
        self.sense: list[Mistake] = []
        """What fits the grammar and makes no sense."""
        self.warnings: list[Mistake] = []

    def unfit(self, node: YamlNode, text: Text, rule: str = SYNTAX, hint: Text | None = None) -> None:
        """It does not fit the grammar."""
        self.add(self.grammar, Mistake(node.line, node.column, text, rule, hint))

    def mistake(
        self, node: YamlNode, text: Text, rule: str = SYNTAX, hint: Text | None = None, value: YamlNode | None = None
    ) -> None:
        """It fits the grammar and makes no sense."""
        whole = None if value is None else (value.line, value.column)
        self.add(self.sense, Mistake(node.line, node.column, text, rule, hint, whole))

    def expression(self, node: YamlScalar, text: Text, place: tuple[int, int] | None = None) -> None:
        """An expression in a value does not fit."""
        self.add(self.grammar, in_value(node, text, place))

    def condition(self, node: YamlScalar, error: ExpressionBroken) -> None:
        """A condition without signs round it cannot be read."""
        place = self.place_in_words(node, (error.position or 1) - 1)
        self.add(self.sense, in_value(node, error.text, place))

    def add(self, mistakes: list[Mistake], mistake: Mistake) -> None:
        mistakes.append(mistake)
        if len(mistakes) >= MISTAKES_MAX:
            raise Enough

    def warning(self, node: YamlNode, text: Text, rule: str = SYNTAX) -> None:
        self.warnings.append(Mistake(node.line, node.column, text, rule))

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


def in_value(node: YamlScalar, text: Text, place: tuple[int, int] | None) -> Mistake:
    line, column = place or (node.line, node.column)
    return Mistake(line, column, text, EXPRESSION, value=(node.line, node.column))


def in_order(mistakes: Iterable[Mistake]) -> list[Mistake]:
    return sorted(mistakes, key=lambda mistake: (mistake.path, mistake.line, mistake.column))


def meant(word: str, known: Iterable[str]) -> Text:
    """The end of a sentence about an unknown word: what may have been meant."""
    sorted_known = sorted(known)
    near = get_close_matches(word, sorted_known, n=1)
    if near:
        return say("Did you mean `{word}`?", word=near[0])
    if len(sorted_known) > LISTED_MAX:
        return say("Look it up in the workflow syntax.")
    return say("Known here are: {words}.", words=", ".join(sorted_known))
