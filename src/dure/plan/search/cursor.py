"""Where a page of a list begins: after one row, or before it. Rows that come or go in between move nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dure.kit import Invalid, say

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ID_MAX = 2**31 - 1
MOMENT_MAX = 2**53


@dataclass(frozen=True)
class Cursor:
    """A row of the list: its id, its moment where the list is in the order of moments, and the side that is wanted."""

    issue_id: int
    at: datetime | None = None
    back: bool = False

    def __str__(self) -> str:
        moment = "" if self.at is None else f"{(self.at - EPOCH) // MICROSECOND}."
        return f"{'~' if self.back else ''}{moment}{self.issue_id}"


def parse_cursor(word: str, *, by_moment: bool) -> Cursor | None:
    """Read what a link of ours carried. Anything else is refused."""
    if not word:
        return None
    parts = word.removeprefix("~").split(".")
    fine = len(parts) == 1 + by_moment and all(part.isascii() and part.isdigit() and len(part) < 18 for part in parts)
    numbers = [int(part) for part in parts] if fine else []
    if not numbers or numbers[-1] > ID_MAX or numbers[0] > MOMENT_MAX:
        raise Invalid({"cursor": say("This page of the list cannot be found. Begin again at the first.")})
    at = EPOCH + numbers[0] * MICROSECOND if by_moment else None
    return Cursor(numbers[-1], at, back=word.startswith("~"))
