"""Yes or no, with the reason for people."""

from dataclasses import dataclass

from dure.kit import Text


@dataclass(frozen=True)
class Verdict:
    """Whether it happens, and why or why not."""

    yes: bool
    why: Text
