"""Sentences that are kept in a row and read again in whatever language the reader speaks."""

import msgspec

from dure.kit import Text


def keep(text: Text | None) -> str:
    """The sentence as JSON. None is kept as nothing."""
    return "" if text is None else msgspec.json.encode(plain(text)).decode()


def kept(words: str) -> Text | None:
    """The sentence that was kept."""
    return whole(msgspec.json.decode(words)) if words else None


def plain(text: Text) -> dict[str, object]:
    told: dict[str, object] = {"text": text.pattern}
    if text.values:
        told["values"] = {
            name: plain(value) if isinstance(value, Text) else value if isinstance(value, int | float) else str(value)
            for name, value in text.values.items()
        }
    if text.plural is not None:
        told |= {"plural": text.plural, "count": text.count}
    return told


def whole(told: dict[str, object]) -> Text:
    values = told.get("values", {})
    plural, count = told.get("plural"), told.get("count")
    assert isinstance(values, dict)
    return Text(
        str(told["text"]),
        {str(name): whole(value) if isinstance(value, dict) else value for name, value in values.items()},
        plural if isinstance(plural, str) else None,
        count if isinstance(count, int) else None,
    )
