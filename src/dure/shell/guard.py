"""What stands at the outer door: the headers every answer carries, and no posts sent here by strangers' pages.

Plain ASGI, round the whole application: an answer that the framework makes before any route is found, and one
that a raw application streams, pass through here like every other.
"""

import asyncio
import gzip
from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec
from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, ReceiveMessage, Scope, Send

from dure.kit import Text, say
from dure.shell.viewer import preferred

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
ALWAYS = {
    b"content-security-policy": CONTENT_SECURITY_POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"x-frame-options": b"DENY",
    b"cache-control": b"no-store",
}
"""An answer that brings one of these itself keeps its own."""

ONLY_HTTPS = b"max-age=31536000"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
PACKED_FROM_BYTES = 1000
PACKED_KINDS = (b"text/", b"application/json", b"application/vnd.oai.openapi", b"image/svg")
GZIP_LEVEL = 5
UNHEARD_BYTES_MAX = 20_000_000
UNHEARD_SECONDS_MAX = 5.0

STRANGER = say("This was sent from another site, so it was not done. Open the page here and send it again.")


class Guard:
    """Wraps the application. `public_url` is the address people use, when it differs from the one we listen on."""

    def __init__(self, app: ASGIApp, *, public_url: str | None = None) -> None:
        self.app = app
        public = urlsplit(public_url or "")
        self.public_host = public.netloc.lower()
        self.headers = dict(ALWAYS)
        if public.scheme == "https":
            self.headers[b"strict-transport-security"] = ONLY_HTTPS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self.answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def answer(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        body = Body(receive, headers)
        receive = body.receive
        answer = Answer(send, self.headers, body, packs=b"gzip" in headers.get(b"accept-encoding", b""))
        if scope["method"] not in SAFE_METHODS and self.from_a_stranger(headers):
            await refuse(headers, scope["path"], answer.send)
        elif scope["method"] == "HEAD":
            # Every page answers HEAD as it answers GET; only the body stays here.
            answer.bare = True
            asked = scope.copy()
            asked["method"] = HttpMethod.GET
            await self.app(asked, receive, answer.send)
        else:
            await self.app(scope, receive, answer.send)

    def from_a_stranger(self, headers: dict[bytes, bytes]) -> bool:
        """Browsers say where a post comes from. One with cookies and without that word is not trusted either."""
        site = headers.get(b"sec-fetch-site")
        if site is not None:
            return site not in (b"same-origin", b"none")
        origin = headers.get(b"origin")
        if origin is not None:
            theirs = urlsplit(origin.decode("latin-1")).netloc.lower()
            return theirs not in {headers.get(b"host", b"").decode("latin-1").lower(), self.public_host} or not theirs
        by_token = headers.get(b"authorization", b"")[:7].lower() == b"bearer "
        return b"cookie" in headers and not by_token


class Body:
    """What comes in with a request, and whether somebody has heard it to its end."""

    def __init__(self, receive: Receive, headers: dict[bytes, bytes]) -> None:
        self.onward = receive
        self.over = headers.get(b"content-length", b"0") == b"0" and b"transfer-encoding" not in headers

    async def receive(self) -> ReceiveMessage:
        message = await self.onward()
        self.over = self.over or message["type"] != "http.request" or not message["more_body"]
        return message

    async def hear_out(self) -> bool:
        """Let somebody who was refused half-way finish, within bounds: who still speaks does not hear the answer."""
        heard = 0
        try:
            async with asyncio.timeout(UNHEARD_SECONDS_MAX):
                while not self.over and heard <= UNHEARD_BYTES_MAX:
                    message = await self.receive()
                    heard += len(message["body"]) if message["type"] == "http.request" else 0
        except TimeoutError:
            return False
        return self.over


class Answer:
    """Adds the headers, and packs a body that comes in one piece. What is streamed is passed on untouched."""

    def __init__(self, send: Send, headers: dict[bytes, bytes], body: Body, *, packs: bool) -> None:
        self.onward = send
        self.headers = headers
        self.body = body
        self.packs = packs
        self.bare = False
        self.start: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            brought = {name.lower() for name, _ in message["headers"]}
            extra = [(name, value) for name, value in self.headers.items() if name not in brought]
            if message["status"] >= 400 and not await self.body.hear_out():
                extra.append((b"connection", b"close"))
            self.start = {**message, "headers": [*message["headers"], *extra]}
        elif message["type"] == "http.response.body" and self.start is not None:
            start, self.start = self.start, None
            body = bytes(message.get("body", b""))
            if self.bare:
                body = b""
            elif self.packs and not message.get("more_body") and len(body) >= PACKED_FROM_BYTES:
                body = packed(start, body)
            await self.onward(start)
            await self.onward({**message, "body": body})
        elif self.bare and message["type"] == "http.response.body":
            await self.onward({**message, "body": b""})
        else:
            await self.onward(message)


def packed(start: Message, body: bytes) -> bytes:
    """The body packed, and the headers saying so; or the body as it is when packing it makes no sense."""
    headers: list[tuple[bytes, bytes]] = list(start["headers"])  # type: ignore[typeddict-item]
    known = {name.lower(): value for name, value in headers}
    if b"content-encoding" in known or not known.get(b"content-type", b"").startswith(PACKED_KINDS):
        return body
    smaller = gzip.compress(body, GZIP_LEVEL, mtime=0)
    kept = [(name, value) for name, value in headers if name.lower() != b"content-length"]
    start["headers"] = [  # type: ignore[typeddict-unknown-key]
        *kept,
        (b"content-encoding", b"gzip"),
        (b"content-length", str(len(smaller)).encode()),
        (b"vary", b"Accept-Encoding"),
    ]
    return smaller


async def refuse(headers: dict[bytes, bytes], path: str, send: Send) -> None:
    sentence = said(STRANGER, headers)
    if path.startswith("/api/"):
        kind, body = b"application/json", msgspec.json.encode({"error": {"code": "forbidden", "message": sentence}})
    else:
        kind, body = b"text/plain; charset=utf-8", sentence.encode()
    await answer_with(send, 403, kind, body)


def said(text: Text, headers: dict[bytes, bytes]) -> str:
    return text.into(preferred(headers.get(b"accept-language", b"").decode("latin-1")))


async def answer_with(send: Send, status: int, kind: bytes, body: bytes) -> None:
    length = str(len(body)).encode()
    sent: Iterable[tuple[bytes, bytes]] = [(b"content-type", kind), (b"content-length", length)]
    await send({"type": "http.response.start", "status": status, "headers": sent})
    await send({"type": "http.response.body", "body": body, "more_body": False})
