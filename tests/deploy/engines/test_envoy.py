"""The real Envoy between real visitors and real instances."""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from dure.deploy.engines import shim
from dure.deploy.engines.envoy import Envoy
from dure.deploy.engines.envoy.counting import Counter
from dure.deploy.engines.process import SERVICE_USER, Processes
from dure.deploy.platform import Seen
from dure.deploy.traffic import Counts, Route, TrafficRefused
from tests.deploy.engines.ground import alive, get, instance_of, processes_of, shim_of, until, up
from tests.deploy.engines.visitors import Visitors

HOST = "web.staging.shop.localhost"
REPLACEMENTS = 12


@pytest.fixture
def listen() -> Iterator[str]:
    """A port that nobody else takes while the test runs: not another test, and no instance."""
    for port in range(28_000, 29_000):
        held = shim.hold(port)
        if held is not None:
            with held:
                if shim.can_bind(port):
                    yield f"127.0.0.1:{port}"
                    return
    raise AssertionError("no port is free")


@pytest.fixture
def traffic(workshop: Path, listen: str) -> Envoy:
    traffic = Envoy(workshop / "traffic", listen)
    traffic.start()
    return traffic


@pytest.fixture
def port(listen: str) -> int:
    return int(listen.rpartition(":")[2])


@pytest.fixture
def begin(platform: Processes, release: Path) -> Callable[[str], Seen]:
    """Start one instance of a version; it is ready when this returns."""
    return lambda version: up(platform, instance_of(release, key=f"{version}-web-0", version=version))


def route(weights: dict[str, int], *seen: Seen, host: str = HOST) -> Route:
    upstreams = {one.key.partition("-")[0]: [("127.0.0.1", one.port or 0)] for one in seen}
    return Route(host=host, service="web", weights=weights, upstreams=upstreams)


def envoy_pid(workshop: Path) -> int:
    return until(lambda: int(json.loads((workshop / "traffic" / "watched" / "state.json").read_text())["pid"] or 0))


def idle(traffic: Envoy, version: str) -> bool:
    return traffic.counters()[HOST, version].active == 0


def counted(traffic: Envoy, version: str, requests: int, host: str = HOST) -> Counts:
    """The counts, once so many requests and their latencies are in them."""

    def look() -> Counts | None:
        counts = traffic.counters().get((host, version))
        if counts is None or counts.requests < requests:
            return None
        return counts if sum(count for _, count in counts.latency) >= counts.requests - counts.errors else None

    return until(look)


def test_a_visitor_reaches_the_version_and_is_told_which(
    traffic: Envoy, port: int, begin: Callable[[str], Seen]
) -> None:
    traffic.apply([route({"d1": 100}, begin("d1"))])

    status, told, headers = get(port, "/headers", f"{HOST}:{port}")

    assert (status, told["version"], headers["x-dure-version"]) == (200, "d1", "d1")
    assert told["headers"]["host"] == told["headers"]["x-forwarded-host"] == f"{HOST}:{port}"
    assert told["headers"]["x-forwarded-proto"] == "http"
    assert told["headers"]["x-forwarded-for"]
    assert get(port, "/", HOST, "POST", b"x" * 300_000)[1]["size"] == 300_000


def test_who_asks_for_nobody_gets_a_sentence(traffic: Envoy, port: int) -> None:
    traffic.apply([route({"d1": 100}), Route(host="b.localhost", service="b", weights={}, upstreams={})])

    unknown, empty = get(port, "/", "nobody.localhost"), get(port, "/", HOST)

    assert (unknown[0], empty[0], get(port, "/", "b.localhost")[0]) == (404, 503, 503)
    assert "No service answers at this address" in unknown[1]
    assert "does not run" in empty[1]
    assert unknown[2]["content-type"] == empty[2]["content-type"] == "text/html; charset=utf-8"


def test_an_application_that_is_gone_gets_a_sentence_and_its_own_answers_pass(
    traffic: Envoy, platform: Processes, port: int, begin: Callable[[str], Seen]
) -> None:
    traffic.apply([route({"d1": 100}, begin("d1"))])
    assert get(port, "/fail", HOST)[:1] == (500,)
    assert get(port, "/fail", HOST)[1]["version"] == "d1"
    platform.stop("d1-web-0")
    until(lambda: getattr(platform.look("d1-web-0"), "state", "") == "stopped")

    status, told, headers = get(port, "/", HOST)

    assert (status, headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "does not answer just now" in told
    until(lambda: traffic.counters()[HOST, "d1"].errors == 3)
    assert traffic.counters()[HOST, "d1"].requests == 3


def test_weights_are_honoured_and_counted(traffic: Envoy, port: int, begin: Callable[[str], Seen]) -> None:
    one, two = begin("d1"), begin("d2")
    traffic.apply([route({"d1": 80, "d2": 20}, one, two)])
    visitors = Visitors(port, HOST, at_once=4)
    with visitors:
        until(lambda: visitors.requests > 3000)

    assert visitors.failed == []
    got = visitors.versions()
    # Four standard deviations.
    assert abs(got["d2"] / visitors.requests - 0.2) < 4 * (0.2 * 0.8 / visitors.requests) ** 0.5
    for version in ("d1", "d2"):
        counts = counted(traffic, version, got[version])
        assert (counts.requests, counts.errors, counts.active) == (got[version], 0, 0)
        assert sum(count for _, count in counts.latency) == got[version]


def test_latencies_and_errors_are_counted(traffic: Envoy, port: int, begin: Callable[[str], Seen]) -> None:
    traffic.apply([route({"d1": 100}, begin("d1"))])
    for path in ("/slow/0.3", "/slow/0.3", "/fail", "/"):
        get(port, path, HOST)

    counts = counted(traffic, "d1", 4)

    assert (counts.requests, counts.errors) == (4, 1)
    assert sum(count for edge, count in counts.latency if edge >= 320) == 2
    assert sum(count for _, count in counts.latency) == 4


def test_replacing_under_load_drops_nothing(
    traffic: Envoy, platform: Processes, port: int, begin: Callable[[str], Seen]
) -> None:
    """New version beside the old one, half of the visitors, all of them, the old one drained and then killed."""
    old = begin("d0")
    traffic.apply([route({"d0": 100}, old)])
    with Visitors(port, HOST) as visitors:
        for number in range(1, REPLACEMENTS + 1):
            new = begin(f"d{number}")
            was, now = f"d{number - 1}", f"d{number}"
            traffic.apply([route({was: 50, now: 50}, old, new)])
            traffic.apply([route({was: 0, now: 100}, old, new)])
            until(partial(idle, traffic, was))
            traffic.apply([route({now: 100}, new)])
            platform.stop(old.key, grace_seconds=0)
            old = new
        until(lambda: visitors.versions()[f"d{REPLACEMENTS}"] > 50)

    assert visitors.failed == []
    assert visitors.requests > 500
    assert len(visitors.versions()) == REPLACEMENTS + 1
    assert list(traffic.counters()) == [(HOST, f"d{REPLACEMENTS}")]


def test_an_instance_that_moves_to_another_port_drops_nothing(
    traffic: Envoy, port: int, platform: Processes, release: Path
) -> None:
    """The same version, other upstreams: as when a second instance comes and the first one goes."""
    seen = [up(platform, instance_of(release, key=f"d1-web-{number}", version="d1")) for number in range(2)]
    one, two = (("127.0.0.1", each.port or 0) for each in seen)
    with_upstreams = [[one], [one, two], [two], [one, two]]
    traffic.apply([Route(host=HOST, service="web", weights={"d1": 100}, upstreams={"d1": [one]})])
    with Visitors(port, HOST) as visitors:
        for upstreams in with_upstreams * 5:
            traffic.apply([Route(host=HOST, service="web", weights={"d1": 100}, upstreams={"d1": upstreams})])
            time.sleep(0.05)

    assert visitors.failed == []
    counted(traffic, "d1", visitors.requests)
    assert traffic.counters()[HOST, "d1"].requests == visitors.requests


def test_a_long_answer_outlives_its_version(traffic: Envoy, port: int, begin: Callable[[str], Seen]) -> None:
    one, two = begin("d1"), begin("d2")
    traffic.apply([route({"d1": 100}, one, two)])
    answers: list[tuple[int, str]] = []
    visitor = threading.Thread(target=lambda: answers.append(get(port, "/slow/1.5", HOST)[:2]))
    visitor.start()
    until(lambda: traffic.counters()[HOST, "d1"].active == 1)

    traffic.apply([route({"d1": 0, "d2": 100}, one, two)])
    assert traffic.counters()[HOST, "d1"].active == 1
    assert get(port, "/", HOST)[1]["version"] == "d2"
    traffic.apply([route({"d2": 100}, two)])
    assert traffic.counters()[HOST, "d1"].active == 1
    visitor.join()

    assert answers[0][0] == 200
    until(lambda: traffic.counters()[HOST, "d1"].active == 0)
    traffic.tend()
    assert (HOST, "d1") not in traffic.counters()


def test_a_socket_stays_open_through_a_change(traffic: Envoy, port: int, begin: Callable[[str], Seen]) -> None:
    """A visitor who changed to a web socket is not cut off by a change of weights."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=echo, args=(server,), daemon=True).start()
        first = ("127.0.0.1", server.getsockname()[1])
        second = ("127.0.0.1", begin("d2").port or 0)

        def change(weights: dict[str, int]) -> None:
            traffic.apply([Route(host=HOST, service="web", weights=weights, upstreams={"d1": [first], "d2": [second]})])

        change({"d1": 100})
        with socket.create_connection(("127.0.0.1", port), timeout=10) as visitor:
            visitor.sendall(
                f"GET /ws HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
            )
            assert visitor.recv(4096).startswith(b"HTTP/1.1 101")
            change({"d1": 0, "d2": 100})
            visitor.sendall(b"still here")
            assert visitor.recv(4096) == b"still here"
            assert traffic.counters()[HOST, "d1"].active == 1


def echo(server: socket.socket) -> None:
    one, _ = server.accept()
    with one:
        one.recv(4096)
        one.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
        while said := one.recv(4096):
            one.sendall(said)


def test_a_killed_envoy_is_back_and_its_counts_only_grow(
    traffic: Envoy, workshop: Path, port: int, begin: Callable[[str], Seen]
) -> None:
    traffic.apply([route({"d1": 100}, begin("d1"))])
    for _ in range(7):
        get(port, "/", HOST)
    before = counted(traffic, "d1", 7)
    killed = envoy_pid(workshop)

    os.kill(killed, signal.SIGKILL)
    began = time.monotonic()
    until(lambda: envoy_pid(workshop) != killed and traffic.alive())
    away = time.monotonic() - began
    for _ in range(2):
        get(port, "/", HOST)
    after = counted(traffic, "d1", 9)

    assert away < 1.0
    assert (before.requests, after.requests) == (7, 9)
    assert sum(count for _, count in after.since(before).latency) == 2


def test_another_house_finds_it_as_it_was(
    traffic: Envoy, workshop: Path, listen: str, port: int, begin: Callable[[str], Seen]
) -> None:
    one, two = begin("d1"), begin("d2")
    traffic.apply([route({"d1": 100}, one)])
    get(port, "/", HOST)
    pid = envoy_pid(workshop)
    with Visitors(port, HOST) as visitors:
        again = Envoy(workshop / "traffic", listen)
        again.start()
        assert (HOST, "d1") in again.counters()
        again.apply([route({"d1": 50, "d2": 50}, one, two)])
        until(lambda: visitors.versions()["d2"] > 10)

    assert visitors.failed == []
    assert envoy_pid(workshop) == pid


def test_its_shim_may_be_killed(traffic: Envoy, workshop: Path, port: int, begin: Callable[[str], Seen]) -> None:
    traffic.apply([route({"d1": 100}, begin("d1"))])
    watched, pid = workshop / "traffic" / "watched", envoy_pid(workshop)
    os.kill(shim_of(watched), signal.SIGKILL)
    assert get(port, "/", HOST)[0] == 200

    until(lambda: not alive(shim_of(watched)))
    traffic.tend()
    until(lambda: not alive(pid) and traffic.alive())

    assert get(port, "/", HOST)[0] == 200
    assert len(processes_of(workshop / "traffic")) == 2


def test_a_port_that_is_taken_is_said_and_tried_again(workshop: Path, listen: str, port: int) -> None:
    traffic = Envoy(workshop / "traffic", listen)
    with socket.create_server(("127.0.0.1", port)):
        with pytest.raises(TrafficRefused, match="already listens"):
            traffic.start()
        traffic.tend()
        assert not traffic.alive()
        with pytest.raises(TrafficRefused, match="has not taken"):
            traffic.apply([])

    traffic.tend()
    assert traffic.alive()
    traffic.stop()
    assert not traffic.alive()
    traffic.tend()
    assert not traffic.alive()


@pytest.mark.parametrize(
    "wrong",
    [
        [Route(host="*", service="a", weights={}, upstreams={})],
        [Route(host="A.localhost", service="a", weights={}, upstreams={})],
        [Route(host="a.localhost", service="a", weights={}, upstreams={})] * 2,
        [Route(host="a.localhost", service="a", weights={"d1": -1}, upstreams={})],
    ],
)
def test_what_cannot_be_a_route_is_refused(workshop: Path, wrong: list[Route]) -> None:
    with pytest.raises(TrafficRefused):
        Envoy(workshop / "traffic", "127.0.0.1:28480").apply(wrong)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have another user run it")
@pytest.mark.usefixtures("traffic")
def test_it_is_not_root_and_its_socket_is_closed_to_services(workshop: Path) -> None:
    assert Path(f"/proc/{envoy_pid(workshop)}").stat().st_uid not in (0, SERVICE_USER)
    run = workshop / "traffic" / "run"
    assert (run / "own").stat().st_mode & 0o777 == 0o700
    assert (run.stat().st_uid, run.stat().st_mode & 0o777) == (0, 0o750)


def test_counts_are_summed_over_processes(tmp_path: Path) -> None:
    counter = Counter(tmp_path / "counted.json")
    seven, three = Counts(requests=7, errors=2, latency=((10, 7),), active=1), Counts(requests=3, latency=((20, 3),))

    counter.take("1", {"a": seven})
    counter.take("1", {"a": seven})
    counter.take("2", {})
    assert counter.so_far("a").requests == 7
    counter.take("2", {"a": three})
    counter.take("2", {"a": three})
    # A cluster that went and came again begins anew within one process.
    counter.take("2", {"a": Counts(requests=1)})

    assert counter.so_far("a") == Counts(requests=11, errors=2, latency=((10, 7), (20, 3)))
    another_house = Counter(tmp_path / "counted.json")
    another_house.take("2", {"a": Counts(requests=2)})
    assert another_house.so_far("a").requests == 12
    later = Counter(tmp_path / "counted.json")
    later.take("3", {"a": Counts(requests=1)})
    assert later.so_far("a").requests == 1
    counter.forget_all_but(set())
    assert counter.so_far("a") == Counts()
