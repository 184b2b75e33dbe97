"""Sentences for people: written once in English, shown in the reader's language.

A `Text` is data: the English pattern and the values it names. Domain code makes texts without knowing who will
read them; the page, the API or the command line asks for a language when it shows them.
"""

import gettext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "ko")
LOCALE = Path(__file__).parents[1] / "locale"


@dataclass(frozen=True)
class Text:
    """One sentence. `str()` gives the English; `into("ko")` the Korean."""

    pattern: str
    values: dict[str, object] = field(default_factory=dict)
    plural: str | None = None
    count: int | None = None

    def into(self, language: str) -> str:
        words = catalogue(language)
        if self.plural is None or self.count is None:
            pattern = words.gettext(self.pattern)
        else:
            pattern = words.ngettext(self.pattern, self.plural, self.count)
        values = {
            name: value.into(language) if isinstance(value, Text) else value for name, value in self.values.items()
        }
        return pattern.format(**values) if values else pattern

    def __str__(self) -> str:
        return self.into("en")


def say(pattern: str, **values: object) -> Text:
    """A sentence with named holes: `say("Closed {title}", title=issue.title)`."""
    return Text(pattern, values)


def say_count(one: str, many: str, count: int, **values: object) -> Text:
    """A sentence that depends on a number, which it may show as `{count}`."""
    return Text(one, {"count": count, **values}, plural=many, count=count)


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("dure", LOCALE, languages=[language], fallback=True)
