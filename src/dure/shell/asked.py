"""What the routes of every room know of a request, and how they come to the house."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from litestar import Request
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, PathParameter, QueryParameter

from dure.kit import Invalid, say
from dure.ledger import House, Work
from dure.wire import Refusal

By = Request[Any, None, State]
"""A request by somebody we know; nobody else gets as far as a route that is not marked open."""

Name = FromPath[str]
"""A part of the address of a page. One that cannot be a name leads nowhere."""
INT_MAX = 2**31 - 1
ENTRY_MAX = 2**53
Number = Annotated[int, PathParameter(ge=1, le=INT_MAX)]
Slug = Annotated[str, PathParameter(min_length=1, max_length=40)]
Limit = Annotated[int, QueryParameter(ge=1, le=100, description="How many at most.")]
After = Annotated[int, QueryParameter(ge=0, le=ENTRY_MAX, description="The id after which to go on.")]

CLOSED = {
    400: "The request could not be read.",
    401: "No token, or one that is good for nothing any more.",
    403: "Your role or the token is not enough.",
    404: "There is no such thing, or you may not know of it.",
    409: "A rule says no; the sentence says which.",
    422: "Words that cannot be used, by field.",
}

T = TypeVar("T")


async def read(request: Request[Any, Any, State], do: Callable[[Work], T]) -> T:
    """Read in the name of whoever asks."""
    return await house_of(request).read(request.user, do)


async def write(request: Request[Any, Any, State], do: Callable[[Work], T]) -> T:
    """Change something in the name of whoever asks; it is durable when this returns."""
    return await house_of(request).write(request.user, do)


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
