"""What the routes of people know of a request: who asks, from where, with what browser."""

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Annotated, Any, TypeVar

from litestar import Request
from litestar.datastructures import Cookie, State
from litestar.params import PathParameter

from dure.kit import Forbidden, say
from dure.ledger import Actor, House, Work
from dure.people.caller import Caller
from dure.people.keys import DURE_DEVICE, DURE_SESSION, KNOWN_DAYS
from dure.people.person import BELL
from dure.settings import Settings
from dure.shell import Anonymous

T = TypeVar("T")
By = Request[Caller, None, State]
"""A request by somebody we know: of every route that is not open."""
Open = Request[Caller | Anonymous, None, State]
"""A request by anybody."""
Asked = Request[Any, Any, State]

ID_MAX = 2**31 - 1
Number = Annotated[int, PathParameter(ge=1, le=ID_MAX)]
"""An id in an address. What no database counts up to is refused before one is asked."""

UNKNOWN_ADDRESS = "local"
DAY_SECONDS = 86_400
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def house_of(request: Asked) -> House:
    house = request.app.state["house"]
    assert isinstance(house, House)
    return house


def settings_of(request: Asked) -> Settings:
    settings = request.app.state["settings"]
    assert isinstance(settings, Settings)
    return settings


async def change(request: Asked, actor: Actor, do: Callable[[Work], T]) -> T:
    """Write something that changes who may come in. This house knows it before the answer leaves."""
    house = house_of(request)
    result = await house.write(actor, do)
    house.bell.ring([BELL])
    return result


def at_browser(request: By) -> Caller:
    """Somebody at a browser. Programs have the API, which says what a token may do."""
    caller = request.user
    if caller.token_scopes is not None:
        raise Forbidden(say("This page is for people. Programs use the API under /api/v1."))
    return caller


def person_id_of(caller: Caller) -> int:
    if caller.person_id is None:
        raise Forbidden(say("This token belongs to a project, not to a person."))
    return caller.person_id


def address_of(request: Asked) -> str:
    """Where the request comes from. A proxy is believed only if the settings name it."""
    client = request.scope.get("client")
    address = client[0] if client else UNKNOWN_ADDRESS
    trusted = settings_of(request).trusted_proxies
    if not is_among(address, trusted):
        return address
    passed = [word.strip() for word in request.headers.get("x-forwarded-for", "").split(",") if word.strip()]
    # Each proxy adds who spoke to it on the right, so the first stranger from there is the client.
    return next((hop for hop in reversed(passed) if not is_among(hop, trusted)), address)


def is_among(address: str, trusted: tuple[str, ...]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return address in trusted
    return any(found in ip_network(proxy, strict=False) for proxy in trusted if is_network(proxy))


def is_network(word: str) -> bool:
    try:
        ip_network(word, strict=False)
    except ValueError:
        return False
    return True


def device_of(request: Asked) -> str:
    return device_named(request.headers.get("user-agent", ""))


def device_named(agent: str) -> str:
    """A browser as its owner would call it: "Firefox, Linux"."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    first_word = re.sub(r"[^\w ./+-]", "", agent.split(" ", maxsplit=1)[0])[:40]
    return ", ".join(word for word in (browser, system) if word) or first_word or "?"


def session_cookie(settings: Settings, secret: str) -> Cookie:
    return kept(settings, DURE_SESSION, secret, settings.session_days * DAY_SECONDS)


def device_cookie(settings: Settings, secret: str) -> Cookie:
    return kept(settings, DURE_DEVICE, secret, KNOWN_DAYS * DAY_SECONDS)


def no_session_cookie(settings: Settings) -> Cookie:
    return kept(settings, DURE_SESSION, "", 0)


def kept(settings: Settings, name: str, value: str, seconds: int) -> Cookie:
    """A cookie that no script reads, that no other site's post carries, and that never travels in the clear
    where people come by https."""
    secure = settings.url.startswith("https://")
    return Cookie(name, value=value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=secure)
