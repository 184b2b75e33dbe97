"""Words that people give us: made clean, kept within limits, and refused with a sentence for each field."""

import re
import unicodedata

from dure.kit import Invalid, Text, say

TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]")
"""Letters that turn the reading direction. In a title they could make it say one thing and show another."""

UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
"""Letters that nobody can see and that some program on the way would stumble over."""

SPACES = re.compile(r"\s+")


def one_line(text: str) -> str:
    """A title or a name: composed letters, single spaces, nothing unseen."""
    text = UNSEEN.sub("", SPACES.sub(" ", text))
    return unicodedata.normalize("NFC", TURNING.sub("", text)).strip()


def many_lines(text: str) -> str:
    """A text with paragraphs. Letters that turn the direction stay; the page that shows it prints their numbers."""
    text = UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", text).strip("\n")


class Wording:
    """Reads the fields of one request and remembers what is wrong with each, so that all are told at once."""

    def __init__(self) -> None:
        self.wrong: dict[str, Text] = {}

    def line(self, field: str, text: str, limit: int, *, required: bool = True) -> str:
        return self.kept(field, one_line(text), limit, required=required)

    def text(self, field: str, text: str, limit: int, *, required: bool = False) -> str:
        return self.kept(field, many_lines(text), limit, required=required)

    def kept(self, field: str, text: str, limit: int, *, required: bool) -> str:
        if required and not text.strip():
            self.wrong[field] = say("Please fill this in.")
        elif len(text) > limit:
            self.wrong[field] = say("At most {count} characters, please.", count=limit)
        return text

    def refuse(self, field: str, sentence: Text) -> None:
        self.wrong.setdefault(field, sentence)

    def settle(self) -> None:
        if self.wrong:
            raise Invalid(self.wrong)
