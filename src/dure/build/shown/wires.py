"""Lines between the boxes of a run's picture: round everything that stands between, also round frames.

Pure: from the places of boxes to paths of SVG.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CLEAR = 3
"""So far a line stays away from what it passes."""


@dataclass(frozen=True)
class Spot:
    """What one group of jobs takes up: columns from `first` to `last`, heights from `top` to `bottom`."""

    first: int
    last: int
    top: int
    bottom: int
    left: int
    right: int
    """Where lines come in and go out."""
    middle: int

    def bars(self, y: int) -> bool:
        return self.top - CLEAR < y < self.bottom + CLEAR


def wire(start: Spot, end: Spot, spots: Sequence[Spot], edges: Mapping[int, tuple[int, int]]) -> str:
    """From the right side of one group to the left side of another. `edges` has the sides of each column."""
    x, y = start.right, start.middle
    path = [f"M{x} {y}"]
    for column in range(start.last + 1, end.first):
        left, right = edges[column]
        across = way_through(column, y, end.middle, spots)
        path += [curve(x, y, left, across), f"H{right}"]
        x, y = right, across
    return "".join([*path, curve(x, y, end.left, end.middle)])


def way_through(column: int, y: int, wanted: int, spots: Sequence[Spot]) -> int:
    """The height at which a line that comes at `y` and wants to `wanted` passes this column."""
    here = [spot for spot in spots if spot.first <= column <= spot.last]
    ways = {y, wanted, *(spot.top - CLEAR for spot in here), *(spot.bottom + CLEAR for spot in here)}
    free = [way for way in ways if not any(spot.bars(way) for spot in here)]
    # Between two columns of one frame a line does not get from above it to below it.
    walls = [spot for spot in here if spot.first < column]
    near = [way for way in free if not any(between(spot, y, way) for spot in walls)]
    return min(near or free, key=lambda way: (abs(way - y) + abs(way - wanted), abs(way - y), way))


def between(spot: Spot, one: int, other: int) -> bool:
    return min(one, other) < spot.bottom and max(one, other) > spot.top


def curve(x1: int, y1: int, x2: int, y2: int) -> str:
    if y1 == y2:
        return f"H{x2}"
    bend = (x1 + x2) // 2
    return f"C{bend} {y1} {bend} {y2} {x2} {y2}"
