"""`needs:`, which job waits for which."""

from collections.abc import Iterator, Mapping

from dure.kit import say
from dure.workflow.lint.desk import Desk
from dure.workflow.lint.finding import meant
from dure.workflow.lint.reading.fields import Entry
from dure.workflow.lint.source import Node


def check_needs(desk: Desk, jobs: Mapping[str, Entry], needs: Mapping[str, list[Node]]) -> None:
    graph: dict[str, list[str]] = {}
    for name, wanted in needs.items():
        graph[name] = []
        for need in wanted:
            other = need.text.lower()
            if other in graph[name]:
                desk.note("job-needs", need, say("`{name}` stands here twice.", name=need.text))
            elif other not in jobs:
                unknown = say(
                    "`{job}` needs `{name}`, and there is no such job. {meant}",
                    job=jobs[name].key.text,
                    name=need.text,
                    meant=meant(need.text, list(jobs)),
                )
                desk.note("job-needs", jobs[name].key, unknown)
            else:
                graph[name].append(other)
    check_circles(desk, jobs, graph)


def check_circles(desk: Desk, jobs: Mapping[str, Entry], graph: Mapping[str, list[str]]) -> None:
    """Jobs that wait for each other wait for ever. A circle is told at its first job in the file."""
    order = list(graph)
    for circle in circles(graph):
        first = min(range(len(circle)), key=lambda place: order.index(circle[place]))
        turned = [*circle[first:], *circle[: first + 1]]
        shown = " → ".join(jobs[name].key.text for name in turned)
        desk.note("job-needs", jobs[turned[0]].key, say("These jobs wait for each other: {jobs}.", jobs=shown))


def circles(graph: Mapping[str, list[str]]) -> Iterator[list[str]]:
    """At least one circle of every knot. Each job is gone through once."""
    done: set[str] = set()
    for start in graph:
        way: dict[str, Iterator[str]] = {}
        if start not in done:
            way[start] = iter(graph[start])
        while way:
            here = next(reversed(way))
            need = next(way[here], None)
            if need is None:
                del way[here]
                done.add(here)
            elif need in way:
                names = list(way)
                yield names[names.index(need) :]
            elif need not in done:
                way[need] = iter(graph[need])
