"""Every store keeps and finds the same: the real engine, and the one in memory that other tests use."""

import random
import secrets
import time
from collections.abc import Iterator

import pytest

from dure.monitor import Counted, CountsAsked, LinesAsked, LogRow, MetricRow, ServiceKey, Store
from dure.monitor.engines.pretend import Pretend
from dure.monitor.latency import EDGES_MS, added, percentile, under_edges
from dure.monitor.rates import rates_in
from dure.monitor.store import Level
from tests.monitor.conftest import engine_in

WEB = ServiceKey(1, 2, "web")
NOW = int(time.time()) // 60 * 60
NOBODY = "nobody'; DROP TABLE dure.logs; --"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with engine_in(tmp_path_factory.mktemp("store")) as engine:
        yield engine


@pytest.fixture(params=["chdb", "pretend"])
def any_store(request: pytest.FixtureRequest) -> Store:
    if request.param == "pretend":
        return Pretend()
    store: Store = request.getfixturevalue("engine")
    return store


@pytest.fixture
def key() -> ServiceKey:
    """A service that no other test knows."""
    return ServiceKey(secrets.randbelow(2**31), 2, "web")


def metric(
    key: ServiceKey, ts: int, version: str = "1.0", requests: int = 1, errors: int = 0, **more: list[int]
) -> MetricRow:
    return MetricRow(
        ts=ts,
        project=key.project,
        environment=key.environment,
        service=key.service,
        version=version,
        requests=requests,
        errors=errors,
        latency=more.get("latency", []),
    )


def line(key: ServiceKey, number: int, body: str, level: Level = "", version: str = "1.0") -> LogRow:
    return LogRow(
        id=NOW * 1_000_000 + number,
        ts=NOW + number / 1000,
        project=key.project,
        environment=key.environment,
        service=key.service,
        version=version,
        instance="d1-web-0",
        stream="app",
        level=level,
        body=body,
    )


def test_counts_and_percentiles_are_those_of_the_answers(any_store: Store, key: ServiceKey) -> None:
    chance = random.Random(4)  # noqa: S311 - no secret
    rows, answers = [], dict[tuple[int, str], list[float]]()
    for second in range(NOW - 300, NOW):
        for version in ("1.9.0", "1.10.0"):
            took = [chance.lognormvariate(3, 1) for _ in range(chance.randrange(4))]
            if not took:
                continue
            answers.setdefault((second // 60 * 60, version), []).extend(took)
            edges = [(next(edge for edge in EDGES_MS if value <= edge), 1) for value in took]
            failed = sum(value > 50 for value in took)
            rows.append(metric(key, second, version, len(took), failed, latency=under_edges(edges)))
    any_store.insert_metrics(rows, secrets.token_hex(8))
    any_store.insert_metrics([metric(ServiceKey(key.project, 3, "web"), NOW - 5)], secrets.token_hex(8))
    asked = CountsAsked(key=key, since=NOW - 300, until=NOW, step_seconds=60)

    rates = rates_in(asked, any_store.counts(asked))

    assert list(rates.versions) == ["1.10.0", "1.9.0"], "the newest first, as people count"
    for version, slots in rates.versions.items():
        for moment, slot in zip(rates.slots, slots, strict=True):
            took = answers[moment, version]
            assert (slot.requests, slot.errors) == (len(took), sum(value > 50 for value in took))
            own: list[int] = []
            for value in took:
                own = added(own, under_edges([(next(edge for edge in EDGES_MS if value <= edge), 1)]))
            assert slot.percentile(0.95) == percentile(own, 0.95)
            true = sorted(took)[max(-(-95 * len(took) // 100) - 1, 0)]
            found = slot.percentile(0.95)
            assert found is not None
            assert next(edge for edge in EDGES_MS if true <= edge) == next(edge for edge in EDGES_MS if found <= edge)


def test_only_the_time_that_was_asked_for(any_store: Store, key: ServiceKey) -> None:
    any_store.insert_metrics([metric(key, NOW - ago) for ago in (121, 120, 61, 60, 1, 0)], secrets.token_hex(8))

    found = any_store.counts(CountsAsked(key=key, since=NOW - 120, until=NOW, step_seconds=60))

    assert found == [Counted(NOW - 120, "1.0", 2, 0, []), Counted(NOW - 60, "1.0", 2, 0, [])]


def test_a_batch_sent_twice_is_kept_once(any_store: Store, key: ServiceKey) -> None:
    token = secrets.token_hex(16)
    for _ in range(3):
        any_store.insert_logs([line(key, 1, "once")], token)
    any_store.insert_logs([line(key, 2, "once")], secrets.token_hex(16))

    assert len(any_store.lines(LinesAsked(key=key))) == 2


def test_lines_newest_first_or_from_one_on(any_store: Store, key: ServiceKey) -> None:
    any_store.insert_logs([line(key, number, f"line {number}") for number in range(10)], secrets.token_hex(8))
    first = NOW * 1_000_000

    def numbers(limit: int = 100, after: int = 0, before: int = 0) -> list[int]:
        asked = LinesAsked(key=key, limit=limit, after=after, before=before)
        return [row.id - first for row in any_store.lines(asked)]

    assert numbers(limit=3) == [9, 8, 7]
    assert numbers(limit=3, before=first + 7) == [6, 5, 4]
    assert numbers(limit=3, after=first + 4) == [5, 6, 7]
    assert numbers(after=first + 9) == []
    assert numbers(after=first + 2, before=first + 5) == [3, 4]


def test_a_line_comes_back_as_it_was(any_store: Store, key: ServiceKey) -> None:
    rows = [
        line(key, place, body, "error", "v\"1'\\")
        for place, body in enumerate(
            ["\x00 \x1b \t \\n", "주문 😀 \u202e", "'\"\\`{}%_", '{"a": [1]}', "", "x" * 16_000]
        )
    ]
    any_store.insert_logs(rows, secrets.token_hex(8))

    assert any_store.lines(LinesAsked(key=key)) == rows[::-1]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("timeout",), [1, 2]),
        (("TIMEOUT", "카드"), [2]),
        (("주문",), [2, 3]),
        (("문이",), [3]),
        (("meo",), [1, 2]),
        (("o",), [1, 2, 5, 6]),
        (("zürich",), [4]),
        (("ÜRI",), [4]),
        (("100%_",), [4]),
        (("'; DROP",), [5]),
        (("a\\'b",), [5]),
        (("\\",), [5]),
        (("{word0:String}",), [6]),
        (("tab\there",), [6]),
        (("\n",), []),
        (("\x00",), []),
        (("' OR 1=1 --",), []),
        (("x" * 60,), []),
        ((NOBODY,), []),
    ],
)
def test_words_are_sought_and_never_obeyed(
    any_store: Store, key: ServiceKey, words: tuple[str, ...], expected: list[int]
) -> None:
    bodies = (
        "Timeout after 5 s",
        "주문 카드 timeout",
        "새 주문이 왔다",
        "Zürich 100%_",
        "it's '; DROP TABLE dure.logs; -- a\\'b",
        "{word0:String} tab\there",
    )
    any_store.insert_logs([line(key, number, body) for number, body in enumerate(bodies, 1)], secrets.token_hex(8))

    found = any_store.lines(LinesAsked(key=key, words=words))

    assert sorted(row.id - NOW * 1_000_000 for row in found) == expected


def test_levels_and_versions(any_store: Store, key: ServiceKey) -> None:
    levels: tuple[Level, ...] = ("", "debug", "info", "warning", "error")
    rows = [line(key, number, "x", level, f"1.{number % 2}") for number, level in enumerate(levels)]
    any_store.insert_logs(rows, secrets.token_hex(8))

    def numbers(level: str = "", version: str = "") -> list[int]:
        found = any_store.lines(LinesAsked(key=key, level=level, version=version))
        return sorted(row.id - NOW * 1_000_000 for row in found)

    assert numbers(level="warning") == [3, 4]
    assert numbers(level="info") == [2, 3, 4]
    assert numbers(level="nonsense") == [0, 1, 2, 3, 4]
    assert numbers(version="1.1") == [1, 3]
    assert numbers(version=NOBODY) == []


def test_what_is_old_goes_by_itself(engine: Store, key: ServiceKey) -> None:
    """The engine drops what is older than its days with the next merge; asking for it finds nothing then."""
    engine.insert_metrics([metric(key, NOW - 40 * 86_400), metric(key, NOW - 10)], secrets.token_hex(8))
    asked = CountsAsked(key=key, since=NOW - 50 * 86_400, until=NOW, step_seconds=86_400)
    give_up_at = time.monotonic() + 20
    while len(engine.counts(asked)) > 1 and time.monotonic() < give_up_at:
        time.sleep(0.2)

    assert [count.requests for count in engine.counts(asked)] == [1]


def test_the_engine_finds_a_rare_word_by_its_index(engine: Store, key: ServiceKey) -> None:
    rows = [line(key, number, f"GET /items/{number} took {number % 77} ms") for number in range(50_000)]
    engine.insert_logs(rows, secrets.token_hex(8))
    began = time.perf_counter()
    found = engine.lines(LinesAsked(key=key, words=("items/43210",)))

    assert len(found) == 1
    assert time.perf_counter() - began < 1.0
