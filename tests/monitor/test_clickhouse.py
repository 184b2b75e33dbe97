"""A ClickHouse at an address: the same statements over TCP. What answers here is the real engine behind a forwarder."""

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from dure.kit import Refused
from dure.monitor import Away, CountsAsked, LinesAsked, ServiceKey
from dure.monitor.engines.chdb import Chdb
from dure.monitor.engines.clickhouse import ClickHouse, TooMuch
from tests.monitor.test_store import line, metric
from tests.parts.ports import free_port

KEY = ServiceKey(1, 2, "web")
NOW = int(time.time())


class Forwarder:
    """Carries bytes between a port and the engine's socket, and keeps what was asked."""

    def __init__(self, engine: Chdb, port: int) -> None:
        self.engine, self.asked = engine, b""
        self.lines: list[socket.socket] = []
        self.door = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.door.accept()
                far = socket.socket(socket.AF_UNIX)
                self.lines += [near, far]
                far.connect(str(self.engine.home / "engine.sock"))
                for one, other, kept in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self.carry, args=(one, other, kept), daemon=True).start()

    def carry(self, one: socket.socket, other: socket.socket, kept: bool) -> None:
        with suppress(OSError):
            while piece := one.recv(65_536):
                self.asked += piece if kept else b""
                other.sendall(piece)
            other.shutdown(socket.SHUT_WR)


@pytest.fixture
def forwarder(chdb: Chdb) -> Iterator[Forwarder]:
    chdb.insert_metrics([metric(KEY, NOW)], secrets.token_hex(8))
    forwarder = Forwarder(chdb, free_port())
    yield forwarder
    for one in (forwarder.door, *forwarder.lines):
        one.close()


def test_the_same_over_tcp_with_a_password(forwarder: Forwarder) -> None:
    host, port = forwarder.door.getsockname()
    store = ClickHouse(f"http://dure:s%40crt@{host}:{port}")
    store.start()
    store.insert_logs([line(KEY, 1, "hello")], secrets.token_hex(8))
    asked = CountsAsked(key=KEY, since=NOW - 60, until=NOW + 60, step_seconds=120)

    assert [row.body for row in store.lines(LinesAsked(key=KEY))] == ["hello"]
    assert [count.requests for count in store.counts(asked)] == [1]
    assert b"Authorization: Basic ZHVyZTpzQGNydA==" in forwarder.asked
    assert store.state().word == "here"
    store.stop()


def test_a_server_that_is_not_there_is_away() -> None:
    store = ClickHouse(f"http://127.0.0.1:{free_port()}")

    with pytest.raises(Away):
        store.lines(LinesAsked(key=KEY))
    assert store.state().word == "away"


def test_a_question_that_takes_too_much_is_refused_and_hurts_nobody(chdb: Chdb) -> None:
    with pytest.raises(TooMuch):
        chdb.select(
            "SELECT count() FROM numbers(1e12) WHERE sipHash64(number) = 1 SETTINGS max_execution_time=1", {}, "TSV"
        )
    with pytest.raises(TooMuch):
        chdb.select("SELECT groupArray(number) FROM numbers(1e9) SETTINGS max_memory_usage=50000000", {}, "TSV")
    chdb.insert_metrics([metric(KEY, NOW)], secrets.token_hex(8))

    assert chdb.state().restarts == 0


@pytest.mark.parametrize("url", ["", "clickhouse://x", "http://", "/path", "file:///etc/passwd"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(Refused):
        ClickHouse(url)
