"""The smallest pieces of pages. They are drawn in Python, because a list of fifty rows has hundreds of them."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from markupsafe import Markup, escape

from dure.kit import Text
from dure.shell.writing import ago, date, iso

COLOURS = ("red", "orange", "amber", "lime", "green", "teal", "cyan", "blue", "indigo", "violet", "pink", "gray")
"""The colours a label may have. They are classes, since no page of ours may carry a style of its own."""

DRAWINGS = {
    "plus": "M8 3v10M3 8h10",
    "check": "M3 8.5 6.5 12 13 4.5",
    "cross": "m4 4 8 8M12 4l-8 8",
    "search": "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9M10.5 10.5 14 14",
    "comment": "M2.5 3.5h11v7.5H8l-3.5 2.5V11h-2z",
    "issue": "M8 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2M8 7.8v.4",
    "closed": "M8 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2M5.3 8.3l2 2 3.5-4",
    "tag": "M2.5 2.5h5l6 6-5 5-6-6zM5.2 5.2v.1",
    "people": (
        "M6 3a2.3 2.3 0 1 1 0 4.6A2.3 2.3 0 0 1 6 3"
        "M1.8 13c.3-2.6 1.9-3.9 4.2-3.9s3.9 1.3 4.2 3.9"
        "M10.6 3.3a2.2 2.2 0 0 1 0 4"
        "M12 9.5c1.3.5 2 1.7 2.2 3.5"
    ),
    "lock": "M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
    "link": ("M6.5 9.5l3-3M7 4.8l1.5-1.5a2.9 2.9 0 0 1 4.1 4.1L11.2 9M9 11.2l-1.5 1.5a2.9 2.9 0 0 1-4.1-4.1L4.8 7"),
    "edit": "M3 13l.6-2.9L10.8 3l2.2 2.2-7.2 7.2z",
    "bell": "M4 11V7a4 4 0 0 1 8 0v4l1 1H3zM6.8 14h2.4",
    "folder": "M2 4h4.2l1.6 1.8H14V13H2z",
    "file": "M4 2.5h5.2L12 5.3v8.2H4zM9 2.7v2.8h2.8",
    "arrow": "M3 8h10M9 4l4 4-4 4",
    "dots": "M3.5 8v.1M8 8v.1M12.5 8v.1",
    "newer": "M10 3.5 5.5 8l4.5 4.5",
    "older": "M6 3.5 10.5 8 6 12.5",
    "loop": ("M8 8C6 5 5 4.5 4 4.5a3.5 3.5 0 0 0 0 7C5 11.5 6 11 8 8s3-3.5 4-3.5a3.5 3.5 0 0 1 0 7c-1 0-2-.5-4-3.5"),
}
"""Icons on a field of sixteen by sixteen, as lines to be stroked."""

ICON = Markup('<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="{}"/></svg>')
ICONS = {name: ICON.format(line) for name, line in DRAWINGS.items()}


@dataclass(frozen=True)
class Pieces:
    """What templates call `ui.icon`, `ui.chip`, `ui.avatar` and `ui.ago`, in one language."""

    language: str

    def icon(self, name: str) -> Markup:
        return ICONS[name]

    def chip(self, text: object, colour: str = "gray", url: str | None = None) -> Markup:
        words = escape(text.into(self.language) if isinstance(text, Text) else text)
        if url is None:
            return made(f'<span class="chip {escape(colour)}">{words}</span>')
        return made(f'<a class="chip {escape(colour)}" href="{escape(url)}">{words}</a>')

    def avatar(self, name: str) -> Markup:
        return avatar(name)

    def ago(self, moment: datetime) -> Markup:
        """The words the page arrives with; the browser keeps them fresh."""
        words = ago(moment).into(self.language)
        whole = date(moment, self.language)
        return made(f'<dure-time><time datetime="{iso(moment)}" title="{whole}">{escape(words)}</time></dure-time>')


def made(markup: str) -> Markup:
    """Markup put together from pieces that were escaped one by one: quicker than `Markup.format`."""
    return Markup(markup)  # noqa: S704 - see the sentence above; only this file calls it


@lru_cache(maxsize=1000)
def avatar(name: str) -> Markup:
    return made(f'<span class="avatar {hue(name)}" aria-hidden="true">{escape(initials(name))}</span>')


def initials(name: str) -> str:
    """Two letters for a name in Latin letters; for Korean the given name, as people here are called."""
    words = [word for word in name.replace(".", " ").replace("-", " ").replace("_", " ").split() if word]
    if not words:
        return "?"
    if not words[0].isascii():
        return words[0][-2:] if len(words[0]) > 2 else words[0]
    return (words[0][0] + (words[1][0] if len(words) > 1 else words[0][1:2])).upper()


def hue(name: str) -> str:
    """The same colour for the same name, everywhere and always."""
    return COLOURS[sum(ord(letter) * (place + 1) for place, letter in enumerate(name)) % (len(COLOURS) - 1)]
