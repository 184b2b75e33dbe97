"""The graph of a run's jobs as a picture: a column for each step of what needs what, lines from needs to needers.

Pure: from rows to places on a field. The page makes an SVG of it, which needs no style of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dure.build.run import Job
from dure.build.shown.words import state_words
from dure.kit import Text, say_count

WIDTH, HEIGHT, ACROSS, DOWN, EDGE, FRAME = 210, 50, 64, 14, 10, 6
BESIDE_MAX = 12
"""A matrix of more jobs than this is drawn as one box; the list below has them all."""
NAME_CHARACTERS = 24
WORST = ("failure", "running", "calling", "queued", "offered", "held", "waiting", "cancelled", "success", "skipped")


@dataclass(frozen=True)
class Node:
    """One job, or all of one matrix."""

    x: int
    y: int
    name: str
    whole: str
    state: str
    colour: str
    url: str
    note: Text | None
    seconds: float | None


@dataclass(frozen=True)
class Graph:
    width: int
    height: int
    nodes: tuple[Node, ...]
    lines: tuple[str, ...]
    """SVG paths."""
    frames: tuple[tuple[int, int, int, int], ...]
    """Round the jobs of one matrix: x, y, width, height."""
    node_width: int = WIDTH
    node_height: int = HEIGHT


def drawn(jobs: Sequence[Job], base: str) -> Graph:
    """The picture. `base` is the address under which each job has its page."""
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        groups.setdefault(group_of(job), []).append(job)
    needs = wanted_by(groups)
    columns: dict[int, list[str]] = {}
    for name in groups:
        columns.setdefault(depth(name, needs), []).append(name)
    nodes: list[Node] = []
    spans: dict[str, tuple[int, int, int]] = {}
    for column, names in sorted(columns.items()):
        x, y = EDGE + column * (WIDTH + ACROSS), EDGE
        for name in names:
            first = y
            for node in boxes(groups[name], x, y, base):
                nodes.append(node)
                y += HEIGHT + DOWN
            spans[name] = (x, first, y - DOWN)
    lines = [line(spans[need], spans[name]) for name, wanted in needs.items() for need in reduced(wanted, needs)]
    height = max((node.y + HEIGHT for node in nodes), default=0) + EDGE
    width = EDGE * 2 + len(columns) * WIDTH + max(len(columns) - 1, 0) * ACROSS
    frames = [
        (x - FRAME, first - FRAME, WIDTH + 2 * FRAME, last - first + 2 * FRAME)
        for x, first, last in spans.values()
        if last - first > HEIGHT
    ]
    return Graph(width, height, tuple(nodes), tuple(lines), tuple(frames))


def group_of(job: Job) -> str:
    """Those of one matrix in one called workflow are drawn together."""
    return f"{job.parent_id or ''}/{job.job}"


def wanted_by(groups: Mapping[str, Sequence[Job]]) -> dict[str, list[str]]:
    """Which groups each of them needs."""
    return {
        name: [need for need in (f"{rows[0].parent_id or ''}/{word}" for word in rows[0].needed) if need in groups]
        for name, rows in groups.items()
    }


def depth(name: str, needs: Mapping[str, Sequence[str]]) -> int:
    """How many have to go before. The reader of workflows lets no circle in."""
    return 1 + max((depth(need, needs) for need in needs[name]), default=-1)


def reduced(wanted: Sequence[str], needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Only needs that do not follow from other needs are drawn: the fewer lines, the more they say."""
    return [need for need in wanted if not any(need in all_before(other, needs) for other in wanted if other != need)]


def all_before(name: str, needs: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    for need in needs[name]:
        found |= {need, *all_before(need, needs)}
    return found


def boxes(rows: Sequence[Job], x: int, y: int, base: str) -> list[Node]:
    if len(rows) <= BESIDE_MAX:
        return [box(job, x, y + place * (HEIGHT + DOWN), base) for place, job in enumerate(rows)]
    state = min((job.state for job in rows), key=WORST.index)
    over = sum(job.is_over for job in rows)
    note = say_count("{over} of {count} job over", "{over} of {count} jobs over", len(rows), over=over)
    name = rows[0].job
    return [Node(x, y, shortened(name), name, state, state_words(state)[1], f"#job-{rows[0].id}", note, None)]


def box(job: Job, x: int, y: int, base: str) -> Node:
    word, colour = state_words(job.state)
    return Node(x, y, shortened(job.name), job.name, job.state, colour, f"{base}/{job.id}", word, job.seconds)


def shortened(name: str) -> str:
    return name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"


def line(start: tuple[int, int, int], end: tuple[int, int, int]) -> str:
    """From the middle of the right side of one box to the middle of the left side of another."""
    x1, y1 = start[0] + WIDTH, (start[1] + start[2]) // 2
    x2, y2 = end[0], (end[1] + end[2]) // 2
    bend = (x1 + x2) // 2
    return f"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}"
