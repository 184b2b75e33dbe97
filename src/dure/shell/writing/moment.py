"""Moments in words. The browser keeps them fresh; these are the words the page arrives with."""

from datetime import UTC, datetime
from math import ceil, floor

from dure.kit import Text, now, say, say_count

MINUTE, HOUR, DAY, MONTH, YEAR = 60, 3600, 86_400, 2_629_800, 31_557_600
SOON_SECONDS = 45


def ago(moment: datetime, at: datetime | None = None) -> Text:
    """How long ago, or how soon, in the coarsest unit that still tells something."""
    seconds = ((at or now()) - moment).total_seconds()
    distance = abs(seconds)
    if distance < SOON_SECONDS:
        return say("just now")
    for size, words in ((YEAR, years), (MONTH, months), (DAY, days), (HOUR, hours)):
        if distance >= size:
            return words(whole(seconds, size), seconds > 0)
    return minutes(whole(seconds, MINUTE) or 1, seconds > 0)


def whole(seconds: float, size: int) -> int:
    """Time gone by counts when it is complete; time to come counts as long as some of it is left."""
    return floor(seconds / size) if seconds > 0 else ceil(-seconds / size)


def minutes(count: int, past: bool) -> Text:
    if past:
        return say_count("{count} minute ago", "{count} minutes ago", count)
    return say_count("in {count} minute", "in {count} minutes", count)


def hours(count: int, past: bool) -> Text:
    if past:
        return say_count("{count} hour ago", "{count} hours ago", count)
    return say_count("in {count} hour", "in {count} hours", count)


def days(count: int, past: bool) -> Text:
    if past:
        return say_count("{count} day ago", "{count} days ago", count)
    return say_count("in {count} day", "in {count} days", count)


def months(count: int, past: bool) -> Text:
    if past:
        return say_count("{count} month ago", "{count} months ago", count)
    return say_count("in {count} month", "in {count} months", count)


def years(count: int, past: bool) -> Text:
    if past:
        return say_count("{count} year ago", "{count} years ago", count)
    return say_count("in {count} year", "in {count} years", count)


def date(moment: datetime, language: str) -> str:
    """The whole date and time, in UTC. The browser rewrites it in the reader's own time zone."""
    moment = moment.astimezone(UTC)
    if language == "ko":
        half = "오전" if moment.hour < 12 else "오후"
        return f"{moment.year}년 {moment.month}월 {moment.day}일 {half} {moment.hour % 12 or 12}:{moment:%M} UTC"
    return f"{moment.day} {moment:%B} {moment.year}, {moment:%H:%M} UTC"


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
