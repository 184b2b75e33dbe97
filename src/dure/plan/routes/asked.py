"""What the routes of plan know of a request, and how they say things over the API."""

from collections.abc import Callable
from typing import Annotated, TypeVar

from litestar.params import QueryParameter

from dure import shell
from dure.ledger import Work
from dure.plan.issue import Issue, find_issue
from dure.plan.project import Project, in_project
from dure.shell import After, By, Limit, Name, Number, Slug, house_of, number_in, refusals

__all__ = [
    "After",
    "By",
    "Limit",
    "Name",
    "Number",
    "Place",
    "Query",
    "Slug",
    "change",
    "house_of",
    "number_in",
    "read",
    "read_issue",
    "refusals",
    "write",
]

Query = Annotated[
    str,
    QueryParameter(
        max_length=300,
        description='A filter: is:open label:bug -label:later assignee:me author:ada milestone:"1.0" mentions:me '
        'no:label sort:updated "exact words" and any other words.',
    ),
]
Place = Annotated[str, QueryParameter(max_length=60, description="The cursor that the page before gave.")]

T = TypeVar("T")


async def read(request: By, owner: str, name: str, do: Callable[[Work, Project], T]) -> T:
    """Read in the project at this address."""
    return await shell.read(request, in_project(owner, name, do))


async def write(request: By, owner: str, name: str, do: Callable[[Work, Project], T]) -> T:
    """Change something in the project at this address."""
    return await shell.write(request, in_project(owner, name, do))


async def read_issue(request: By, owner: str, name: str, number: int, do: Callable[[Work, Project, Issue], T]) -> T:
    """Read about the issue with this number."""
    return await read(request, owner, name, lambda work, project: do(work, project, find_issue(work, project, number)))


async def change(request: By, owner: str, name: str, number: int, do: Callable[[Work, Project, Issue], T]) -> T:
    """Change the issue with this number; nobody else changes it meanwhile."""
    return await write(
        request, owner, name, lambda work, project: do(work, project, find_issue(work, project, number, to_change=True))
    )
