"""Passed on to the house as it comes: git over HTTP, and the REST API. Bytes flow through, nothing is kept.

Not by wants: what is asked carries keys, which are never written down, and a clone may be larger than any shelf. A
house that is away for a moment is waited for, as long as nothing was said to it yet.
"""

import http.client
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from dure.runner.counter.refusing import Closing, No

PIECE_BYTES = 64 << 10
ANSWER_SECONDS_MAX = 300.0
AWAY_SECONDS_MAX = 60.0
PAUSE_SECONDS_MAX = 2.0
ASKED = (
    *("accept", "authorization", "content-type", "content-encoding", "git-protocol", "if-none-match"),
    *("if-modified-since", "range", "user-agent", "x-github-api-version", "pragma"),
)
"""What of a request means something to the house."""
TOLD = (
    *("content-type", "content-disposition", "content-range", "etag", "last-modified", "link", "location"),
    *("cache-control", "expires", "pragma", "retry-after", "www-authenticate", "accept-ranges"),
)


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: Iterator[bytes] | None
    size: int | None
    """Of the body; None: it is said as it comes."""


@dataclass(frozen=True)
class Told:
    status: int
    headers: dict[str, str]
    size: int | None
    pieces: Iterator[bytes]


class Forward:
    """To one house. Each request has a connection of its own."""

    def __init__(self, house: str, here: str, over: threading.Event) -> None:
        self.house, self.here, self.over = house.rstrip("/"), here, over
        self.parts = urlsplit(self.house)

    def ask(self, asked: Asked) -> Told:
        if not self.house:
            raise No(404, "There is no house behind this job.")
        line = self.reached()
        try:
            headers = {name: value for name, value in asked.headers.items() if name.lower() in ASKED}
            headers["Accept-Language"] = "en"
            if asked.size is not None:
                headers["Content-Length"] = str(asked.size)
            path = self.parts.path + asked.path
            line.request(asked.method, path, asked.body, headers, encode_chunked=asked.size is None)
            answer = line.getresponse()
        except (OSError, http.client.HTTPException) as error:
            line.close()
            raise No(502, f"The house did not answer: {error}.") from error
        told = {name: self.turned(value) for name, value in answer.getheaders() if self.is_told(name)}
        return Told(answer.status, told, answer.length, self.pieces(line, answer))

    def reached(self) -> http.client.HTTPConnection:
        """A connection to the house, which may be starting again."""
        give_up_at, pause = time.monotonic() + AWAY_SECONDS_MAX, 0.1
        while True:
            line = self.line()
            try:
                line.connect()
            except OSError as error:
                line.close()
                if time.monotonic() > give_up_at:
                    raise No(502, f"The house does not answer: {error.strerror or error}.") from error
                if self.over.wait(pause):
                    raise Closing from error
                pause = min(pause * 2, PAUSE_SECONDS_MAX)
            else:
                return line

    def line(self) -> http.client.HTTPConnection:
        host, port = self.parts.hostname or "", self.parts.port
        if self.parts.scheme == "https":
            trusted = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=ANSWER_SECONDS_MAX, context=trusted)
        return http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS_MAX)

    def pieces(self, line: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> Iterator[bytes]:
        try:
            while piece := answer.read1(PIECE_BYTES):
                yield piece
        finally:
            with suppress(OSError):
                line.close()

    def turned(self, value: str) -> str:
        """Addresses of the house lead through here, where the job's programs can reach them."""
        return value.replace(f"{self.house}/", f"{self.here}/")

    @staticmethod
    def is_told(name: str) -> bool:
        low = name.lower()
        return low in TOLD or low.startswith(("x-github", "x-ratelimit", "x-oauth", "x-accepted"))
