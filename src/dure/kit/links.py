"""Links that others have written."""

from urllib.parse import urlsplit

LINK_CHARACTERS_MAX = 2000
SCHEMES = ("http", "https")


def web_link(words: str) -> str:
    """The address, where a page may lead people there: http or https, and in one piece. Else nothing."""
    words = words.strip()
    try:
        parts = urlsplit(words)
        is_good = parts.scheme in SCHEMES and bool(parts.hostname)
    except ValueError:
        return ""
    is_whole = len(words) <= LINK_CHARACTERS_MAX and words.isprintable() and " " not in words and "\\" not in words
    return words if is_good and is_whole else ""
