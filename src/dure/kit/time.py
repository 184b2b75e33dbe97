"""The clock, in one place."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
