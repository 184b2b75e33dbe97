"""The picture of a rollout: how the traffic moved over, and how the evidence grew towards the border.

It is drawn from the seconds that were kept, as lines on a field of fixed size; colours are for the style sheet.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dure.deploy.verdict import Point

WIDTH, HEIGHT = 720.0, 240.0
LEFT, RIGHT = 44.0, 12.0
SHARE_TOP, SHARE_BOTTOM = 14.0, 104.0
PROOF_TOP, PROOF_BOTTOM = 132.0, 222.0
SECONDS_LEAST = 10.0
DECADE_LEAST = -1.0


@dataclass(frozen=True)
class Line:
    """One service's evidence."""

    service: str
    path: str


@dataclass(frozen=True)
class Picture:
    width: float
    height: float
    share: str
    """The share of the traffic, as an area."""
    lines: Sequence[Line]
    border: float
    """Where the evidence is enough to roll back."""
    border_value: int
    seconds: int
    last: Sequence[Point]
    """The latest second of each service."""


def picture_of(points: Sequence[Point], alpha: float) -> Picture | None:
    """Nothing when nobody has looked yet."""
    if not points:
        return None
    begin = points[0].at
    seconds = max(SECONDS_LEAST, (points[-1].at - begin).total_seconds())
    high = math.log10(1 / alpha) + 0.5

    def x(point: Point) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (point.at - begin).total_seconds() / seconds

    def proof(value: float) -> float:
        decade = min(max(math.log10(max(value, 1e-9)), DECADE_LEAST), high)
        return PROOF_BOTTOM - (PROOF_BOTTOM - PROOF_TOP) * (decade - DECADE_LEAST) / (high - DECADE_LEAST)

    names = list(dict.fromkeys(point.service for point in points))
    by_name = {name: [point for point in points if point.service == name] for name in names}
    first = by_name[names[0]]
    return Picture(
        width=WIDTH,
        height=HEIGHT,
        share=stairs([(x(point), share_at(point.weight)) for point in first]),
        lines=[Line(name, joined([(x(point), proof(point.e_value)) for point in by_name[name]])) for name in names],
        border=proof(1 / alpha),
        border_value=round(1 / alpha),
        seconds=round(seconds),
        last=[by_name[name][-1] for name in names],
    )


def share_at(weight: int) -> float:
    return SHARE_BOTTOM - (SHARE_BOTTOM - SHARE_TOP) * weight / 100


def stairs(corners: Sequence[tuple[float, float]]) -> str:
    """A step at each change, closed along the bottom."""
    words = [f"M{corners[0][0]:.1f} {SHARE_BOTTOM:.1f}", f"V{corners[0][1]:.1f}"]
    for across, down in corners[1:]:
        words.append(f"H{across:.1f}V{down:.1f}")
    return "".join([*words, f"H{WIDTH - RIGHT if len(corners) == 1 else corners[-1][0]:.1f}V{SHARE_BOTTOM:.1f}Z"])


def joined(corners: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{across:.1f} {down:.1f}" for across, down in corners)
