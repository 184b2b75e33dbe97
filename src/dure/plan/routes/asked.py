"""What the routes of plan know of a request, and how they say things over the API."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from litestar import Request
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, PathParameter, QueryParameter

from dure.kit import Invalid, say
from dure.ledger import House, Work
from dure.people import Caller
from dure.plan.issue import Issue, find_issue
from dure.plan.project import Project, find_project
from dure.wire import Refusal

By = Request[Caller, None, State]
"""A request by somebody we know; nobody else gets as far as here."""

Name = FromPath[str]
"""A part of the address of a page. One that cannot be a name leads nowhere."""
INT_MAX = 2**31 - 1
ENTRY_MAX = 2**53
Number = Annotated[int, PathParameter(ge=1, le=INT_MAX)]
Slug = Annotated[str, PathParameter(min_length=1, max_length=40)]
Limit = Annotated[int, QueryParameter(ge=1, le=100, description="How many at most.")]
After = Annotated[int, QueryParameter(ge=0, le=ENTRY_MAX, description="The id after which to go on.")]
Query = Annotated[
    str,
    QueryParameter(
        max_length=300,
        description='A filter: is:open label:bug -label:later assignee:me author:ada milestone:"1.0" mentions:me '
        'no:label sort:updated "exact words" and any other words.',
    ),
]
Place = Annotated[str, QueryParameter(max_length=60, description="The cursor that the page before gave.")]

CLOSED = {
    400: "The request could not be read.",
    401: "No token, or one that is good for nothing any more.",
    403: "Your role or the token is not enough.",
    404: "There is no such thing, or you may not know of it.",
    409: "A rule says no; the sentence says which.",
    422: "Words that cannot be used, by field.",
}


T = TypeVar("T")


async def read(request: By, owner: str, name: str, do: Callable[[Work, Project], T]) -> T:
    """Read in the project at this address."""
    return await house_of(request).read(request.user, lambda work: do(work, find_project(work, f"{owner}/{name}")))


async def write(request: By, owner: str, name: str, do: Callable[[Work, Project], T]) -> T:
    """Change something in the project at this address."""
    return await house_of(request).write(request.user, lambda work: do(work, find_project(work, f"{owner}/{name}")))


async def read_issue(request: By, owner: str, name: str, number: int, do: Callable[[Work, Project, Issue], T]) -> T:
    """Read about the issue with this number."""
    return await read(request, owner, name, lambda work, project: do(work, project, find_issue(work, project, number)))


async def change(request: By, owner: str, name: str, number: int, do: Callable[[Work, Project, Issue], T]) -> T:
    """Change the issue with this number; nobody else changes it meanwhile."""
    return await write(
        request, owner, name, lambda work, project: do(work, project, find_issue(work, project, number, to_change=True))
    )


def house_of(request: Request[Any, Any, State]) -> House:
    house = request.app.state["house"]
    assert isinstance(house, House)
    return house


def refusals(*statuses: int, more: Mapping[int, str] | None = None) -> dict[int, ResponseSpec]:
    """The ways an address may say no, for the description of the API."""
    told = {status: CLOSED[status] for status in (400, 401, 403, 404, *statuses)} | dict(more or {})
    return {
        status: ResponseSpec(data_container=Refusal, description=words, generate_examples=False)
        for status, words in told.items()
    }


def number_in(word: str | None) -> int | None:
    """A number from an address typed or followed on a page."""
    if not word:
        return None
    if not (word.isascii() and word.isdigit() and len(word) < 17):
        raise Invalid({"before": say("A number is needed here.")})
    return int(word)
