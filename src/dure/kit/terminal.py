"""How a program speaks on a terminal: in the reader's language, in columns that line up, in colour if wanted.

Everything printed passes through `plain`: a title that somebody else wrote must not move the cursor or hide words.
"""

import os
import shutil
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TextIO

from dure.kit.errors import Refused
from dure.kit.text import LANGUAGES, Text

STYLES = {"good": "32", "bad": "31", "busy": "33", "quiet": "2", "strong": "1"}
GAP = "  "
CELL_COLUMNS_MIN = 12
"""No column is squeezed below this, however narrow the terminal."""


class NotRunning(Refused):
    """Nothing answers: the house does not run here, or cannot be reached."""


def language_here(environment: Mapping[str, str] = os.environ) -> str:
    """The language that the environment asks for: our own variable first, then the usual ones in their usual order."""
    for name in ("DURE_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        for word in environment.get(name, "").split(":"):
            language = word.replace("-", "_").partition("_")[0].partition(".")[0].lower()
            if language in LANGUAGES:
                return language
            if language in ("c", "posix"):
                return "en"
    return "en"


def told(text: Text) -> str:
    """A text in the language of this terminal."""
    return text.into(language_here())


def plain(words: str) -> str:
    """Without control characters, and without the marks that turn the direction of writing."""
    return "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in words).translate(TURNS)


TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])


def in_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Colour only where somebody looks, and never against their word."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def paint(words: str, style: str, stream: TextIO | None = None) -> str:
    return f"\x1b[{STYLES[style]}m{words}\x1b[0m" if in_colour(stream or sys.stdout) else words


def columns_of(words: str) -> int:
    """How wide words stand on a terminal: a Korean syllable takes two columns, a combining mark none."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in words
    )


def shortened(words: str, columns: int) -> str:
    if columns_of(words) <= columns:
        return words
    kept = ""
    for sign in words:
        if columns_of(kept + sign) > columns - 1:
            break
        kept += sign
    return f"{kept}…"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], columns_max: int | None = None) -> str:
    """Rows under their headings. The widest column gives way where the terminal is too narrow."""
    cells = [[plain(cell) for cell in row] for row in (head, *rows)]
    widths = [max(columns_of(row[place]) for row in cells) for place in range(len(head))]
    if columns_max is not None:
        widest = widths.index(max(widths))
        spare = columns_max - sum(widths) - len(GAP) * (len(widths) - 1)
        if spare < 0:
            widths[widest] = max(widths[widest] + spare, CELL_COLUMNS_MIN)
    lines = [
        GAP.join(
            fitted + " " * (width - columns_of(fitted))
            for cell, width in zip(row, widths, strict=True)
            for fitted in [shortened(cell, width)]
        ).rstrip()
        for row in cells
    ]
    return "\n".join([paint(lines[0], "strong"), *lines[1:]])


def terminal_columns(stream: TextIO | None = None) -> int | None:
    """How wide the terminal is; None where the words go to a file or another program, which wants them whole."""
    return shutil.get_terminal_size().columns if (stream or sys.stdout).isatty() else None


class Progress:
    """One line that says how far it has come. It is seen on a terminal only."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self.seen = self.stream.isatty()

    def say(self, text: Text) -> None:
        if self.seen:
            words = shortened(plain(told(text)), shutil.get_terminal_size().columns - 1)
            self.stream.write(f"\r\x1b[K{words}")
            self.stream.flush()

    def end(self) -> None:
        if self.seen:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
