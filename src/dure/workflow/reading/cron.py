"""The times of a schedule: five fields, as GitHub reads them, in a time zone."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from dure.kit import Refused, say

FIELDS = 5
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SIGNS = re.compile(rf"(?:[0-9*/,-]|{'|'.join(DAYS + MONTHS)})+", re.ASCII)
SUNDAY_AGAIN = re.compile(r"(?<![/0-9])7(?![0-9])")
"""To cron 7 may be a Sunday, to GitHub only 0 is."""
SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class NoSuchTime(Refused):
    """A time or a time zone that nobody can keep."""


def read_cron(words: str) -> CronSim:
    """The times, from some day on. A macro such as @daily is none."""
    found = words.lower().split()
    if len(found) != FIELDS or not all(SIGNS.fullmatch(one) for one in found) or SUNDAY_AGAIN.search(found[4]):
        raise no_cron()
    try:
        return CronSim(" ".join(found), SOME_DAY)
    except CronSimError as error:
        raise no_cron() from error


def no_cron() -> NoSuchTime:
    return NoSuchTime(
        say(
            "Invalid cron expression. Expected format: '{form}' (minute hour day month weekday)",
            form="* * * * *",
        )
    )


def read_zone(words: str) -> ZoneInfo:
    try:
        return ZoneInfo(words)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NoSuchTime(say("There is no time zone '{name}'. Write one such as Asia/Seoul.", name=words)) from error
