"""The Loop: a figure of eight with the eight stages on it, each showing what is in it now.

The line is drawn here; the stages are a plain list of links laid over it by the style sheet, so that their words
stay readable at every width and are just a list to whoever does not see the figure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import atan2, cos, degrees, hypot, pi, sin
from typing import NamedTuple

from dure.kit import Text, say

NAMES = ("plan", "code", "build", "test", "release", "deploy", "operate", "monitor")
STATES = ("quiet", "idle", "good", "busy", "waiting", "bad")
SAMPLES = 1600
CURVES_PER_STAGE = 4
BRIDGE = 0.07
"""How far, in t, the upper strand is drawn once more on each side of the crossing."""


@dataclass(frozen=True)
class Stage:
    """One stage: what it is called, where it leads, how much is in it, and how it fares.

    quiet    the room is not built or not used      busy     something moves in it
    idle     nothing to do                          waiting  somebody must decide
    good     all is well                            bad      something failed
    """

    name: str
    label: Text
    url: str | None = None
    count: int | None = None
    state: str = "quiet"
    note: Text | None = None


def whole_loop(stages: Iterable[Stage]) -> list[Stage]:
    """All eight in order. Those that nobody spoke for are there too, quietly."""
    told = {stage.name: stage for stage in stages}
    return [told.get(name) or Stage(name, label, note=say("not yet")) for name, label in labels().items()]


def labels() -> dict[str, Text]:
    return {
        "plan": say("Plan"),
        "code": say("Code"),
        "build": say("Build"),
        "test": say("Test"),
        "release": say("Release"),
        "deploy": say("Deploy"),
        "operate": say("Operate"),
        "monitor": say("Monitor"),
    }


class Eight(NamedTuple):
    """The curve x = -a sin t, y = -b sin 2t round a middle, standing up or lying down."""

    width: float
    height: float
    reach: float
    rise: float
    upright: bool = False

    def at(self, t: float) -> tuple[float, float]:
        along, across = -self.reach * sin(t), -self.rise * sin(2 * t)
        return self.placed(along, across)

    def slope(self, t: float) -> tuple[float, float]:
        along, across = -self.reach * cos(t), -2 * self.rise * cos(2 * t)
        x, y = self.placed(along, across)
        return x - self.width / 2, y - self.height / 2

    def placed(self, along: float, across: float) -> tuple[float, float]:
        if self.upright:
            return self.width / 2 + across, self.height / 2 + along
        return self.width / 2 + along, self.height / 2 + across


LYING = Eight(720, 268, 300, 88)
STANDING = Eight(320, 452, 186, 92, upright=True)


class Figure(NamedTuple):
    """The line as SVG paths: the whole of it, one arc for each stage, and arrows where one stage hands over."""

    width: float
    height: float
    whole: str
    arcs: tuple[str, ...]
    spots: tuple[tuple[float, float], ...]
    arrows: tuple[tuple[float, float, float], ...]
    bridge: tuple[str, str]
    """The two ends of the strand that passes over the other in the middle."""


@cache
def figure(eight: Eight) -> Figure:
    steps = evenly(eight, len(NAMES) * CURVES_PER_STAGE * 2)
    per_stage = CURVES_PER_STAGE * 2
    arcs = tuple(path(eight, steps[i * per_stage : (i + 1) * per_stage + 1]) for i in range(len(NAMES)))
    spots = tuple(eight.at(steps[i * per_stage + CURVES_PER_STAGE]) for i in range(len(NAMES)))
    arrows = tuple((*eight.at(steps[i * per_stage]), turn(eight, steps[i * per_stage])) for i in range(len(NAMES)))
    middle = steps[len(NAMES) // 2 * per_stage]
    bridge = (path(eight, [middle - BRIDGE, middle]), path(eight, [middle, middle + BRIDGE]))
    return Figure(eight.width, eight.height, path(eight, steps), arcs, spots, arrows, bridge)


def evenly(eight: Eight, pieces: int) -> list[float]:
    """Values of t that cut the curve into pieces of one length, so that the stages stand evenly."""
    ts = [2 * pi * i / SAMPLES for i in range(SAMPLES + 1)]
    lengths = [0.0]
    for before, after in pairwise(ts):
        (x1, y1), (x2, y2) = eight.at(before), eight.at(after)
        lengths.append(lengths[-1] + hypot(x2 - x1, y2 - y1))
    cuts, place = [0.0], 0
    for piece in range(1, pieces):
        wanted = lengths[-1] * piece / pieces
        while lengths[place + 1] < wanted:
            place += 1
        share = (wanted - lengths[place]) / (lengths[place + 1] - lengths[place])
        cuts.append(ts[place] + share * (ts[place + 1] - ts[place]))
    return [*cuts, 2 * pi]


def path(eight: Eight, ts: list[float]) -> str:
    """Cubic curves through these points with the true slope at each: no corner can be seen."""
    x, y = eight.at(ts[0])
    words = [f"M{x:.1f} {y:.1f}"]
    for start, end in pairwise(ts):
        third = (end - start) / 3
        (x1, y1), (x2, y2) = eight.at(start), eight.at(end)
        (dx1, dy1), (dx2, dy2) = eight.slope(start), eight.slope(end)
        points = ((x1 + dx1 * third, y1 + dy1 * third), (x2 - dx2 * third, y2 - dy2 * third), (x2, y2))
        words.append("C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in points))
    return "".join(words)


def turn(eight: Eight, t: float) -> float:
    """Which way the line runs here, in degrees as SVG counts them."""
    dx, dy = eight.slope(t)
    return round(degrees(atan2(dy, dx)), 1)
