"""From a text to the tokens that are looked up.

A word in letters of an alphabet is one token, in lower case. Korean, Japanese and Chinese join words without spaces
("서버가"), so a run of their letters becomes overlapping pairs and its last letter: "서버", "버가", "가". Any two
syllables that stand side by side are found that way, whatever is joined to them, and one alone as a beginning.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

LETTERS = re.compile(r"[^\W_]+")
JOINED = (
    "\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
RUN = re.compile(f"(?P<joined>[{JOINED}]+)|[^{JOINED}]+")
TOKEN_LIMIT_CHARACTERS = 64
TERMS_MAX = 20


@dataclass(frozen=True)
class Term:
    """Tokens that must stand one after the other. The last may be only the beginning of a token."""

    tokens: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True)
class Run:
    letters: str
    joined: bool

    def tokens(self) -> list[str]:
        if not self.joined:
            return [self.letters[:TOKEN_LIMIT_CHARACTERS]]
        return [*(first + second for first, second in pairwise(self.letters)), self.letters[-1]]

    def sought(self) -> list[str]:
        """As the end of what somebody looks for: there the word may go on."""
        return self.tokens()[:-1] if self.joined and len(self.letters) > 1 else self.tokens()


def runs(text: str) -> Iterator[Run]:
    for word in LETTERS.finditer(unicodedata.normalize("NFKC", text).lower()):
        for found in RUN.finditer(word.group()):
            yield Run(found.group(), found["joined"] is not None)


def tokens(text: str) -> Iterator[str]:
    """Every token of a text, in order, as the index keeps them."""
    for run in runs(text):
        yield from run.tokens()


def terms_of(words: str, phrases: tuple[str, ...] = ()) -> list[Term]:
    """What to look for: each word by itself, each phrase in its order. The last word may go on."""
    found = [list(runs(word)) for word in words.split()]
    terms = [term(parts) for parts in found if parts]
    if terms and found[-1]:
        last = terms[-1]
        terms[-1] = Term(last.tokens, prefix=last.prefix or not found[-1][-1].joined)
    terms += [term(parts) for phrase in phrases if (parts := list(runs(phrase)))]
    return terms[:TERMS_MAX]


def term(parts: list[Run]) -> Term:
    *before, last = parts
    found = [token for run in before for token in run.tokens()] + last.sought()
    return Term(tuple(found), prefix=last.joined and len(last.letters) == 1)
