"""The graph of a run's jobs as a picture: a column for each step of what needs what, lines from needs to needers.

The jobs of a called workflow stand in a frame with the name of the job that calls it; those of one matrix in a frame
without a name. Pure: from rows to places on a field. The page makes an SVG of it, which needs no style of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dure.build.run import Job
from dure.build.shown.words import state_words
from dure.kit import Text, say_count

WIDTH, HEIGHT, ACROSS, DOWN, EDGE, FRAME = 210, 50, 64, 14, 10, 6
HEADING = 24
"""Above a frame with a name."""
BESIDE_MAX = 12
"""A matrix of more jobs than this is drawn as one box; the list below has them all."""
NAME_CHARACTERS = 24
HEADING_CHARACTERS = 40
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
class Frame:
    """Round the jobs of one matrix, or of a workflow that is called."""

    x: int
    y: int
    width: int
    height: int
    name: str = ""


@dataclass(frozen=True)
class Graph:
    width: int
    height: int
    nodes: tuple[Node, ...]
    lines: tuple[str, ...]
    """SVG paths."""
    frames: tuple[Frame, ...]

    @property
    def columns(self) -> list[list[tuple[int, Node]]]:
        """The boxes of each column from top to bottom, each with the empty height above it."""
        found: list[list[tuple[int, Node]]] = []
        for x in sorted({node.x for node in self.nodes}):
            y, column = EDGE, []
            for node in sorted((node for node in self.nodes if node.x == x), key=lambda node: node.y):
                column.append((node.y - y, node))
                y = node.y + HEIGHT + DOWN
            found.append(column)
        return found


def drawn(jobs: Sequence[Job], base: str) -> Graph:
    """The picture. `base` is the address under which each job has its page."""
    children: dict[int | None, list[Job]] = {}
    for job in jobs:
        children.setdefault(job.parent_id, []).append(job)
    sheet = Sheet(base, children, {job.id: f"{job.name} / " for job in jobs})
    bottom = sheet.put(None, 0, EDGE)
    columns = sheet.columns_of(None)
    width = EDGE * 2 + columns * WIDTH + max(columns - 1, 0) * ACROSS
    return Graph(width, bottom + EDGE, tuple(sheet.nodes), tuple(sheet.lines), tuple(sheet.frames))


@dataclass
class Sheet:
    """What the picture is drawn on: one workflow after the other, each where its caller would stand."""

    base: str
    children: Mapping[int | None, Sequence[Job]]
    """The jobs of each called workflow by the job that calls it, and under None those of the first."""
    callers: Mapping[int | None, str]
    """What the names of those jobs begin with; their frame says it for all of them."""
    nodes: list[Node] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def groups(self, parent: int | None) -> dict[str, list[Job]]:
        """The jobs of one workflow; those of one matrix are drawn together."""
        found: dict[str, list[Job]] = {}
        for job in self.children.get(parent, ()):
            found.setdefault(job.job, []).append(job)
        return found

    def columns_of(self, parent: int | None) -> int:
        return max((last + 1 for _first, last in self.spans(parent).values()), default=0)

    def spans(self, parent: int | None) -> dict[str, tuple[int, int]]:
        """For each group its first and its last column, counted from where its workflow begins."""
        groups, found = self.groups(parent), dict[str, tuple[int, int]]()

        def span(name: str) -> tuple[int, int]:
            if name not in found:
                first = 1 + max((span(need)[1] for need in needs_of(groups, name)), default=-1)
                wide = max(max(self.columns_of(job.id), 1) for job in groups[name])
                found[name] = first, first + wide - 1
            return found[name]

        for name in groups:
            span(name)
        return found

    def put(self, parent: int | None, column: int, top: int) -> int:
        """Draw one workflow from this column and height on; where it ends below."""
        groups, spans = self.groups(parent), self.spans(parent)
        needs = {name: needs_of(groups, name) for name in groups}
        floors: dict[int, int] = {}
        places: dict[str, tuple[int, int, int]] = {}
        for name in sorted(groups, key=lambda name: spans[name][0]):
            first, last = spans[name]
            under = range(first, last + 1)
            y = max(floors.get(each, top) for each in under)
            end = self.put_group(groups[name], column + first, last - first + 1, y)
            places[name] = column + first, column + last, (y + end) // 2
            floors |= dict.fromkeys(under, end + DOWN)
        for name, wanted in needs.items():
            self.lines += [line(places[need], places[name]) for need in reduced(wanted, needs)]
        return max((floor - DOWN for floor in floors.values()), default=top)

    def put_group(self, rows: Sequence[Job], column: int, columns: int, top: int) -> int:
        """Draw one job, or those of one matrix below each other; where they end below."""
        x = x_of(column)
        if len(rows) > BESIDE_MAX:
            self.nodes.append(together(rows, x, top))
            return top + HEIGHT
        y = top
        for job in rows:
            y = self.put_job(job, column, y) + DOWN
        if len(rows) > 1:
            self.frames.append(framed(column, columns, top, y - DOWN))
        return y - DOWN

    def put_job(self, job: Job, column: int, top: int) -> int:
        if job.id not in self.children:
            self.nodes.append(self.box(job, x_of(column), top))
            return top + HEIGHT
        end = self.put(job.id, column, top + HEADING)
        name = shortened(self.own_name(job), HEADING_CHARACTERS)
        self.frames.append(framed(column, self.columns_of(job.id), top + HEADING, end, name))
        return end

    def own_name(self, job: Job) -> str:
        return job.name.removeprefix(self.callers.get(job.parent_id, ""))

    def box(self, job: Job, x: int, y: int) -> Node:
        word, colour = state_words(job.state)
        name = shortened(self.own_name(job))
        return Node(x, y, name, job.name, job.state, colour, f"{self.base}/{job.id}", word, job.seconds)


def needs_of(groups: Mapping[str, Sequence[Job]], name: str) -> list[str]:
    """Which groups beside it this one needs. The reader of workflows lets no circle in."""
    return [need for need in groups[name][0].needed if need in groups]


def reduced(wanted: Sequence[str], needs: Mapping[str, Sequence[str]]) -> list[str]:
    """Only needs that do not follow from other needs are drawn: the fewer lines, the more they say."""
    return [need for need in wanted if not any(need in all_before(other, needs) for other in wanted if other != need)]


def all_before(name: str, needs: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    left = [*needs[name]]
    while left:
        need = left.pop()
        if need not in found:
            found.add(need)
            left += needs[need]
    return found


def together(rows: Sequence[Job], x: int, y: int) -> Node:
    state = min((job.state for job in rows), key=WORST.index)
    over = sum(job.is_over for job in rows)
    note = say_count("{over} of {count} job over", "{over} of {count} jobs over", len(rows), over=over)
    name = rows[0].job
    return Node(x, y, shortened(name), name, state, state_words(state)[1], f"#job-{rows[0].id}", note, None)


def framed(column: int, columns: int, top: int, bottom: int, name: str = "") -> Frame:
    width = columns * WIDTH + (columns - 1) * ACROSS
    return Frame(x_of(column) - FRAME, top - FRAME, width + 2 * FRAME, bottom - top + 2 * FRAME, name)


def x_of(column: int) -> int:
    return EDGE + column * (WIDTH + ACROSS)


def shortened(name: str, characters: int = NAME_CHARACTERS) -> str:
    return name if len(name) <= characters else f"{name[: characters - 1]}…"


def line(start: tuple[int, int, int], end: tuple[int, int, int]) -> str:
    """From the middle of the right side of one group to the middle of the left side of another."""
    (_, column, y1), (other, _, y2) = start, end
    x1, x2 = x_of(column) + WIDTH, x_of(other)
    bend = (x1 + x2) // 2
    return f"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}"
