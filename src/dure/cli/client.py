"""Asking a house over HTTP. Every no of the house becomes the same no here, in the house's own sentence."""

import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar, cast
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from dure.kit import (
    Forbidden,
    Invalid,
    Missing,
    NotRunning,
    Refused,
    Text,
    TooMany,
    Unauthenticated,
    language_here,
    say,
)

if TYPE_CHECKING:
    import http.client

T = TypeVar("T")

ANSWER_SECONDS_MAX = 30.0
ANSWER_BYTES_MAX = 50_000_000
PIECE_BYTES = 1 << 20
API = "/api/v1"


class Nothing:
    """What an answer without words holds."""


class Said(msgspec.Struct):
    """The `error` of an answer, read as kindly as possible: it may come from an older house, or from a proxy."""

    message: str = ""
    fields: dict[str, str] | None = None


class Problem(msgspec.Struct):
    error: Said


@dataclass(frozen=True)
class Client:
    """One house, and the token that lets us in."""

    url: str
    token: str = field(default="", repr=False)

    def get(self, path: str, kind: type[T], **asked: str | int | None) -> T:
        words = {name: value for name, value in asked.items() if value is not None}
        return self.ask("GET", f"{path}?{urlencode(words)}" if words else path, None, kind)

    def post(self, path: str, body: object, kind: type[T]) -> T:
        return self.ask("POST", path, body, kind)

    def patch(self, path: str, body: object, kind: type[T]) -> T:
        return self.ask("PATCH", path, body, kind)

    def put(self, path: str, body: object, kind: type[T]) -> T:
        return self.ask("PUT", path, body, kind)

    def delete(self, path: str) -> None:
        self.ask("DELETE", path, None, Nothing)

    def put_file(self, path: str, file: Path, kind: type[T]) -> T:
        """Send what is in a file, however much it is."""
        with file.open("rb") as body:
            return self.answered(self.send("PUT", API + path, body, file.stat().st_size), kind)

    def ask(self, method: str, path: str, body: object, kind: type[T]) -> T:
        return self.answered(self.send(method, API + path, None if body is None else msgspec.json.encode(body)), kind)

    def answered(self, sent: tuple[int, str, bytes], kind: type[T]) -> T:
        status, retry_after, answer = sent
        if status >= 400:
            raise refusal(status, retry_after, answer)
        if kind is Nothing:
            return cast(T, Nothing())
        try:
            return msgspec.json.decode(answer, type=kind)
        except msgspec.DecodeError as error:
            raise Refused(
                say("{url} answers, but not as a Dure of this version. Is the address right?", url=self.url)
            ) from error

    def send(
        self, method: str, path: str, body: bytes | IO[bytes] | None, size: int | None = None
    ) -> tuple[int, str, bytes]:
        with self.asking(method, path, body, size) as answer:
            return answer.status, answer.getheader("Retry-After", ""), answer.read(ANSWER_BYTES_MAX)

    def get_file(self, path: str, file: Path) -> None:
        """What the house answers, written into a file, however much it is."""
        with self.asking("GET", API + path, None, None) as answer:
            if answer.status >= 400:
                raise refusal(answer.status, "", answer.read(ANSWER_BYTES_MAX))
            with file.open("wb") as out:
                shutil.copyfileobj(answer, out, PIECE_BYTES)

    @contextmanager
    def asking(
        self, method: str, path: str, body: bytes | IO[bytes] | None, size: int | None
    ) -> "Iterator[http.client.HTTPResponse]":
        import http.client  # noqa: PLC0415 - `dure run` loads this too, and seldom asks a house
        import ssl  # noqa: PLC0415

        line = connection_to(self.url)
        headers = {"Accept": "application/json", "Accept-Language": language_here(), "User-Agent": "dure"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if size is not None:
            headers |= {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        elif body is not None:
            headers["Content-Type"] = "application/json"
        try:
            line.request(method, urlsplit(self.url).path + path, body, headers)
            yield line.getresponse()
        except ssl.SSLError as error:
            raise NotRunning(
                say("{url} does not answer as it should: {why}", url=self.url, why=error.reason or str(error))
            ) from error
        except (ConnectionError, TimeoutError, socket.gaierror, OSError, http.client.HTTPException) as error:
            raise NotRunning(
                say(
                    "No Dure answers at {url} ({why}). Is the house up, and the address right?",
                    url=self.url,
                    why=getattr(error, "strerror", None) or type(error).__name__,
                )
            ) from error
        finally:
            line.close()


def connection_to(url: str) -> "http.client.HTTPConnection":
    import http.client  # noqa: PLC0415

    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise Refused(say("{url} is not the address of a house; one looks like https://dure.example.", url=url))
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname, port, timeout=ANSWER_SECONDS_MAX)


REFUSALS: Mapping[int, type[Refused]] = {401: Unauthenticated, 403: Forbidden}


def refusal(status: int, retry_after: str, answer: bytes) -> Exception:
    """The error that the house meant, with its own words in it."""
    try:
        said = msgspec.json.decode(answer, type=Problem).error
    except msgspec.DecodeError:
        said = Said()
    text = Text(said.message) if said.message else say("The house answered with status {status}.", status=status)
    if status == 404:
        return Missing(text)
    if status == 429:
        return TooMany(text, float(retry_after) if retry_after.isdigit() else 1.0)
    if said.fields:
        return Invalid({name: Text(sentence) for name, sentence in said.fields.items()})
    return REFUSALS.get(status, Refused)(text)


def part(word: str | int) -> str:
    """One part of a path, whatever somebody typed."""
    return quote(str(word), safe="")
