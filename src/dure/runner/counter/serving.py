"""The counter's HTTP: so many connections at a time, bodies piece by piece, and JSON for every no."""

import hmac
import json
import logging
import re
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from dure.runner.counter.artifacts import ZIP, Artifacts, Create, Finalize, Listing, Named
from dure.runner.counter.asking import Asking
from dure.runner.counter.blocks import LIST_BYTES_MAX, Uploads, put_block, put_list, put_whole
from dure.runner.counter.caches import Caches, Find, Finish, Reserve
from dure.runner.counter.forward import Asked, Forward, Told
from dure.runner.counter.refusing import Closing, No
from dure.runner.counter.tokens import Stamp
from dure.runner.place import Want

T = TypeVar("T")
log = logging.getLogger(__name__)

PIECE_BYTES = 1 << 20
JSON_BYTES_MAX = 1 << 20
LINE_BYTES_MAX = 65_536
SILENT_SECONDS_MAX = 300.0
"""So long a program may pause in the middle of what it asks."""
KEPT_SECONDS = 5
"""And so long a connection is kept for the next request. Clients are told, and let go before."""
THREADS_MAX = 32
WAITING_MAX = 512
"""Connections that nobody has time for yet. Whoever comes after those is sent away."""
UNHEARD_BYTES_MAX = 64 << 20
"""Of a body that nobody wants so much is heard out, so that its sender hears the answer."""
SERVICE = "/twirp/github.actions.results.api.v1."
BYTES = "application/octet-stream"
CHUNK_SIZE = re.compile(rb"[0-9a-fA-F]{1,15}")
RANGE = re.compile(r"bytes=(\d+)-(\d*)")
GIT = re.compile(r"/[A-Za-z0-9._-]+/[A-Za-z0-9._-]+/(info/refs|git-upload-pack|git-receive-pack)")
CORE = ("GET", "HEAD")


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(
        self,
        listener: socket.socket,
        stamp: Stamp,
        asking: Asking,
        uploads: Uploads,
        artifacts: Artifacts,
        caches: Caches,
        id_token: str,
        forward: Forward,
    ) -> None:
        """With a socket that listens already."""
        super().__init__(listener.getsockname(), Handler, bind_and_activate=False)
        self.waiting: deque[tuple[socket.socket, Any]] = deque()
        self.threads, self.lock = 0, threading.Lock()
        self.socket.close()
        self.socket, self.forward = listener, forward
        self.stamp, self.asking, self.uploads = stamp, asking, uploads
        self.artifacts, self.caches, self.id_token = artifacts, caches, id_token
        self.methods: dict[str, Callable[[bytes], dict[str, object]]] = {
            "ArtifactService/CreateArtifact": lambda said: artifacts.create(read(said, Create)),
            "ArtifactService/FinalizeArtifact": lambda said: artifacts.finalize(read(said, Finalize)),
            "ArtifactService/ListArtifacts": lambda said: artifacts.listed(read(said, Listing)),
            "ArtifactService/GetSignedArtifactURL": lambda said: artifacts.url(read(said, Named)),
            "ArtifactService/DeleteArtifact": lambda said: artifacts.delete(read(said, Named)),
            "CacheService/CreateCacheEntry": lambda said: caches.reserve(read(said, Reserve)),
            "CacheService/FinalizeCacheEntryUpload": lambda said: caches.finish(read(said, Finish)),
            "CacheService/GetCacheEntryDownloadURL": lambda said: caches.find(read(said, Find)),
        }

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """In a thread, of which there are not more than so many."""
        with self.lock:
            is_full, begins = len(self.waiting) >= WAITING_MAX, self.threads < THREADS_MAX
            if not is_full:
                self.waiting.append((request, client_address))
                self.threads += begins
        if is_full:
            self.shutdown_request(request)
        elif begins:
            self.begin()

    def begin(self) -> None:
        """One thread more. Where the machine has none, those at work have what waits, or else nobody can."""
        try:
            threading.Thread(target=self.work_off, name="counter at work", daemon=True).start()
        except RuntimeError:
            with self.lock:
                self.threads -= 1
                left = [] if self.threads else [self.waiting.popleft() for _ in range(len(self.waiting))]
            for request, _ in left:
                self.shutdown_request(request)

    def work_off(self) -> None:
        """One connection after the other, until none waits."""
        while True:
            with self.lock:
                if not self.waiting:
                    self.threads -= 1
                    return
                request, client_address = self.waiting.popleft()
            self.process_request_thread(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the server's signature
        """A program that went away in the middle is no news."""
        log.debug("a request at the counter broke off")


def read(said: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(said, type=kind, strict=False)
    except msgspec.MsgspecError as error:
        raise No(400, f"This could not be understood: {error}.") from error


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "dure"
    sys_version = ""
    timeout = KEPT_SECONDS
    server: Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's signature
        """Nothing: what is asked here is the job's own business."""

    def setup(self) -> None:
        super().setup()
        with suppress(OSError):
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def handle_one_request(self) -> None:
        self.connection.settimeout(KEPT_SECONDS)
        super().handle_one_request()

    def answer(self) -> None:
        """Whatever is asked. The body that nobody has read is heard out or the connection is given up."""
        self.connection.settimeout(SILENT_SECONDS_MAX)
        self.body = Body(self)
        self.has_begun = False
        try:
            self.route()
        except No as no:
            self.refuse(no)
        except Closing:
            self.close_connection = True
        except (ConnectionError, TimeoutError):
            # Nothing good can come any more.
            self.close_connection = self.body.is_over = True
        except OSError as error:
            self.refuse(No(507, f"The runner cannot write this down: {error.strerror}."))
        except Exception:
            log.exception("the counter: %s %s", self.command, urlsplit(self.path).path)
            self.refuse(No(500, "The runner made a mistake; its log says which."))
        if not self.body.heard_out():
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - names of the server

    def route(self) -> None:
        parts = urlsplit(self.path)
        path, asked = parts.path, dict(parse_qsl(parts.query, keep_blank_values=True))
        if path.startswith(SERVICE) and self.command == "POST":
            self.serve(path.removeprefix(SERVICE))
        elif path.startswith("/uploads/"):
            self.take(path, asked)
        elif path.startswith("/artifacts/") and self.command in CORE:
            self.give_artifact(path, asked)
        elif path.startswith("/caches/") and self.command in CORE:
            self.give_cache(path, asked)
        elif path == "/identity":
            self.identify(asked.get("audience", ""))
        elif path.startswith("/api/") or GIT.fullmatch(path):
            self.pass_on()
        else:
            raise No(404, "There is nothing here.")

    def serve(self, method: str) -> None:
        """One call of a service: JSON in, JSON out."""
        self.server.stamp.check(self.bearer())
        known = self.server.methods.get(method)
        if known is None:
            raise No(404, f"There is no {method[:200]} here.")
        told = known(self.body.all(JSON_BYTES_MAX))
        whole = {n: self.whole(v) if n.startswith("signed_") and v else v for n, v in told.items()}
        self.tell(200, json.dumps(whole).encode())

    def take(self, path: str, asked: dict[str, str]) -> None:
        """A block, the list of blocks, or all in one."""
        self.server.stamp.check_signed(path, asked, "upload")
        if self.command != "PUT":
            raise No(404, "There is nothing to be had here.")
        upload = self.server.uploads.at(path.removeprefix("/uploads/"))
        what = asked.get("comp", "")
        if what == "block":
            put_block(upload, asked.get("blockid", ""), self.body.pieces())
        elif what == "blocklist":
            put_list(upload, self.body.all(LIST_BYTES_MAX))
        elif what == "":
            put_whole(upload, self.body.pieces())
        else:
            raise No(501, "Only blocks, a list of blocks, and all in one are taken here.")
        named = {"ETag": '"1"', "Last-Modified": self.date_time_string(), "x-ms-request-id": "1"}
        self.tell(201, b"", BYTES, {**named, "x-ms-request-server-encrypted": "false"})

    def give_artifact(self, path: str, asked: dict[str, str]) -> None:
        self.server.stamp.check_signed(path, asked, "download")
        card = self.server.artifacts.with_id(path.removeprefix("/artifacts/"))
        file = self.server.asking.name("got")
        name = card.name if card.kind != ZIP else f"{card.name}.zip"
        attached = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
        want = Want(what="fetch_artifact", name=card.name, file=file)
        self.give(want, card.size, card.digest, card.kind, attached)

    def give_cache(self, path: str, asked: dict[str, str]) -> None:
        self.server.stamp.check_signed(path, asked, "download")
        card = self.server.caches.with_id(path.removeprefix("/caches/"))
        want = Want(what="fetch_cache", number=card.id, file=self.server.asking.name("got"))
        self.give(want, card.size, card.digest, BYTES, {})

    def give(self, want: Want, size: int, digest: str, kind: str, more: dict[str, str]) -> None:
        """Bytes that the runner brings, all or a range of them."""
        headers = {"Accept-Ranges": "bytes", "ETag": f'"{digest}"', **more}
        found = RANGE.fullmatch(self.headers.get("x-ms-range") or self.headers.get("range") or "")
        start, stop, status = 0, size, 200
        if found:
            start, stop = int(found[1]), min(int(found[2]) + 1 if found[2] else size, size)
            if start >= size or start >= stop:
                self.tell(416, b"", kind, {"Content-Range": f"bytes */{size}"})
                return
            status = 206
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        self.begin(status, kind, stop - start, headers)
        if self.command == "HEAD" or size == 0:
            return
        at = 0
        for piece in self.server.asking.stream(want, size):
            some = piece[max(0, start - at) : max(0, stop - at)]
            at += len(piece)
            if some:
                self.wfile.write(some)

    def identify(self, audience: str) -> None:
        if not self.server.id_token or not hmac.compare_digest(self.bearer(), self.server.id_token):
            raise No(401, "This job may not ask for identity tokens: it needs the permission id-token: write.")
        said = self.server.asking.ask(Want(what="id_token", name=audience[:1000]))
        self.tell(200, json.dumps({"value": said.token, "count": 1}).encode())

    def pass_on(self) -> None:
        size = self.body.size
        has_body = self.command not in CORE
        asked = Asked(
            self.command, self.path, dict(self.headers.items()), self.body.pieces() if has_body else None, size
        )
        self.tell_on(self.server.forward.ask(asked))

    def tell_on(self, told: Told) -> None:
        bare = self.command == "HEAD" or told.status in (204, 304)
        kind = told.headers.pop("content-type", told.headers.pop("Content-Type", BYTES))
        self.begin(told.status, kind, told.size if not bare or told.size else 0, told.headers)
        for piece in () if bare else told.pieces:
            self.wfile.write(piece if told.size is not None else b"%x\r\n%b\r\n" % (len(piece), piece))
        if told.size is None and not bare:
            self.wfile.write(b"0\r\n\r\n")

    def bearer(self) -> str:
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token.strip():
            raise No(401, "A token of this job is needed here.")
        return token.strip()

    def whole(self, path: object) -> str:
        return f"http://127.0.0.1:{self.server.port}{path}"

    def refuse(self, no: No) -> None:
        if self.has_begun:
            self.close_connection = True
            return
        words = {"code": no.code, "msg": no.words, "message": no.words}
        with suppress(OSError):
            self.tell(no.status, json.dumps(words).encode(), more={"x-ms-error-code": no.code})

    def tell(
        self, status: int, data: bytes, kind: str = "application/json", more: dict[str, str] | None = None
    ) -> None:
        self.begin(status, kind, len(data), more or {})
        if self.command != "HEAD":
            self.wfile.write(data)

    def begin(self, status: int, kind: str, size: int | None, more: dict[str, str]) -> None:
        self.has_begun = True
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if size is None:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(size))
        for name, value in more.items():
            self.send_header(name, value)
        if self.server.waiting:
            # Others have their turn; this also ends the connection.
            self.send_header("Connection", "close")
        else:
            self.send_header("Keep-Alive", f"timeout={KEPT_SECONDS}")
        self.end_headers()


class Body:
    """What comes in with a request, once, piece by piece."""

    def __init__(self, handler: Handler) -> None:
        self.file = handler.rfile
        told = handler.headers.get("content-length", "")
        self.is_chunked = "chunked" in handler.headers.get("transfer-encoding", "").lower()
        self.size: int | None = None if self.is_chunked else int(told) if told.isascii() and told.isdigit() else 0
        self.left = self.size or 0
        self.is_over = not self.is_chunked and not self.left

    def pieces(self) -> Iterator[bytes]:
        while not self.is_over:
            if self.left == 0:
                self.next_chunk()
                continue
            piece = self.file.read(min(self.left, PIECE_BYTES))
            if not piece:
                raise ConnectionResetError("the body broke off")
            self.left -= len(piece)
            if self.left == 0:
                if self.is_chunked:
                    self.file.readline(LINE_BYTES_MAX)
                else:
                    self.is_over = True
            yield piece

    def next_chunk(self) -> None:
        line = self.file.readline(LINE_BYTES_MAX).partition(b";")[0].strip()
        # Not all that Python takes for a number: with a sign it would have us read without an end.
        if not CHUNK_SIZE.fullmatch(line):
            raise ConnectionResetError("a chunk without a size")
        self.left = int(line, 16)
        if self.left == 0:
            while self.file.readline(LINE_BYTES_MAX).strip():
                pass
            self.is_over = True

    def all(self, bytes_max: int) -> bytes:
        said = bytearray()
        for piece in self.pieces():
            said += piece
            if len(said) > bytes_max:
                raise No(413, f"There can be {bytes_max:,} bytes of this at most.")
        return bytes(said)

    def heard_out(self) -> bool:
        """Let the sender finish, within bounds; whether it has."""
        left = UNHEARD_BYTES_MAX
        try:
            for piece in self.pieces():
                left -= len(piece)
                if left < 0:
                    return False
        except OSError:
            return False
        return True
