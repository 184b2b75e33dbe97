"""Texts that come back from where they were kept: those inside of others have to be told apart from plain values."""

import msgspec

from dure.kit import Text


def whole(text: Text) -> Text:
    """The text, with the texts inside of it as texts again."""
    values = {name: inner(value) for name, value in text.values.items()}
    return Text(text.pattern, values, text.plural, text.count)


def inner(value: object) -> object:
    if isinstance(value, dict) and "pattern" in value and "values" in value:
        return whole(msgspec.convert(value, Text))
    return value


def kept(text: Text) -> str:
    """As it is written into a column."""
    return msgspec.json.encode(text).decode()


def from_kept(words: str) -> Text:
    return whole(msgspec.json.decode(words, type=Text))
