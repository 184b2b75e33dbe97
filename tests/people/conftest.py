"""People and policy behind a web frame of their own, without the rooms that come after them."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State

from dure import people
from dure.ledger import HOUSE, House, Stream, Work
from dure.people import Person, make_account
from dure.people import routes as people_routes
from dure.people.keys import Hasher, set_password
from dure.policy import routes as policy_routes
from dure.settings import Settings
from dure.shell import Assets, Frame, Guard, problems
from dure.shell import routes as shell_routes
from tests.parts.served import served

PASSWORD = "seven brown ducks"
HASHED = Hasher().hash_now(PASSWORD)
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Not used on this machine. It saves each browser reading all authorities there are."""

Open = Callable[..., httpx.Client]


def put_together(house: House, settings: Settings) -> Guard:
    frame = Frame(
        pages={"people": Path(str(people.__file__)).parent / "pages"},
        assets=Assets.load(),
        places=people_routes.places,
        remember=people_routes.remember,
    )
    stream = Stream(house)
    app = Litestar(
        route_handlers=[*shell_routes.handlers, *people_routes.handlers, *policy_routes.handlers],
        middleware=[people_routes.Authentication(house, settings)],
        exception_handlers=problems(),
        state=State({"house": house, "frame": frame, "settings": settings, "stream": stream}),
        on_startup=[stream.start],
        on_shutdown=[stream.stop],
    )
    return Guard(app, public_url=settings.public_url or None)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
def address(house: House, settings: Settings) -> Iterator[str]:
    """Where the house answers, over real HTTP."""
    with served(put_together(house, settings)) as address:
        yield address


@pytest.fixture
def browser(address: str) -> Iterator[Open]:
    """Opens browsers, each with cookies of its own. With a token, a program instead."""
    with ExitStack() as stack:

        def open_browser(token: str | None = None) -> httpx.Client:
            return stack.enter_context(browser_at(address, token))

        yield open_browser


@contextmanager
def browser_at(address: str, token: str | None = None) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {token}"} if token else {"Origin": address, "User-Agent": "Firefox on Linux"}
    with httpx.Client(base_url=address, headers=headers, timeout=30, verify=NO_TLS) as client:
        yield client


def account(house: House, handle: str, *, admin: bool = False) -> Person:
    def make(work: Work) -> Person:
        made = make_account(work, handle=handle, name=handle.title(), admin=admin)
        return set_password(work, made.id, HASHED)

    return house.write_now(HOUSE, make)


@pytest.fixture
def ada(house: House) -> Person:
    """An admin."""
    return account(house, "ada", admin=True)


@pytest.fixture
def ben(house: House) -> Person:
    """Nobody in particular."""
    return account(house, "ben")


def sign_in(client: httpx.Client, handle: str, password: str = PASSWORD) -> httpx.Response:
    """Through the page, as people do."""
    return client.post("/sign-in", data={"handle": handle, "password": password})
