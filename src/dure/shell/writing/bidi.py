"""Letters that turn the reading direction around can make text say one thing and show another."""

import re

TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """The text with each such letter printed by its number, so that no line can pretend to be another."""
    return TURNING.sub(lambda letter: f"⟦U+{ord(letter.group()):04X}⟧", text)
