"""The picture of a run's jobs: places on a field, counted out."""

import re
from collections.abc import Iterator

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from dure.build.run import Job
from dure.build.shown import Graph, drawn
from dure.build.shown.graph import FRAME, HEIGHT, WIDTH


def row(number: int, job: str, *needs: str, name: str = "", parent: int | None = None, state: str = "success") -> Job:
    made = Job(run_id=1, project_id=1, job=job, key=f"{number}", name=name or job, position=number, parent_id=parent)
    made.id, made.state, made.needs = number, state, msgspec.json.encode(needs).decode()
    return made


def places(graph: Graph) -> dict[str, tuple[int, int]]:
    return {node.whole: (node.x, node.y) for node in graph.nodes}


def test_what_needs_something_stands_to_the_right_of_it() -> None:
    graph = drawn([row(1, "a"), row(2, "b", "a"), row(3, "c"), row(4, "d", "a", "b", "c")], "/x")
    assert places(graph) == {"a": (10, 10), "b": (284, 10), "c": (10, 74), "d": (558, 10)}
    assert len(graph.lines) == 3
    assert (graph.width, graph.height, graph.frames) == (778, 134, ())


def test_a_called_workflow_has_a_frame_where_its_caller_would_stand() -> None:
    rows = [
        row(1, "first"),
        row(2, "call", "first", state="calling"),
        row(3, "last", "call"),
        row(4, "build", name="call / build", parent=2),
        row(5, "test", "build", name="call / test", parent=2),
        row(6, "beside", "first"),
    ]
    graph = drawn(rows, "/x")
    assert places(graph) == {
        "first": (10, 10),
        "beside": (284, 10),
        "call / build": (284, 98),
        "call / test": (558, 98),
        "last": (832, 10),
    }
    (frame,) = graph.frames
    assert (frame.name, frame.x, frame.y, frame.width, frame.height) == ("call", 278, 92, 496, 62)
    assert [node.name for node in graph.nodes if node.whole == "call / test"] == ["test"]
    assert len(graph.lines) == 4
    # From the frame of what was called to the job of its caller that needs it.
    assert f"M{frame.x + frame.width} 123C803 123 803 35 832 35" in graph.lines
    assert graph.columns[1][1][0] == 24


def test_a_matrix_has_a_frame_and_a_large_one_is_one_box() -> None:
    few = drawn([row(n, "t", name=f"t (ubuntu-24.04-of-some-kind, {n})") for n in range(1, 4)], "/x")
    assert [each.name for each in few.nodes] == [f"ubuntu-24.04-…ind, {n}" for n in (1, 2, 3)]
    assert [(each.name, each.height) for each in few.frames] == [("t", 190)]
    named = drawn([row(n, "t", name=f"Test {n}") for n in range(1, 4)], "/x")
    assert [each.name for each in named.nodes] == ["Test 1", "Test 2", "Test 3"]
    assert [each.name for each in named.frames] == [""]
    states = ["success"] * 200 + ["failure"] * 2 + ["running"] * 54
    many = drawn([row(n, "t", name=f"t ({n})", state=state) for n, state in enumerate(states)], "/x")
    (node,) = many.nodes
    assert (node.whole, node.url, node.colour) == ("t", "#job-200", "bad")
    assert str(node.note) == "202 of 256 over, 2 failed"
    assert node.shares == (("bad", 0, 3), ("good", 3, 125), ("busy", 128, 33))
    assert drawn([], "/x").columns == []


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_line_crosses_a_box_or_the_frame_of_a_matrix(data: st.DataObject) -> None:
    rows: list[Job] = []
    for number in range(data.draw(st.integers(2, 8))):
        needs = data.draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        for place in range(data.draw(st.integers(1, 3))):
            names = [f"j{need}" for need in sorted(needs)]
            rows.append(row(len(rows) + 1, f"j{number}", *names, name=f"j{number} ({place})"))
        if data.draw(st.booleans()):
            caller = rows[-1].id
            rows += [row(len(rows) + each, "abc"[each - 1], *"ab"[: each - 1], parent=caller) for each in (1, 2)]
    graph = drawn(rows, "/x")
    wide = [frame for frame in graph.frames if frame.width > WIDTH + 2 * FRAME]
    narrow = [frame for frame in graph.frames if frame not in wide]
    for line in graph.lines:
        walked = list(points(line))
        for node in graph.nodes:
            assert not any(inside(at, node.x, node.y, WIDTH, HEIGHT) for at in walked), (line, node)
        for frame in narrow:
            within = {inside(at, frame.x, frame.y, frame.width, frame.height) for at in walked[1:-1]}
            assert True not in within, (line, frame)


def inside(at: tuple[float, float], x: float, y: float, width: float, height: float) -> bool:
    return x + 0.5 < at[0] < x + width - 0.5 and y + 0.5 < at[1] < y + height - 0.5


def points(path: str) -> Iterator[tuple[float, float]]:
    """Where a line passes, a few steps from each other."""
    x = y = 0.0
    for word, said in re.findall(r"([MHC])([^MHC]+)", path):
        numbers = [float(each) for each in said.split()]
        steps = [each / 20 for each in range(21)]
        if word == "C":
            x1, _, x2, _, x3, y3 = numbers
            for t in steps:
                s = 1 - t
                there = s**3 * x + 3 * s * s * t * x1 + 3 * s * t * t * x2 + t**3 * x3
                yield there, (s**3 + 3 * s * s * t) * y + (3 * s * t * t + t**3) * y3
            x, y = x3, y3
        elif word == "H":
            yield from ((x + t * (numbers[0] - x), y) for t in steps)
            x = numbers[0]
        else:
            x, y = numbers
            yield x, y
