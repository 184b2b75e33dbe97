"""Sentences that are kept in a row and read again in whatever language the reader speaks."""

import msgspec

from dure.kit.text import Text


def keep(text: Text | None) -> str:
    """The sentence as JSON. None is kept as nothing."""
    return "" if text is None else msgspec.json.encode(text, enc_hook=str).decode()


def kept(words: str) -> Text | None:
    """The sentence that was kept."""
    return whole(msgspec.json.decode(words, type=Text)) if words else None


def whole(text: Text) -> Text:
    """What came back from JSON, with the sentences inside of it as sentences again."""
    return Text(text.pattern, {name: inner(value) for name, value in text.values.items()}, text.plural, text.count)


def inner(value: object) -> object:
    is_text = isinstance(value, dict) and value.keys() >= {"pattern", "values"}
    return whole(msgspec.convert(value, Text)) if is_text else value
