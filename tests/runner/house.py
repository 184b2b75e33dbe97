"""A house that speaks the runner's protocol to real runners and keeps everything in files: nothing of ours is mocked.

`python -m tests.runner.house DIRECTORY PORT` runs it as a process of its own, so that it can be killed and come back.
Tests put orders into DIRECTORY/orders and look at DIRECTORY/jobs/<job>-<attempt>/.
"""

import base64
import fcntl
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import msgspec

from dure.wire import (
    RUNNER_API,
    ActionPin,
    ArtifactNames,
    ArtifactTaken,
    CacheCard,
    CacheKept,
    Claim,
    Ended,
    Happening,
    Heartbeat,
    JobOrder,
    LogTaken,
    Orders,
    Reason,
    Refusal,
    Registered,
    Registration,
    Report,
    Taken,
    Wanted,
)

TOKEN = "dure_run_for_tests"


class Books:
    """What the house knows, in files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        for name in ("orders", "jobs", "runs", "git", "actions", "caches"):
            (path / name).mkdir(parents=True, exist_ok=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        with (self.path / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def keep_action(self, uses: str, files: Mapping[str, str]) -> None:
        """What `owner/repo@ref` stands for from now on."""
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz") as packed:
            for name, text in files.items():
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(text.encode()), 0o644
                packed.addfile(entry, io.BytesIO(text.encode()))
        digest = f"sha256:{hashlib.sha256(data.getvalue()).hexdigest()}"
        (self.path / "actions" / digest).write_bytes(data.getvalue())
        (self.path / "actions" / quote(uses, safe="")).write_text(digest)

    def next_order(self) -> bytes | None:
        with self.alone():
            for order in sorted((self.path / "orders").glob("*.json")):
                data = order.read_bytes()
                known = msgspec.json.decode(data, type=JobOrder)
                job = self.job(known.job_id, known.attempt)
                job.mkdir(parents=True)
                (job / "order").write_bytes(data)
                order.unlink()
                return data
        return None

    def job(self, job_id: int, attempt: int) -> Path:
        return self.path / "jobs" / f"{job_id}-{attempt}"

    def happenings(self, job: Path) -> list[Happening]:
        try:
            # What is being written at this moment is not said yet.
            lines = (job / "happenings").read_bytes().rpartition(b"\n")[0].splitlines()
        except FileNotFoundError:
            return []
        return [msgspec.json.decode(line, type=Happening) for line in lines]

    def take_report(self, job: Path, report: Report) -> int | None:
        """What is wanted instead, if this does not follow on what is known."""
        with self.alone():
            known = len(self.happenings(job))
            if report.seq > known:
                return known
            fresh = report.happenings[known - report.seq :]
            if fresh and known and isinstance(self.happenings(job)[-1], Ended):
                raise AssertionError("something happened after the end")
            with (job / "happenings").open("ab") as file:
                file.writelines(msgspec.json.encode(happening) + b"\n" for happening in fresh)
        return None


class Desk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    books: Books
    closed: threading.Event

    def do_GET(self) -> None:
        self.answer_all()

    def do_POST(self) -> None:
        self.answer_all()

    def do_PUT(self) -> None:
        self.answer_all()

    def answer_all(self) -> None:
        url = urlsplit(self.path)
        asked = {name: "\n".join(values) for name, values in parse_qs(url.query).items()}
        if ".git/" in url.path:
            self.git(url.path, url.query)
            return
        body = self.body()
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, b'{"error":{"code":"unauthenticated","message":"Who are you?"}}')
            return
        words = [unquote(word) for word in url.path.removeprefix(RUNNER_API).strip("/").split("/")]
        with (self.books.path / "asked").open("a") as file:
            file.write(f"{time.time():.4f} {self.command} {self.path} {len(body)}\n")
        status, data = self.reply(words, asked, body)
        self.answer(status, data)

    def reply(self, words: list[str], asked: dict[str, str], body: bytes) -> tuple[int, bytes]:
        match self.command, words:
            case "POST", ["register"]:
                who = msgspec.json.decode(body, type=Registration)
                (self.books.path / "registered").write_bytes(msgspec.json.encode(who))
                return 200, msgspec.json.encode(Registered(runner_id=1))
            case "POST", ["claims"]:
                return self.claim(msgspec.json.decode(body, type=Claim))
            case "GET", ["runs", run, "artifacts"]:
                names = sorted(path.name for path in self.run_path(run).iterdir())
                return 200, msgspec.json.encode(ArtifactNames(names=names))
            case "GET", ["runs", run, "artifacts", name]:
                path = self.run_path(run) / name
                return (200, path.read_bytes()) if path.exists() else (404, b"{}")
            case _, ["jobs", job, *rest]:
                return self.about_job(int(job), rest, asked, body)
        return 404, b"{}"

    def run_path(self, run: str) -> Path:
        path = self.books.path / "runs" / run
        path.mkdir(exist_ok=True)
        return path

    def claim(self, claim: Claim) -> tuple[int, bytes]:
        until = time.monotonic() + claim.wait_seconds
        while time.monotonic() < until and not self.closed.is_set():
            if order := self.books.next_order():
                return 200, order
            time.sleep(0.002)
        return 204, b""

    def about_job(  # noqa: C901 - every word of the protocol has its case
        self, job: int, rest: list[str], asked: dict[str, str], body: bytes
    ) -> tuple[int, bytes]:
        if rest == ["taken"]:
            attempt = msgspec.json.decode(body, type=Taken).attempt
        elif rest == ["reports"]:
            attempt = msgspec.json.decode(body, type=Report).attempt
        elif rest == ["heartbeats"]:
            attempt = msgspec.json.decode(body, type=Heartbeat).attempt
        else:
            attempt = int(asked["attempt"])
        place = self.books.job(job, attempt)
        if not place.exists() or (place / "gone").exists():
            return 404, b"{}"
        match rest:
            case ["reports"]:
                report = msgspec.json.decode(body, type=Report)
                if report.log:
                    status, answer = self.log(place / "log", report.log_offset, report.log)
                    if status != 200:
                        return status, answer
                wanted = self.books.take_report(place, report)
                if wanted is not None:
                    return 409, msgspec.json.encode(Wanted(wanted=wanted))
            case ["log"]:
                return self.log(place / "log", int(asked["offset"]), body)
            case ["artifacts", name]:
                order = msgspec.json.decode((place / "order").read_bytes(), type=JobOrder)
                (self.run_path(str(order.run_id)) / name).write_bytes(body)
                said = ArtifactTaken(digest=f"sha256:{hashlib.sha256(body).hexdigest()}", size=len(body))
                return 200, msgspec.json.encode(said)
            case ["tests", name]:
                (place / "tests").mkdir(exist_ok=True)
                (place / "tests" / name).write_bytes(body)
                return 200, b"{}"
            case ["actions"]:
                return self.pin(asked["uses"])
            case ["actions", digest]:
                return 200, (self.books.path / "actions" / digest).read_bytes()
            case ["caches", *number]:
                return self.caches(number, asked, body)
            case ["taken"]:
                (place / "taken").touch()
        wish = place / "cancel"
        cancel = wish.read_text() if wish.exists() else "no"
        return 200, msgspec.json.encode(msgspec.convert({"cancel": cancel, "lease_seconds": 30}, type=Orders))

    def caches(self, number: list[str], asked: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """In the order in which they were kept; what a job may see is no matter of this house."""
        kept = self.books.path / "caches"
        cards = [msgspec.json.decode(path.read_bytes(), type=CacheCard) for path in sorted(kept.glob("*.json"))]
        if number:
            return 200, (kept / number[0]).read_bytes()
        mine = [card for card in cards if (kept / f"{card.id}.version").read_text() == asked["version"]]
        same = next((card for card in mine if card.key == asked["key"]), None)
        if self.command == "PUT":
            if same is None:
                digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
                assert digest == asked["digest"]
                card = CacheCard(id=len(cards) + 1, key=asked["key"], size=len(body), digest=digest)
                (kept / str(card.id)).write_bytes(body)
                (kept / f"{card.id}.version").write_text(asked["version"])
                (kept / f"{card.id}.json").write_bytes(msgspec.json.encode(card))
            return 200, msgspec.json.encode(CacheKept(id=len(cards) + 1, fresh=same is None))
        if same is None and asked.get("mine") != "true":
            for prefix in asked.get("restore", "").splitlines():
                same = same or next((card for card in reversed(mine) if card.key.startswith(prefix)), None)
        return (204, b"") if same is None else (200, msgspec.json.encode(same))

    def pin(self, uses: str) -> tuple[int, bytes]:
        """Actions that the house keeps lie under their digest, and which is which in files called by their use."""
        kept = self.books.path / "actions" / quote(uses, safe="")
        if not kept.exists():
            words = f"This house has no action {uses}."
            return 422, msgspec.json.encode(Refusal(error=Reason(code="refused", message=words)))
        digest = kept.read_text()
        size = (self.books.path / "actions" / digest).stat().st_size
        return 200, msgspec.json.encode(ActionPin(uses=uses, sha="1" * 40, digest=digest, size=size, source="kept"))

    def log(self, file: Path, offset: int, body: bytes) -> tuple[int, bytes]:
        with self.books.alone():
            known = file.stat().st_size if file.exists() else 0
            if offset > known:
                return 409, msgspec.json.encode(Wanted(wanted=known, of="log"))
            with file.open("ab") as opened:
                opened.write(body[known - offset :])
        return 200, msgspec.json.encode(LogTaken(length=max(known, offset + len(body))))

    def git(self, path: str, query: str) -> None:
        """Git's own server, behind basic authentication."""
        said = self.headers.get("Authorization", "").removeprefix("basic ")
        password = base64.b64decode(said).decode().partition(":")[2] if said else ""
        body = self.body()
        if not password.startswith("dure_job_"):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="Dure"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.books.path / "git"),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
        }
        ran = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
        head, _, data = ran.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 50

    def handle_error(self, *_: object) -> None:
        """A runner that was killed hangs up in the middle of a sentence."""


@contextmanager
def served(directory: Path, port: int = 0) -> Iterator[str]:
    """The house in this process; its address."""
    closed = threading.Event()
    handler = type("DeskOf", (Desk,), {"books": Books(directory), "closed": closed})
    with Server(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            closed.set()
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    with served(Path(sys.argv[1]), int(sys.argv[2])):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        threading.Event().wait()
