"""Who asks: found out once, before any route runs. A route that nobody may use unknown says nothing to strangers."""

import binascii
from base64 import b64decode

from litestar import Request
from litestar.datastructures import Cookie, Headers, MutableScopeHeaders, State
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from dure.kit import Forbidden, Unauthenticated, say
from dure.ledger import House
from dure.people.caller import Caller
from dure.people.doorkeeper import Doorkeeper
from dure.people.keys import DURE_SESSION, JOB_PREFIX
from dure.people.routes.asked import no_session_cookie, session_cookie
from dure.settings import Settings
from dure.shell import ANONYMOUS

OPEN = ("/assets/", "/favicon.", "/manifest.webmanifest", "/preferences", "/api/openapi.json")
"""Of the shell and the framework, what a page needs before anybody has signed in."""


class Authentication(ASGIMiddleware):
    """Sets `request.user`. Everything is closed to strangers, except routes that are marked `open=True`."""

    scopes = (ScopeType.HTTP, ScopeType.ASGI)

    def __init__(self, house: House, settings: Settings) -> None:
        self.settings = settings
        self.doorkeeper = Doorkeeper(house, settings.session_days)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope["type"] != ScopeType.HTTP:
            await next_app(scope, receive, send)
            return
        headers = Headers.from_scope(scope)
        cookie: Cookie | None = None
        caller: Caller | None = None
        if scope["route_handler"].opt.get("basic"):
            await self.by_password(scope, headers)
            await next_app(scope, receive, send)
            return
        if scope["route_handler"].opt.get("own_keys"):
            # Such a route is open, and itself knows keys of another kind: those of runners.
            scope["user"], scope["auth"] = ANONYMOUS, None
            await next_app(scope, receive, send)
            return
        bearer = bearer_in(headers)
        shown = Request[None, None, State](scope).cookies.get(DURE_SESSION) if bearer is None else None
        if bearer is not None:
            caller = (await self.doorkeeper.by_token(bearer)).caller
            if bearer.startswith(JOB_PREFIX):
                raise Forbidden(ONLY_CODE)
        elif shown:
            known = await self.doorkeeper.by_session(shown)
            if known is None:
                cookie = no_session_cookie(self.settings)
            else:
                caller = known.caller
                cookie = session_cookie(self.settings, known.next_secret) if known.next_secret else None
        scope["user"], scope["auth"] = caller or ANONYMOUS, None
        if caller is None and not is_open(scope):
            raise Unauthenticated(ENDED if shown else say("Please sign in first."))
        await next_app(scope, receive, with_cookie(send, cookie) if cookie else send)

    async def by_password(self, scope: Scope, headers: Headers) -> None:
        """For programs that know only a name and a password: the token is the password, the name does not matter.

        Such a route is open and says no in its own way: `request.auth` has the reason why a token is good for nothing.
        A browser's session counts for nothing there, so no page of a stranger can make use of it.
        """
        scope["user"], scope["auth"] = ANONYMOUS, None
        secret = bearer_in(headers) or password_in(headers) or token_in(headers)
        if secret is None:
            return
        try:
            scope["user"] = (await self.doorkeeper.by_token(secret)).caller
        except Unauthenticated as problem:
            scope["auth"] = problem.text


ONLY_CODE = say("The token of a job opens git and the REST API under /api/v3, as its permissions say; nothing else.")
ENDED = say("This sign-in has ended. Please sign in again.")


def is_open(scope: Scope) -> bool:
    return bool(scope["route_handler"].opt.get("open")) or scope["path"].startswith(OPEN)


def bearer_in(headers: Headers) -> str | None:
    kind, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "bearer" else None


def token_in(headers: Headers) -> str | None:
    """As the clients of GitHub's REST API say it."""
    kind, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "token" else None


def password_in(headers: Headers) -> str | None:
    """The password of Basic authentication, if it can be read at all."""
    kind, _, words = headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        _, found, password = b64decode(words.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return password if found else ""


def with_cookie(send: Send, cookie: Cookie) -> Send:
    """Adds the cookie to the answer, unless the route has set one of that name itself."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            if not any(given.startswith(f"{cookie.key}=") for given in headers.getall("set-cookie", [])):
                headers.add("set-cookie", cookie.to_header(header=""))
        await send(message)

    return sent
