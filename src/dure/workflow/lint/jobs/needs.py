"""`needs:`, which job waits for which."""

from collections.abc import Mapping

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
    """Jobs that wait for each other wait for ever. Each circle is told once, at its first job in the file."""
    told: set[str] = set()
    for name in graph:
        if name in told:
            continue
        circle = way_back(graph, name)
        if circle:
            told.update(circle)
            shown = " → ".join(jobs[one].key.text for one in [*circle, name])
            desk.note("job-needs", jobs[name].key, say("These jobs wait for each other: {jobs}.", jobs=shown))


def way_back(graph: Mapping[str, list[str]], start: str) -> list[str]:
    """The jobs on a way from one back to itself, or none."""
    before: dict[str, str | None] = {start: None}
    left = [start]
    while left:
        here = left.pop()
        for need in graph[here]:
            if need == start:
                way: list[str] = []
                place: str | None = here
                while place is not None:
                    way.append(place)
                    place = before[place]
                return way[::-1]
            if need not in before:
                before[need] = here
                left.append(need)
    return []
