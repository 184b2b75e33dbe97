"""The one way in which an expression says no."""

from dure.kit import Refused, Text


class ExpressionBroken(Refused):
    """The expression cannot be read or cannot be worked out. `position` counts its characters from 1."""

    def __init__(self, text: Text, position: int | None = None) -> None:
        super().__init__(text)
        self.position = position
