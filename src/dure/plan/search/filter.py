"""The language of the search box: `is:open label:bug -label:later assignee:me "exact words" and any others`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

from dure.kit import Invalid, Text, say
from dure.plan.wording import one_line

QUERY_LIMIT_CHARACTERS = 300
VALUES_MAX = 10
SORTS = ("newest", "oldest", "updated")
STATES = ("open", "closed")
LACKS = ("label", "assignee", "milestone")
KEYS = ("is", "label", "no", "assignee", "author", "milestone", "mentions", "sort")

PIECE = re.compile(
    r'(?P<minus>-)?(?P<key>[A-Za-z]{2,12}):(?:"(?P<quoted>[^"]*)"?|(?P<value>[^\s"]+))'
    r'|"(?P<phrase>[^"]*)"?'
    r"|(?P<word>[^\s\"]+)"
)


@dataclass(frozen=True)
class Filter:
    """What somebody looks for. `str()` writes it down again, so that links can change one part of it."""

    state: str | None = None
    labels: tuple[str, ...] = ()
    without_labels: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    assignee: str | None = None
    author: str | None = None
    milestone: str | None = None
    mentions: str | None = None
    sort: str = "newest"
    phrases: tuple[str, ...] = ()
    words: str = ""

    def but(self, **changes: object) -> "Filter":
        return replace(self, **changes)  # type: ignore[arg-type]

    def with_label(self, name: str) -> "Filter":
        return self if name in self.labels else replace(self, labels=(*self.labels, name)[-VALUES_MAX:])

    def without_label(self, name: str) -> "Filter":
        return replace(self, labels=tuple(label for label in self.labels if label != name))

    @property
    def narrows(self) -> bool:
        """Does it ask for more than a state and an order?"""
        return replace(self, state=None, sort="newest") != Filter()

    def __str__(self) -> str:
        return " ".join(self.pieces())

    def pieces(self) -> Iterator[str]:
        if self.state:
            yield f"is:{self.state}"
        yield from (f"label:{quoted(name)}" for name in self.labels)
        yield from (f"-label:{quoted(name)}" for name in self.without_labels)
        yield from (f"no:{thing}" for thing in self.lacks)
        for key in ("assignee", "author", "milestone", "mentions"):
            value = getattr(self, key)
            if value:
                yield f"{key}:{quoted(value)}"
        if self.sort != "newest":
            yield f"sort:{self.sort}"
        yield from (f'"{phrase}"' for phrase in self.phrases)
        if self.words:
            yield self.words


def quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value


def parse_filter(query: str, *, state: str | None = None) -> Filter:
    """Read what was typed. `state` is what is meant when nothing at all was typed."""
    query = one_line(query)
    if len(query) > QUERY_LIMIT_CHARACTERS:
        raise Invalid({"q": say("At most {count} characters, please.", count=QUERY_LIMIT_CHARACTERS)})
    found = Filter() if query else Filter(state=state)
    words: list[str] = []
    for piece in PIECE.finditer(query):
        if piece["key"] is not None and (key := key_meant(piece["key"])):
            value = (piece["quoted"] if piece["quoted"] is not None else piece["value"]).strip()
            found = narrowed(found, key, value, minus=bool(piece["minus"]))
        elif piece["phrase"] is not None:
            found = (
                replace(found, phrases=(*found.phrases, piece["phrase"].strip())) if piece["phrase"].strip() else found
            )
        else:
            words.append(piece.group().replace('"', " "))
    return replace(found, words=" ".join(" ".join(words).split()), phrases=found.phrases[:VALUES_MAX])


def key_meant(word: str) -> str | None:
    """The key, or None where a word with a colon is only a word. A key misspelt is told, not searched for."""
    word = word.lower()
    if word in KEYS:
        return word
    close = get_close_matches(word, KEYS, n=1, cutoff=0.8) if len(word) > 3 else []
    if close:
        raise unclear(
            say("There is no “{word}:” to filter by. Did you mean “{key}:”?", word=word, key=close[0]),
        )
    return None


def narrowed(found: Filter, key: str, value: str, *, minus: bool) -> Filter:
    if not value:
        raise unclear(say("What should stand after “{key}:”?", key=key))
    if minus and key != "label":
        raise unclear(say("Only labels can be left out, with “-label:name”."))
    if key == "label":
        names = found.without_labels if minus else found.labels
        if len(names) >= VALUES_MAX:
            raise unclear(say("At most {count} labels at once, please.", count=VALUES_MAX))
        names = names if value in names else (*names, value)
        return replace(found, without_labels=names) if minus else replace(found, labels=names)
    if key == "is":
        return replace(found, state=one_of("is", value, STATES))
    if key == "sort":
        return replace(found, sort=one_of("sort", value, SORTS))
    if key == "no":
        lack = one_of("no", value, LACKS)
        return found if lack in found.lacks else replace(found, lacks=(*found.lacks, lack))
    if key == "milestone":
        return replace(found, milestone=value)
    handle = value.removeprefix("@").lower()
    if not handle:
        raise unclear(say("What should stand after “{key}:”?", key=key))
    return replace(found, **{key: handle})  # type: ignore[arg-type]


def one_of(key: str, value: str, known: tuple[str, ...]) -> str:
    if value.lower() not in known:
        possible = ", ".join(f"{key}:{word}" for word in known)
        raise unclear(
            say("“{key}:{value}” is not known. Possible are: {possible}.", key=key, value=value, possible=possible)
        )
    return value.lower()


def unclear(sentence: Text) -> Invalid:
    return Invalid({"q": sentence})
