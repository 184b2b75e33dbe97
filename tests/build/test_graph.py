"""The picture of a run's jobs: places on a field, counted out."""

import msgspec

from dure.build.run import Job
from dure.build.shown import Graph, drawn


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
        "call / build": (284, 34),
        "call / test": (558, 34),
        "last": (832, 10),
        "beside": (284, 98),
    }
    (frame,) = graph.frames
    assert (frame.name, frame.x, frame.y, frame.width, frame.height) == ("call", 278, 28, 496, 62)
    assert [node.name for node in graph.nodes if node.whole == "call / test"] == ["test"]
    assert len(graph.lines) == 4
    assert graph.columns[1][0][0] == 24


def test_a_matrix_has_a_frame_and_a_large_one_is_one_box() -> None:
    few = drawn([row(n, "t", name=f"t ({n})") for n in range(1, 4)], "/x")
    assert len(few.nodes) == 3
    assert [(each.name, each.height) for each in few.frames] == [("", 190)]
    many = drawn([row(n, "t", name=f"t ({n})") for n in range(1, 200)], "/x")
    assert [(each.whole, each.url) for each in many.nodes] == [("t", "#job-1")]
    assert drawn([], "/x").columns == []
