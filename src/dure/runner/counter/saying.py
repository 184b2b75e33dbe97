"""Small things about how GitHub's services say what they say."""

import msgspec


def said_text(raw: msgspec.Raw) -> str:
    """A text that may be there or not: as itself, as null, or as an object that wraps it."""
    found = msgspec.json.decode(raw)
    if isinstance(found, dict):
        found = found.get("value", "")
    return str(found) if isinstance(found, str | int) else ""
