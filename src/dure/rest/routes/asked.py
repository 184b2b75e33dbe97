"""What every address of the REST room has in common: who asks for what, and pages of a list."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request, Response, route
from litestar.datastructures import State
from litestar.exceptions import ClientException
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter

from dure.code import Repositories, Repository, repository_of
from dure.kit import Invalid, Missing, say
from dure.ledger import Work
from dure.plan import Project, find_project
from dure.rest.grant import Wanted, acting
from dure.rest.routes.refusing import JSON, field_in
from dure.rest.shapes import Addresses
from dure.rest.ticket import Tickets
from dure.settings import Settings
from dure.shell import house_of
from dure.storage import Blobs
from dure.vault import Keyring

T = TypeVar("T")

Asked = Request[Any, Any, State]
Shape = dict[str, Any]

API = "/api/v3"
REPO = f"{API}/repos/{{owner:str}}/{{repo:str}}"
PER_PAGE, PER_PAGE_MAX = 30, 100
PAGES_MAX = 1_000_000
NUMBER = re.compile(r"[0-9]{1,9}")

Word = Annotated[str, PathParameter(min_length=1, max_length=100)]
Id = Annotated[int, PathParameter(ge=1, le=2**53)]
Text = Annotated[str, QueryParameter(max_length=300)]


Paths = str | list[str]
Handler = Callable[[Callable[..., Awaitable[Any]]], HTTPRouteHandler]


def answers(method: str | list[str], path: Paths, status: int = 200) -> Handler:
    """An address of this room. Whoever asks shows a token as the password of a name, or says what kind it is."""
    return route(
        path,
        http_method=method,  # type: ignore[arg-type]
        status_code=status,
        opt={"open": True, "basic": True},
        include_in_schema=False,
    )


reads = partial(answers, "GET")
makes = partial(answers, "POST", status=201)
does = partial(answers, "POST")
sets = partial(answers, "PUT")
changes = partial(answers, "PATCH")
drops = partial(answers, "DELETE")


async def see(request: Asked, wanted: Wanted, do: Callable[[Work], T]) -> T:
    """Read, where whoever asks may."""
    return await house_of(request).read(acting(request.user, wanted), do)


async def act(request: Asked, wanted: Wanted, do: Callable[[Work], T]) -> T:
    """Change something, where whoever asks may."""
    return await house_of(request).write(acting(request.user, wanted), do)


def within(owner: str, repo: str, do: Callable[[Work, Project], T]) -> Callable[[Work], T]:
    return lambda work: do(work, find_project(work, f"{owner}/{repo}".lower()))


async def repository(request: Asked, owner: str, repo: str, wanted: Wanted) -> tuple[Project, Repository]:
    """The project and its repository, for what is asked of git."""

    def find(work: Work, project: Project) -> tuple[Project, Repository]:
        found = repository_of(work, project)
        if found is None:
            raise Missing
        return project, found

    return await see(request, wanted, within(owner, repo, find))


async def of_git(request: Asked, do: Callable[[Repositories], T]) -> T:
    return await asyncio.to_thread(do, repositories_of(request))


async def resolved(request: Asked, found: Repository, ref: str) -> str:
    """The commit that a branch, a tag or a sha stands for."""
    short = ref.removeprefix("refs/").removeprefix("heads/").removeprefix("tags/") or found.default_branch
    sha = await of_git(request, lambda git: git.resolve(found.id, short))
    if sha is None:
        raise Missing
    return sha


async def body_of(request: Asked, kind: type[T]) -> T:
    """What is sent. Clients say more than we read."""
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=kind)
    except msgspec.ValidationError as error:
        reason = str(error)[:300]
        raise Invalid({field_in(reason): say("The request could not be read: {reason}", reason=reason)}) from error
    except msgspec.DecodeError as error:
        raise ClientException(str(error)) from error


@dataclass(frozen=True)
class Turn:
    """Which page of a list is asked for."""

    page: int
    per_page: int

    @property
    def skip(self) -> int:
        return (self.page - 1) * self.per_page

    @property
    def limit(self) -> int:
        """One more than fits, which tells that there is another page."""
        return self.per_page + 1

    def cut(self, whole: Sequence[T]) -> Sequence[T]:
        return whole[self.skip : self.skip + self.limit]


def turn_of(request: Asked) -> Turn:
    return Turn(number_in(request, "page", 1, PAGES_MAX), number_in(request, "per_page", PER_PAGE, PER_PAGE_MAX))


def number_in(request: Asked, name: str, usual: int, most: int) -> int:
    """What is out of bounds is brought into them, as GitHub does."""
    word = request.query_params.get(name) or str(usual)
    if not NUMBER.fullmatch(word):
        raise Invalid({name: say("It has to be a number.")})
    return min(max(int(word), 1), most)


def paged(
    request: Asked, turn: Turn, found: Sequence[T], total: int | None = None
) -> tuple[Sequence[T], dict[str, str]]:
    """The page of what was found from its start on, and how to come to other pages. The last one is told where it is
    known how many there are."""
    links: dict[str, int] = {}
    last = None if total is None else max(-(-total // turn.per_page), 1)
    if turn.page > 1:
        links["prev"] = turn.page - 1 if last is None else min(turn.page - 1, last)
    if len(found) > turn.per_page:
        links["next"] = turn.page + 1
        links |= {} if last is None else {"last": last}
    if turn.page > 1:
        links["first"] = 1
    told = ", ".join(f'<{at_page(request, page)}>; rel="{rel}"' for rel, page in links.items())
    return found[: turn.per_page], {"Link": told} if told else {}


def listed(request: Asked, turn: Turn, found: Sequence[Any], total: int | None = None) -> Response[Any]:
    """A page as a plain list."""
    some, headers = paged(request, turn, found, total)
    return told(list(some), headers=headers)


def whole_paged(request: Asked, whole: Sequence[Any]) -> Response[Any]:
    """The same of a list that is here as a whole."""
    turn = turn_of(request)
    return listed(request, turn, turn.cut(whole), len(whole))


def at_page(request: Asked, page: int) -> str:
    here = f"{settings_of(request).url}{quote(request.scope['path'])}"
    words = [(n, v) for n, v in request.query_params.multi_items() if n != "page"]
    return f"{here}?{urlencode([*words, ('page', page)])}"


def told(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response[Any]:
    return Response(value, status_code=status, media_type=JSON, headers=headers or {})


def addresses(request: Asked, project: Project) -> Addresses:
    return Addresses(settings_of(request).url, project.path)


def settings_of(request: Asked) -> Settings:
    found = request.app.state["settings"]
    assert isinstance(found, Settings)
    return found


def repositories_of(request: Asked) -> Repositories:
    found = request.app.state["repositories"]
    assert isinstance(found, Repositories)
    return found


def blobs_of(request: Asked) -> Blobs:
    found = request.app.state["blobs"]
    assert isinstance(found, Blobs)
    return found


def tickets_of(request: Asked) -> Tickets:
    keys = request.app.state["keys"]
    assert isinstance(keys, Keyring)
    return Tickets(keys)
