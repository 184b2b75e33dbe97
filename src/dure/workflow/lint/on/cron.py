"""Cron expressions, as GitHub reads them: five fields, names of months and days, nothing more."""

from itertools import pairwise

from dure.kit import Text, say

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
FIELDS: tuple[tuple[int, int, list[str]], ...] = (
    (0, 59, []),
    (0, 23, []),
    (1, 31, []),
    (1, 12, MONTHS),
    (0, 6, DAYS),
)
MINUTES_MIN = 5
"""GitHub starts nothing more often."""


def fault_of_cron(words: str) -> Text | None:
    parts = words.split()
    if len(parts) != len(FIELDS):
        return say(
            "'{words}' has {count} fields. A cron expression has five: minute, hour, day of the month, month, weekday.",
            words=words,
            count=len(parts),
        )
    read = [values(part, *field) for part, field in zip(parts, FIELDS, strict=True)]
    for part, found in zip(parts, read, strict=True):
        if found is None:
            return say("'{part}' in the cron expression '{words}' cannot be read.", part=part, words=words)
    gap = shortest_gap(sorted(read[0] or ()), sorted(read[1] or ()))
    if gap < MINUTES_MIN:
        return say(
            "Between two runs there have to be {least} minutes, and here there can be {count}.",
            count=gap,
            least=MINUTES_MIN,
        )
    return None


def values(part: str, least: int, most: int, names: list[str]) -> set[int] | None:
    """What one field stands for; None if it cannot be read."""
    found: set[int] = set()
    for piece in part.lower().split(","):
        span, slash, step = piece.partition("/")
        if slash and not (step.isdecimal() and int(step) > 0):
            return None
        first, dash, last = span.partition("-")
        if span in ("*", "?"):
            begin, end = least, most
        else:
            begin_or_none, end_or_none = number(first, names, least), number(last, names, least) if dash else None
            if begin_or_none is None or (dash and end_or_none is None):
                return None
            begin = begin_or_none
            end = end_or_none if end_or_none is not None else (most if slash else begin)
        if not least <= begin <= end <= most:
            return None
        found.update(range(begin, end + 1, int(step) if slash else 1))
    return found


def number(words: str, names: list[str], least: int) -> int | None:
    if words.isdecimal() and words.isascii():
        return int(words)
    return names.index(words) + least if words in names else None


def shortest_gap(minutes: list[int], hours: list[int]) -> int:
    """Minutes between two runs that follow most closely on one another."""
    gaps = [after - before for before, after in pairwise(minutes)]
    if any((hour + 1) % 24 in hours for hour in hours):
        gaps.append(minutes[0] + 60 - minutes[-1])
    return min(gaps, default=60)
