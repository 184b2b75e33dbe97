"""The ways to say no. No HTTP here; each edge (pages, API, CLI) maps the tree to its own words.

Refused              a rule says no; the sentence says why and what to do next
├── Invalid          the words given cannot be used (with a sentence for each field)
├── Unauthenticated  we do not know who asks
├── Forbidden        we know who asks, and it is not for them
└── TooMany          asked too often; `retry_after_seconds` says when to come back
Missing              there is no such thing, or you may not know of it
"""

from collections.abc import Mapping

from dure.kit.text import Text, say


class Refused(Exception):
    """The request was understood and a rule says no. The text is shown to the person who asked."""

    def __init__(self, text: Text) -> None:
        super().__init__(str(text))
        self.text = text


class Invalid(Refused):
    """Words that cannot be used: one sentence for each field, by name."""

    def __init__(self, fields: Mapping[str, Text]) -> None:
        first = next(iter(fields.values()))
        super().__init__(first)
        self.fields = dict(fields)


class Unauthenticated(Refused):
    """We do not know who asks."""


class Forbidden(Refused):
    """We know who asks, and it is not for them."""


class TooMany(Refused):
    """Asked too often."""

    def __init__(self, text: Text, retry_after_seconds: float) -> None:
        super().__init__(text)
        self.retry_after_seconds = retry_after_seconds


class Missing(Exception):
    """There is no such thing, or you may not know of it."""

    def __init__(self, text: Text | None = None) -> None:
        self.text = text or say("There is nothing here.")
        super().__init__(str(self.text))
