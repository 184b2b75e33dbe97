"""The house, as a runner speaks to it: one connection for each thread, kept open."""

import http.client
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from dure.kit import Refused, Text, say
from dure.wire import (
    ARTIFACT_BYTES_MAX,
    RUNNER_API,
    ActionPin,
    ArtifactNames,
    ArtifactTaken,
    CacheCard,
    CacheKept,
    Claim,
    Heartbeat,
    IdToken,
    IdTokenWanted,
    JobOrder,
    Join,
    Joined,
    LogTaken,
    Orders,
    Refusal,
    Registered,
    Registration,
    Report,
    Taken,
    Wanted,
)

T = TypeVar("T")

ANSWER_SECONDS_MAX = 30.0
BODY_BYTES_MAX = 64 << 20
PIECE_BYTES = 1 << 20
NO_CONTENT, NO_MORE, UNAUTHENTICATED, MISSING, CONFLICT, GONE, TOO_MANY = 204, 205, 401, 404, 409, 410, 429
BROKEN = 500


class Away(Exception):
    """The house does not answer, or not as a house does. It may be back in a moment."""


class NotOurs(Exception):
    """This attempt of this job is not, or no longer, for this runner."""


class Over(NotOurs):
    """This runner was ended; nothing that it says counts any more."""


class Unwanted(Exception):
    """The house gives this runner no new job: it is drained, or took the one job that it takes."""


class Behind(Exception):
    """The house lacks something before what it was told."""

    def __init__(self, wanted: int, of: str = "happenings") -> None:
        super().__init__(wanted)
        self.wanted, self.of = wanted, of


class TurnedAway(Refused):
    """The house understood, and says no."""

    def __init__(self, text: Text, status: int = 409) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Leaving:
    """What is said of an artifact that is sent."""

    name: str
    kind: str = ""
    days: int | None = None
    digest: str = ""


@dataclass(frozen=True)
class CacheWords:
    """Which cache is meant."""

    keys: Sequence[str]
    version: str
    is_mine: bool = False

    def words(self, attempt: int) -> list[tuple[str, str]]:
        return [("attempt", str(attempt)), ("version", self.version), ("key", self.keys[0])]


class House:
    """Not for two threads at once."""

    def __init__(self, url: str, token_file: Path, answer_seconds_max: float = ANSWER_SECONDS_MAX) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused(say("{url} is not the address of a house.", url=url))
        self.secure, self.host, self.port = parts.scheme == "https", parts.hostname, parts.port
        self.url = url
        self.root = parts.path.rstrip("/") + RUNNER_API
        self.token_file = token_file
        self.answer_seconds_max = answer_seconds_max
        self.connection: http.client.HTTPConnection | None = None

    def register(self, who: Registration) -> Registered:
        return self.said("POST", "/register", who, Registered)

    def claim(self, wait_seconds: float, free: int) -> JobOrder | None:
        status, data = self.call("POST", "/claims", msgspec.json.encode(Claim(wait_seconds=wait_seconds, free=free)))
        if status == NO_MORE:
            raise Unwanted
        return None if status == NO_CONTENT else read(data, JobOrder)

    def join(self, who: Join, by: str) -> Joined:
        """By an invitation, which is shown this once in place of the runner's own token."""
        return read(self.call("POST", "/join", msgspec.json.encode(who), shown=by)[1], Joined)

    def leave(self) -> None:
        self.call("POST", "/leave")

    def take(self, job: int, attempt: int) -> Orders:
        return self.said("POST", f"/jobs/{job}/taken", Taken(attempt=attempt), Orders)

    def report(self, job: int, report: Report) -> Orders:
        return self.said("POST", f"/jobs/{job}/reports", report, Orders)

    def beat(self, job: int, attempt: int) -> Orders:
        return self.said("POST", f"/jobs/{job}/heartbeats", Heartbeat(attempt=attempt), Orders)

    def send_log(self, job: int, attempt: int, offset: int, data: bytes) -> int:
        path = f"/jobs/{job}/log?attempt={attempt}&offset={offset}"
        return read(self.call("PUT", path, data, kind="application/octet-stream")[1], LogTaken).length

    def send_artifact(self, job: int, attempt: int, what: "Leaving", file: Path) -> ArtifactTaken:
        asked = {"attempt": attempt, "kind": what.kind, "days": what.days or 0, "digest": what.digest}
        words = urlencode({name: value for name, value in asked.items() if value})
        path = f"/jobs/{job}/artifacts/{quote(what.name, safe='')}?{words}"
        return read(self.send_file(path, file, what.kind or "application/zip"), ArtifactTaken)

    def send_file(self, path: str, file: Path, kind: str) -> bytes:
        with file.open("rb") as opened:
            size = file.stat().st_size
            if size > ARTIFACT_BYTES_MAX:
                raise TurnedAway(say("The artifact has more than {size:,} bytes.", size=ARTIFACT_BYTES_MAX))
            return self.call("PUT", path, opened, size, kind=kind)[1]

    def send_test(self, job: int, attempt: int, name: str, report: Path) -> None:
        path = f"/jobs/{job}/tests/{quote(name, safe='')}?attempt={attempt}"
        with report.open("rb") as opened:
            self.call("PUT", path, opened, report.stat().st_size, kind="application/xml")

    def artifacts(self, run: int) -> ArtifactNames:
        return read(self.call("GET", f"/runs/{run}/artifacts")[1], ArtifactNames)

    def fetch_artifact(self, run: int, name: str, target: Path) -> str:
        """What kind of file it is."""
        return self.fetch(f"/runs/{run}/artifacts/{quote(name, safe='')}", target)

    def fetch(self, path: str, target: Path) -> str:
        with target.open("wb", buffering=0) as sink, self.asked("GET", path, b"", None, "") as answer:
            for piece in pieces_of(answer, path):
                sink.write(piece)
            return answer.kind

    def drop_artifact(self, job: int, attempt: int, name: str) -> None:
        self.call("DELETE", f"/jobs/{job}/artifacts/{quote(name, safe='')}?attempt={attempt}")

    def find_cache(self, job: int, attempt: int, asked: "CacheWords") -> CacheCard | None:
        words = [*asked.words(attempt), *(("restore", key) for key in asked.keys[1:])]
        if asked.is_mine:
            words.append(("mine", "true"))
        status, data = self.call("GET", f"/jobs/{job}/caches?{urlencode(words)}")
        return None if status == NO_CONTENT else read(data, CacheCard)

    def fetch_cache(self, job: int, attempt: int, number: int, target: Path) -> None:
        self.fetch(f"/jobs/{job}/caches/{number}?attempt={attempt}", target)

    def send_cache(self, job: int, attempt: int, asked: "CacheWords", digest: str, file: Path) -> CacheKept:
        words = urlencode([*asked.words(attempt), ("digest", digest)])
        return read(self.send_file(f"/jobs/{job}/caches?{words}", file, "application/octet-stream"), CacheKept)

    def id_token(self, job: int, attempt: int, audience: str) -> str:
        path = f"/jobs/{job}/id-tokens?attempt={attempt}"
        return self.said("POST", path, IdTokenWanted(audience=audience), IdToken).value

    def pin_action(self, job: int, attempt: int, uses: str) -> ActionPin:
        """What `owner/repo@ref` stands for in the run of this job. The house may have to fetch it first."""
        path = f"/jobs/{job}/actions?attempt={attempt}&uses={quote(uses, safe='')}"
        return read(self.call("GET", path)[1], ActionPin)

    def action_tree(self, job: int, attempt: int, digest: str) -> Iterator[bytes]:
        """Those files, as a .tar.gz in pieces."""
        return self.stream(f"/jobs/{job}/actions/{quote(digest, safe='')}?attempt={attempt}")

    def said(self, method: str, path: str, body: msgspec.Struct, kind: type[T]) -> T:
        return read(self.call(method, path, msgspec.json.encode(body))[1], kind)

    def call(
        self,
        method: str,
        path: str,
        body: bytes | IO[bytes] = b"",
        size: int | None = None,
        kind: str = "",
        shown: str | None = None,
    ) -> tuple[int, bytes]:
        """One question and its whole answer."""
        with self.asked(method, path, body, size, kind, shown) as answer:
            data = answer.read(BODY_BYTES_MAX + 1)
        if len(data) > BODY_BYTES_MAX:
            self.hang_up()
            raise Away(f"{path}: an answer of more than {BODY_BYTES_MAX} bytes")
        return answer.status, data

    def stream(self, path: str) -> Iterator[bytes]:
        with self.asked("GET", path, b"", None, "") as answer:
            yield from pieces_of(answer, path)

    def asked(
        self,
        method: str,
        path: str,
        body: bytes | IO[bytes],
        size: int | None,
        kind: str,
        shown: str | None = None,
    ) -> "Answering":
        return Answering(self, method, path, body, self.headers(size, kind, shown))

    def headers(self, size: int | None, kind: str, shown: str | None) -> dict[str, str]:
        try:
            token = shown or self.token_file.read_text("utf-8").strip()
        except OSError as error:
            raise Away(f"the file of the token cannot be read: {error.strerror}") from error
        told = {"Authorization": f"Bearer {token}", "Content-Type": kind or "application/json"}
        return told if size is None else {**told, "Content-Length": str(size)}

    def connect(self) -> http.client.HTTPConnection:
        if self.connection is None:
            if self.secure:
                self.connection = http.client.HTTPSConnection(
                    self.host,
                    self.port,
                    timeout=self.answer_seconds_max,
                    context=ssl.create_default_context(),
                    blocksize=PIECE_BYTES,
                )
            else:
                self.connection = http.client.HTTPConnection(
                    self.host, self.port, timeout=self.answer_seconds_max, blocksize=PIECE_BYTES
                )
        return self.connection

    def hang_up(self) -> None:
        if self.connection is not None:
            with suppress(OSError):
                self.connection.close()
            self.connection = None


class Answering:
    """An answer being read. Errors of the wire become `Away`, and the connection is given up."""

    def __init__(self, house: House, method: str, path: str, body: bytes | IO[bytes], headers: dict[str, str]) -> None:
        self.house, self.what = house, f"{method} {path}"
        try:
            self.answer = self.asked(method, path, body, headers)
            if self.answer.status >= BAD:
                data = self.answer.read(BODY_BYTES_MAX)
                raise refusal(self.what, self.answer.status, data)
        except (OSError, http.client.HTTPException) as error:
            house.hang_up()
            raise Away(f"{self.what}: {type(error).__name__}: {error}") from error

    def asked(
        self, method: str, path: str, body: bytes | IO[bytes], headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        was_open = self.house.connection is not None
        try:
            self.house.connect().request(method, self.house.root + path, body, headers)
            return self.house.connect().getresponse()
        except (OSError, http.client.HTTPException):
            # A connection that was kept open may have been closed at the other end meanwhile.
            self.house.hang_up()
            if not was_open or not isinstance(body, bytes):
                raise
        self.house.connect().request(method, self.house.root + path, body, headers)
        return self.house.connect().getresponse()

    def __enter__(self) -> "Answering":
        return self

    @property
    def status(self) -> int:
        return self.answer.status

    @property
    def kind(self) -> str:
        return self.answer.getheader("content-type", "").partition(";")[0].strip()

    def read(self, size: int) -> bytes:
        try:
            return self.answer.read(size)
        except (OSError, http.client.HTTPException) as error:
            raise Away(f"{self.what}: {type(error).__name__}: {error}") from error

    def __exit__(self, *_: object) -> None:
        if not self.answer.isclosed():
            # Not read to its end, so nothing more can be said on this connection.
            self.house.hang_up()


def pieces_of(answer: Answering, path: str) -> Iterator[bytes]:
    left = ARTIFACT_BYTES_MAX
    while piece := answer.read(PIECE_BYTES):
        left -= len(piece)
        if left < 0:
            raise Away(f"{path}: more than {ARTIFACT_BYTES_MAX} bytes")
        yield piece


BAD = 400


def refusal(what: str, status: int, data: bytes) -> Exception:
    """What a bad answer means for us."""
    if status == CONFLICT:
        with suppress(msgspec.MsgspecError):
            missing = msgspec.json.decode(data, type=Wanted)
            return Behind(missing.wanted, missing.of)
    words = f"{what}: {status}"
    with suppress(msgspec.MsgspecError):
        words = msgspec.json.decode(data, type=Refusal).error.message
    if status == GONE:
        return Over(words)
    if status == MISSING:
        return NotOurs(words)
    if status >= BROKEN or status in (UNAUTHENTICATED, TOO_MANY):
        return Away(f"{what}: {status}: {words}")
    return TurnedAway(say("{words}", words=words), status)


def read(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.MsgspecError as error:
        raise Away(f"an answer that is not understood: {error}") from error
