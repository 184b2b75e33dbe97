"""The telemetry engine: a process of its own that holds chDB and answers in the words of ClickHouse's HTTP interface.

It is started as a file, not as a module of Dure, and knows nothing but chDB: so it stays small, a fault in half a
gigabyte of C++ ends nobody else, and it goes on while the house is being started again. What it is told on its
command line: its folder, the memory it may use, and after how many seconds without a question it leaves.

    GET  /ping                          every lane answers one small query: "Ok." and the mark it was started with
    POST /?query=…&param_name=…         a query, or an INSERT … FORMAT x with its rows in the body
    POST /stop                          finish what is under way and leave

One lane inserts and two read. Each is a thread with a connection of its own, since chDB mixes up the answers of two
queries on one connection.
"""

import argparse
import fcntl
import os
import re
import signal
import socketserver
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as TookTooLong
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LOCK, SOCKET, STORE = "engine.lock", "engine.sock", "store"
BODY_BYTES_MAX = 256 * 1024 * 1024
WAITING_MAX = 16
"""Queries that may wait for a lane; more are told to come again."""
ANSWER_SECONDS_MAX = 30.0
LOOK_SECONDS = 1.0
STOP_SECONDS_MAX = 5.0
HELD_BY_ANOTHER = 3
INSERT = re.compile(r"(INSERT\s.+)\sFORMAT\s+(\w+)\s*", re.IGNORECASE | re.DOTALL)

SMALL = {
    "mark_cache_size": 16_777_216,
    "index_mark_cache_size": 8_388_608,
    "primary_index_cache_size": 16_777_216,
    "query_condition_cache_size": 4_194_304,
    "uncompressed_cache_size": 0,
    "background_pool_size": 2,
    "background_schedule_pool_size": 4,
    "background_common_pool_size": 2,
    "background_move_pool_size": 1,
    "background_fetches_pool_size": 1,
    "max_thread_pool_size": 64,
}
"""chDB takes the whole machine if nobody says otherwise."""


class Lane:
    """Threads of which each has a connection of its own, and what they have been given to do."""

    def __init__(self, name: str, threads: int, address: str) -> None:
        self.address, self.own = address, threading.local()
        self.threads = ThreadPoolExecutor(threads, name, self.open)
        self.given: set[Future[bytes]] = set()

    def open(self) -> None:
        # Half a gigabyte of library: loaded once the lock is held, not by whoever only finds it taken.
        from chdb.session import Session  # noqa: PLC0415

        self.own.session = Session(self.address)  # type: ignore[no-untyped-call]

    def give(self, do: Callable[..., bytes], *what: object) -> "Future[bytes]":
        given = self.threads.submit(do, *what)
        self.given.add(given)
        given.add_done_callback(self.given.discard)
        return given

    def query(self, sql: str, form: str, values: dict[str, str]) -> bytes:
        return bytes(self.own.session.query(sql, form, params=values or None).bytes() or b"")

    def insert(self, sql: str, form: str, rows: bytes) -> bytes:
        with self.own.session.send_insert(sql, form) as into:
            into.append(rows)
            into.finish()
        return b""

    def ping(self) -> None:
        """It is well if it answers this, or anything that was asked before: a long queue is no hang."""
        before = set(self.given)
        asked = self.give(self.query, "SELECT 1", "TSV", {})
        done, _ = wait({asked, *before}, ANSWER_SECONDS_MAX, FIRST_COMPLETED)
        if not done:
            raise TookTooLong
        if asked in done:
            asked.result()


class Lanes:
    """One lane writes, one reads."""

    def __init__(self, memory_bytes: int) -> None:
        settings = {**SMALL, "max_server_memory_usage": memory_bytes}
        address = f"{Path(STORE).absolute()}?{'&'.join(f'{name}={value}' for name, value in settings.items())}"
        self.writer, self.readers = Lane("writer", 1, address), Lane("reader", 2, address)
        self.room = threading.BoundedSemaphore(WAITING_MAX)
        self.writer.ping()

    def ask(self, sql: str, form: str, values: dict[str, str], body: bytes) -> bytes:
        insert = INSERT.fullmatch(sql)
        if insert:
            asked = self.writer.give(self.writer.insert, insert[1], insert[2], body)
        else:
            lane = self.readers if sql.lstrip()[:6].upper() == "SELECT" else self.writer
            asked = lane.give(lane.query, sql, form, values)
        return asked.result(ANSWER_SECONDS_MAX)

    def ping(self) -> None:
        self.writer.ping()
        self.readers.ping()

    def close(self) -> None:
        self.writer.threads.shutdown()
        self.readers.threads.shutdown(cancel_futures=True)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Engine"

    def do_GET(self) -> None:
        self.server.asked_at = time.monotonic()
        try:
            self.server.lanes.ping()
        except Exception as problem:
            self.answer(500, words_of(problem))
        else:
            self.answer(200, f"Ok. {self.server.mark}".encode())

    def do_POST(self) -> None:
        self.server.asked_at = time.monotonic()
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= BODY_BYTES_MAX:
            self.close_connection = True
            self.answer(413, b"too much at once")
            return
        body = self.rfile.read(length)
        address = urlsplit(self.path)
        if address.path == "/stop":
            self.answer(200, b"Ok.\n")
            self.server.leave()
        elif self.server.lanes.room.acquire(blocking=False):
            try:
                self.ask(dict(parse_qsl(address.query, keep_blank_values=True)), body)
            finally:
                self.server.lanes.room.release()
        else:
            self.answer(503, b"too many at once")

    def ask(self, asked: dict[str, str], body: bytes) -> None:
        values = {name.removeprefix("param_"): value for name, value in asked.items() if name.startswith("param_")}
        sql = asked["query"] if "query" in asked else body.decode()
        try:
            found = self.server.lanes.ask(sql, asked.get("default_format", "TabSeparated"), values, body)
        except TookTooLong:
            self.answer(504, b"took too long")
        except Exception as problem:
            self.answer(500, words_of(problem))
        else:
            self.answer(200, found)

    def answer(self, status: int, words: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    def log_message(self, *_: Any) -> None:
        """Nobody reads a line for each question."""

    def address_string(self) -> str:
        return "house"


def words_of(problem: Exception) -> bytes:
    return (str(problem) or type(problem).__name__).encode(errors="replace")[:2000]


class Engine(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, lanes: Lanes, mark: str) -> None:
        # The name is a relative one: a path to a socket has 107 bytes at most, and a data directory may lie deep.
        Path(SOCKET).unlink(missing_ok=True)
        self.lanes, self.mark, self.asked_at = lanes, mark, time.monotonic()
        super().__init__(SOCKET, Handler)

    def leave(self) -> None:
        threading.Thread(target=self.shutdown, daemon=True).start()

    def watch(self, idle_seconds: float) -> None:
        """Leave when nobody has asked for long, or the folder was taken away: a house that lives asks every few
        seconds, and what has no folder keeps nothing."""
        while time.monotonic() - self.asked_at < idle_seconds and Path(LOCK).exists():
            time.sleep(LOOK_SECONDS)
        self.leave()

    def handle_error(self, *_: Any) -> None:
        """Whoever asked has gone; there is nobody to tell."""


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--memory-bytes", type=int, required=True)
    parser.add_argument("--idle-seconds", type=float, required=True)
    parser.add_argument("--mark", required=True)
    given = parser.parse_args()
    os.umask(0o077)
    os.chdir(given.home)
    lock = os.open(LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return HELD_BY_ANOTHER
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    lanes = Lanes(given.memory_bytes)
    engine = Engine(lanes, given.mark)
    signal.signal(signal.SIGTERM, lambda *_: engine.leave())
    threading.Thread(target=engine.watch, args=(given.idle_seconds,), daemon=True).start()
    engine.serve_forever(poll_interval=0.5)
    # Nothing that was acknowledged waits in memory, so an engine that does not close in time may be cut off.
    threading.Timer(STOP_SECONDS_MAX, os._exit, (0,)).start()
    lanes.close()
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
