"""A badge as a picture: two words on two colours, legible without any font of ours."""

from html import escape

from dure.build.badge import Said
from dure.kit import Text, say

COLOURS: dict[Said, str] = {
    "success": "#1a7f37",
    "failure": "#b42318",
    "cancelled": "#57606a",
    "running": "#0550ae",
    "unknown": "#57606a",
}
WORDS: dict[Said, Text] = {
    "success": say("success"),
    "failure": say("failure"),
    "cancelled": say("cancelled"),
    "running": say("running"),
    "unknown": say("unknown"),
}
LETTER, WIDE_LETTER, EDGE, HEIGHT = 6.6, 11.5, 7, 20
LABEL_CHARACTERS = 60


def drawn_badge(label: str, said: Said, language: str) -> str:
    """An SVG of the label and the word."""
    left, right = label[:LABEL_CHARACTERS], WORDS[said].into(language)
    first, second = width(left), width(right)
    whole, colour, words = first + second, COLOURS[said], f"{left}: {right}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{whole}" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(words)}"><title>{escape(words)}</title>'
        f'<clipPath id="r"><rect width="{whole}" height="{HEIGHT}" rx="4"/></clipPath><g clip-path="url(#r)">'
        f'<rect width="{first}" height="{HEIGHT}" fill="#24292f"/>'
        f'<rect x="{first}" width="{second}" height="{HEIGHT}" fill="{colour}"/></g>'
        f'<g fill="#fff" text-anchor="middle" font-family="system-ui,sans-serif" font-size="11">'
        f'<text x="{first / 2}" y="14">{escape(left)}</text>'
        f'<text x="{first + second / 2}" y="14">{escape(right)}</text></g></svg>'
    )


def width(words: str) -> int:
    return round(2 * EDGE + sum(LETTER if sign.isascii() else WIDE_LETTER for sign in words))
