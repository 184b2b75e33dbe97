"""The stream of what happens: in order, with a heartbeat, resumed where it stopped, closed with the page."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec


@contextmanager
def listening(http: httpx.Client, **headers: str) -> Iterator[Iterator[str]]:
    with http.stream("GET", "/live?about=bench:1", headers={"Accept-Encoding": "gzip", **headers}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        assert answer.headers["x-accel-buffering"] == "no"
        yield answer.iter_lines()


def happenings(lines: Iterator[str], count: int) -> list[tuple[int, str]]:
    heard: list[tuple[int, str]] = []
    number = 0
    while len(heard) < count:
        line = next(lines)
        if line.startswith("id: "):
            number = int(line[4:])
        elif line.startswith("data: "):
            heard.append((number, msgspec.json.decode(line[6:])["sentence"]))
    return heard


def poke(http: httpx.Client, words: str) -> None:
    assert http.post("/poke", data={"words": words}).status_code == 303


def test_what_happens_is_heard_and_resumed(http: httpx.Client) -> None:
    with listening(http) as lines:
        assert next(lines) == "retry: 2000"
        assert ":" in (next(lines), next(lines), next(lines))
        poke(http, "first")
        ((first, words),) = happenings(lines, 1)
        assert words == "first"
    poke(http, "second\nid: 99")
    poke(http, "third")
    with listening(http, **{"Last-Event-ID": str(first)}) as lines:
        assert happenings(lines, 2) == [(first + 1, "second\nid: 99"), (first + 2, "third")]
    with http.stream("GET", f"/live?after={first + 1}") as answer:
        assert happenings(answer.iter_lines(), 1) == [(first + 2, "third")]


def test_a_place_that_cannot_be_read_is_none(http: httpx.Client) -> None:
    for place in ("x", "-1", "9" * 40, "١٢"):
        with http.stream("GET", "/live", params={"after": place}) as answer:
            assert answer.status_code == 200
            assert next(answer.iter_lines()) == "retry: 2000"


def test_whoever_leaves_is_followed_no_more(http: httpx.Client) -> None:
    for _ in range(3):
        with listening(http) as lines:
            next(lines)
    give_up_at = time.monotonic() + 20
    while http.get("/listening").text != "0":
        assert time.monotonic() < give_up_at, "streams of closed pages are still open"
        time.sleep(0.05)
