"""What the collector makes of counts and logs, and what it remembers over a restart of the house."""

import logging
import time
from pathlib import Path

import pytest

from dure import deploy
from dure.deploy import Placed
from dure.deploy.traffic import Counts
from dure.ledger import HOUSE
from dure.monitor import Collector, LinesAsked, ServiceKey
from dure.monitor.engines.pretend import Pretend
from tests.monitor.site import Site

WEB = "web.production.shop.localhost"


def web(site: Site) -> ServiceKey:
    return ServiceKey(site.shop.id, site.production, "web")


def bodies(site: Site, version: str = "") -> list[str]:
    site.telemetry.flush()
    return [row.body for row in site.telemetry.lines(LinesAsked(key=web(site), limit=1000, version=version))]


def next_house(site: Site) -> Collector:
    """A collector that knows only what the last one wrote down."""
    return Collector(
        site.telemetry,
        lambda: site.house.read_now(HOUSE, deploy.running),
        site.traffic.counters,
        lambda key: site.logs / f"{key}.log",
        site.collector.memory,
    )


def test_only_what_was_added_is_counted(site: Site, store: Pretend) -> None:
    site.serve("d1", 1000)
    site.collector.once()
    site.serve("d1", 30, errors=2)
    site.serve("d2", 5, edge=640)
    site.collector.once()
    site.collector.once()
    site.telemetry.flush()

    assert [(row.version, row.requests, row.errors, sum(row.latency)) for row in store.metrics] == [
        ("1.4.0", 30, 2, 30),
        ("1.5.0", 5, 0, 5),
    ]
    assert {row.project for row in store.metrics} == {site.shop.id}


def test_counts_that_begin_anew_are_added_whole(site: Site, store: Pretend) -> None:
    site.serve("d1", 1000)
    site.collector.once()
    site.traffic.counts[WEB, "d1"] = Counts(requests=7, errors=1, latency=((10, 7),))
    site.collector.once()
    site.telemetry.flush()

    assert [(row.requests, row.errors) for row in store.metrics] == [(7, 1)]


def test_who_nobody_knows_is_not_counted(site: Site, store: Pretend) -> None:
    site.collector.once()
    site.traffic.counts["elsewhere.localhost", "d1"] = Counts(requests=7)
    site.serve("d99", 7)
    site.collector.once()
    site.telemetry.flush()

    assert not store.metrics


def test_the_last_minute_stands_in_memory(site: Site, store: Pretend) -> None:
    store.away = True
    site.collector.once()
    site.serve("d1", 120, errors=12, edge=28)
    site.collector.once()

    (pulse,) = site.telemetry.pulses(site.shop.id)
    assert (pulse.version, pulse.requests_per_second, pulse.error_share) == ("1.4.0", 2.0, 0.1)
    assert pulse.p95_ms is not None
    assert 20 < pulse.p95_ms <= 28
    assert sum(pulse.each_second) == 120
    assert site.telemetry.pulses(site.shop.id + 1) == []


def test_lines_of_every_instance_come_in_order(site: Site) -> None:
    with (site.logs / "d1-web-0.log").open("w") as one, (site.logs / "d2-web-0.log").open("w") as two:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        for number in range(6):
            (one if number % 2 else two).write(f"{stamp}.{number:03d}Z line {number}\n")
    site.collector.once()

    assert bodies(site) == [f"line {number}" for number in range(6)]
    assert bodies(site, version="1.5.0") == ["line 0", "line 2", "line 4"]


def test_the_next_house_goes_on_where_this_one_stopped(site: Site) -> None:
    site.write("d1-web-0", "one", "two")
    site.collector.once()
    site.telemetry.flush()
    site.write("d1-web-0", "three")
    collector = next_house(site)
    collector.once()

    assert bodies(site) == ["one", "two", "three"]
    site.collector.memory.write_bytes(b"{nonsense")
    assert next_house(site).positions == {}


def test_lines_that_were_not_kept_are_read_again(site: Site, store: Pretend) -> None:
    """The house is killed while the store is away: what waited in memory is still in the file."""
    store.away = True
    site.write("d1-web-0", "one")
    site.collector.once()
    store.away = False
    site.telemetry.logs.parcels.clear()

    next_house(site).once()

    assert bodies(site) == ["one"]


def test_last_words_of_an_instance_that_is_gone(site: Site) -> None:
    site.write("d2-web-0", "hello")
    site.collector.once()

    site.house.write_now(HOUSE, lambda work: work.session.delete(work.session.get_one(Placed, 2)))
    site.write("d2-web-0", "last words")
    site.collector.once()

    assert bodies(site) == ["hello", "last words"]


def test_hostile_lines_are_kept_harmless(site: Site) -> None:
    with (site.logs / "d1-web-0.log").open("wb") as log:
        log.write(
            b"nul \x00 here\n\xff\xfe not utf-8 \x80\n\n\r\n" + b"m" * 1_000_000 + b"\n<script>alert(1)</script>\n"
        )
        log.write(b"\x1b[31mred\x1b[0m '; DROP TABLE dure.logs; --\nno end")
    site.collector.once()

    found = bodies(site)
    assert found[0] == "nul ␀ here"
    assert found[1] == "�� not utf-8 �"
    assert [len(body) for body in found[2:4]] == [0, 16_000 + len("… (1000000 B)")]
    assert found[4:] == ["<script>alert(1)</script>", "red '; DROP TABLE dure.logs; --"]


def test_a_burst_is_bounded_in_time_and_memory(site: Site, store: Pretend) -> None:
    """A hundred thousand lines at once, again and again, while the store is away."""
    store.away = True
    block = "".join(f"2026-11-21T09:44:00.123Z GET /items/{number} took 12 ms\n" for number in range(100_000))
    log = site.logs / "d1-web-0.log"
    rounds = []
    for _ in range(12):
        with log.open("a") as file:
            file.write(block)
        began = time.monotonic()
        site.collector.once()
        rounds.append(time.monotonic() - began)

    assert site.telemetry.logs.waiting_bytes <= 24_000_000
    assert site.telemetry.logs.dropped == 0, "what does not fit waits in the file"
    assert max(rounds) < 3.0
    store.away = False
    for _ in range(200):
        site.telemetry.flush()
        before = store.logs[-1].id
        site.collector.once()
        site.telemetry.flush()
        if store.logs[-1].id == before:
            break
    notes = [row.body for row in store.logs if row.stream == "dure"]
    assert store.logs[-1].body == "GET /items/99999 took 12 ms"
    assert all("passed over" in note for note in notes)


def test_numbers_wait_while_the_store_is_away_and_the_oldest_go_first(
    site: Site, store: Pretend, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store.away = True
    monkeypatch.setattr(site.telemetry.metrics, "waiting_bytes_max", 3000)
    site.collector.once()
    for number in range(1, 21):
        site.serve("d1", number)
        site.collector.once()
    assert site.telemetry.standing().dropped == 10
    assert "dropped" in caplog.text
    store.away = False
    site.telemetry.flush()

    assert [row.requests for row in store.metrics] == list(range(11, 21))


def test_a_round_that_fails_is_tried_again(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    def broken(key: str) -> Path:
        raise PermissionError(key)

    site.collector.log_path = broken
    with caplog.at_level(logging.ERROR):
        site.collector.start()
        give_up_at = time.monotonic() + 10
        while "trying again" not in caplog.text and time.monotonic() < give_up_at:
            time.sleep(0.05)
    site.collector.log_path = lambda key: site.logs / f"{key}.log"
    site.write("d1-web-0", "after all")
    give_up_at = time.monotonic() + 10
    while not bodies(site) and time.monotonic() < give_up_at:
        time.sleep(0.05)

    assert bodies(site) == ["after all"]
