"""What the doctor finds: good, worth knowing, or bad with its remedy."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from dure.kit import Text
from dure.settings import Settings

State = Literal["good", "note", "bad"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at. A bad one always says what to do."""

    name: str
    state: State
    says: Text
    remedy: Text | None = None


Check = Callable[[Settings], Iterable[Finding]]


def good(name: str, says: Text) -> Finding:
    return Finding(name, "good", says)


def note(name: str, says: Text, remedy: Text | None = None) -> Finding:
    return Finding(name, "note", says, remedy)


def bad(name: str, says: Text, remedy: Text) -> Finding:
    return Finding(name, "bad", says, remedy)
