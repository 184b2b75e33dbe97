"""The graph of a run's jobs as a picture: a column for each step of what needs what, lines from needs to needers.

The jobs of a called workflow, and those of one matrix, stand in a frame with the name of the job in the file. Pure:
from rows to places on a field. The page makes an SVG of it, which needs no style of its own.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dure.build.run import Job
from dure.build.shown.wires import Spot, wire
from dure.build.shown.words import state_words
from dure.kit import Text, say

WIDTH, HEIGHT, ACROSS, DOWN, EDGE, FRAME = 210, 50, 64, 14, 10, 6
HEADING = 24
"""Above a frame with a name."""
BESIDE_MAX = 12
"""A matrix of more jobs than this is drawn as one box; the list below has them all."""
SHARES = 160
"""How wide the strip is that says how the jobs of a matrix are."""
SHARE_MIN = 3
NAME_CHARACTERS = 20
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
    shares: tuple[tuple[str, int, int], ...] = ()
    """Of a whole matrix, how many of its jobs are how: a colour, where it begins and how wide it is."""


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
        spots: dict[str, Spot] = {}
        # What takes several columns comes below what takes one, so that no line has to get round it between columns.
        for name in sorted(groups, key=lambda name: (spans[name][0] != spans[name][1], spans[name][0])):
            first, last = spans[name]
            under = range(first, last + 1)
            y = max(floors.get(each, top) for each in under)
            spots[name] = self.put_group(groups[name], column + first, last - first + 1, y)
            floors |= dict.fromkeys(under, spots[name].bottom + DOWN)
        edges = {
            each: (x_of(each) - FRAME, x_of(each) + WIDTH + FRAME) for each in range(column + self.columns_of(parent))
        }
        for name, wanted in needs.items():
            these = [spots[need] for need in reduced(wanted, needs)]
            self.lines += [wire(spot, spots[name], [*spots.values()], edges) for spot in these]
        return max((floor - DOWN for floor in floors.values()), default=top)

    def put_group(self, rows: Sequence[Job], column: int, columns: int, top: int) -> Spot:
        """Draw one job, or those of one matrix below each other, and what they take up."""
        if len(rows) == 1 or len(rows) > BESIDE_MAX:
            return self.put_one(rows, column, columns, top)
        prefix = f"{rows[0].job} ("
        is_plain = all(self.own_name(job).startswith(prefix) and job.name.endswith(")") for job in rows)
        name = rows[0].job if is_plain else ""
        first = y = top + (HEADING if name else FRAME)
        for job in rows:
            y = self.put_job(job, column, y, self.own_name(job)[len(prefix) : -1] if is_plain else "").bottom + DOWN
        self.frames.append(framed(column, columns, first, y - DOWN, name))
        return spot_of(column, columns, (top, y - DOWN + FRAME), (first + y - DOWN) // 2, FRAME)

    def put_one(self, rows: Sequence[Job], column: int, columns: int, top: int) -> Spot:
        if len(rows) == 1:
            return self.put_job(rows[0], column, top)
        self.nodes.append(together(rows, x_of(column), top))
        return spot_of(column, columns, (top, top + HEIGHT), top + HEIGHT // 2, 0)

    def put_job(self, job: Job, column: int, top: int, name: str = "") -> Spot:
        """`name`: what tells it from the others of its matrix."""
        if job.id not in self.children:
            self.nodes.append(self.box(job, x_of(column), top, name))
            return spot_of(column, 1, (top, top + HEIGHT), top + HEIGHT // 2, 0)
        first, columns = top + HEADING, self.columns_of(job.id)
        end = self.put(job.id, column, first)
        self.frames.append(framed(column, columns, first, end, name or self.own_name(job)))
        return spot_of(column, columns, (top, end + FRAME), (first + end) // 2, FRAME)

    def own_name(self, job: Job) -> str:
        return job.name.removeprefix(self.callers.get(job.parent_id, ""))

    def box(self, job: Job, x: int, y: int, name: str) -> Node:
        word, colour = state_words(job.state)
        name = shortened(name or self.own_name(job))
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
    """All of a large matrix: how many are over and how, and the way to the first that is worst."""
    worst = min(rows, key=worst_first)
    name, note, colour = rows[0].job, how_many(rows), state_words(worst.state)[1]
    return Node(x, y, shortened(name), name, worst.state, colour, f"#job-{worst.id}", note, None, shares_of(rows))


def worst_first(job: Job) -> int:
    return WORST.index(job.state)


def how_many(rows: Sequence[Job]) -> Text:
    """Of a whole matrix, how far it is."""
    failed = sum(job.state == "failure" for job in rows)
    note = say("{over} of {count} over", over=sum(job.is_over for job in rows), count=len(rows))
    return say("{note}, {count} failed", note=note, count=failed) if failed else note


def shares_of(rows: Sequence[Job]) -> tuple[tuple[str, int, int], ...]:
    """What failed comes first, and is seen even if it is one of a thousand."""
    counted = Counter(state_words(job.state)[1] for job in rows)
    found, x = list[tuple[str, int, int]](), 0
    for colour in ("bad", "good", "busy", "waiting", "quiet"):
        if counted[colour]:
            width = max(counted[colour] * SHARES // len(rows), SHARE_MIN)
            found.append((colour, x, width))
            x += width
    return tuple(found)


def spot_of(column: int, columns: int, heights: tuple[int, int], middle: int, frame: int) -> Spot:
    last = column + columns - 1
    return Spot(column, last, *heights, x_of(column) - frame, x_of(last) + WIDTH + frame, middle)


def framed(column: int, columns: int, top: int, bottom: int, name: str = "") -> Frame:
    width = columns * WIDTH + (columns - 1) * ACROSS
    name = shortened(name, HEADING_CHARACTERS)
    return Frame(x_of(column) - FRAME, top - FRAME, width + 2 * FRAME, bottom - top + 2 * FRAME, name)


def x_of(column: int) -> int:
    return EDGE + column * (WIDTH + ACROSS)


def shortened(name: str, characters: int = NAME_CHARACTERS) -> str:
    """Both ends stay: what tells names from each other is often the last of them."""
    if len(name) <= characters:
        return name
    end = characters // 3
    return f"{name[: characters - end - 1]}…{name[-end:]}"
