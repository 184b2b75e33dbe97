"""The engine's process on bad days: killed, stopped, absent, left behind, asked by two."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from dure.monitor import Away, LinesAsked, MetricRow, ServiceKey, Telemetry
from dure.monitor.engines import chdb as engine_module
from dure.monitor.engines.chdb import Chdb
from dure.monitor.store import CountsAsked
from tests.monitor.conftest import engine_in
from tests.monitor.test_store import line, metric

KEY = ServiceKey(7, 8, "web")
SECONDS_MAX = 30.0
NOW = int(time.time())


def until(is_so: Callable[[], object]) -> None:
    give_up_at = time.monotonic() + SECONDS_MAX
    while not is_so():
        assert time.monotonic() < give_up_at, "it took too long"
        time.sleep(0.02)


def counted(engine: Chdb) -> int:
    asked = CountsAsked(key=KEY, since=NOW - 86_400, until=NOW + 86_400, step_seconds=86_400)
    return sum(slot.requests for slot in engine.counts(asked))


def counted_soon(engine: Chdb) -> int:
    """Asked again while it is away."""
    found: list[int] = []

    def ask() -> bool:
        with suppress(Away):
            found.append(counted(engine))
        return bool(found)

    until(ask)
    return found[-1]


def put(engine: Chdb, rows: int = 1) -> None:
    engine.insert_metrics([metric(KEY, NOW) for _ in range(rows)], secrets.token_hex(8))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_it_sleeps_until_something_is_wanted(chdb: Chdb) -> None:
    time.sleep(0.5)
    assert chdb.holder() is None
    assert chdb.state().word == "asleep"

    put(chdb)

    assert chdb.holder() is not None
    assert chdb.state().word == "here"
    assert counted(chdb) == 1


def test_killed_during_inserts_it_loses_nothing_that_it_acknowledged(chdb: Chdb) -> None:
    acknowledged: list[int] = []
    stopping = threading.Event()
    rows = [metric(KEY, NOW) for _ in range(500)]

    def insert() -> None:
        while not stopping.is_set():
            token = secrets.token_hex(8)
            while not stopping.is_set():
                try:
                    chdb.insert_metrics(rows, token)
                except Away:
                    time.sleep(0.02)
                    continue
                acknowledged.append(len(rows))
                break

    def wait_for_more(batches: int) -> None:
        before = len(acknowledged)
        until(lambda: len(acknowledged) > before + batches)

    writers = [threading.Thread(target=insert) for _ in range(2)]
    for writer in writers:
        writer.start()
    killed = set()
    for _ in range(5):
        wait_for_more(10)
        pid = chdb.holder()
        assert pid
        assert pid not in killed
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)
    wait_for_more(3)
    stopping.set()
    for writer in writers:
        writer.join()

    assert counted_soon(chdb) in range(sum(acknowledged), sum(acknowledged) + 2 * len(rows) + 1), (
        "a batch that was under way at the very end may be there as well, none twice"
    )
    assert chdb.state().restarts >= 5


def test_one_that_hangs_is_replaced(chdb: Chdb) -> None:
    put(chdb, 3)
    hanging = chdb.holder()
    assert hanging
    os.kill(hanging, signal.SIGSTOP)
    began = time.monotonic()

    until(lambda: chdb.holder() not in (hanging, None) and chdb.state().word == "here")

    assert time.monotonic() - began < 10
    assert not alive(hanging)
    assert counted_soon(chdb) == 3


def test_the_house_goes_on_while_it_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine that cannot start at all: everything waits, is bounded, and arrives once it can."""
    broken = tmp_path / "chdb_process.py"
    broken.write_text("raise SystemExit('no engine on this machine')")
    real = engine_module.PROCESS
    monkeypatch.setattr(engine_module, "PROCESS", broken)
    with engine_in(tmp_path / "telemetry") as engine:
        telemetry = Telemetry(engine)
        telemetry.metrics.put([metric(KEY, NOW)] * 10)
        with pytest.raises(Away):
            telemetry.flush()
        until(lambda: engine.state().word == "away")
        began = time.monotonic()
        with pytest.raises(Away):
            engine.lines(LinesAsked(key=KEY))

        assert time.monotonic() - began < 0.5, "nobody waits for one that is known to be away"
        assert "no engine on this machine" in engine.state().why
        assert telemetry.standing().waiting == 10

        monkeypatch.setattr(engine_module, "PROCESS", real)

        def flushed() -> bool:
            with suppress(Away):
                telemetry.flush()
            return telemetry.standing().waiting == 0

        until(flushed)
        assert counted(engine) == 10


def test_the_next_house_goes_on_with_the_same_process(tmp_path: Path) -> None:
    """As after a kill -9 of the house: nobody told the engine to leave."""
    home = tmp_path / "telemetry"
    script = f"""
import sys; sys.path[:0] = {sys.path!r}
from pathlib import Path
from dure.monitor.engines.chdb import Chdb
from tests.monitor.test_engine import put
import os
engine = Chdb(Path({str(home)!r})); engine.start(); put(engine, 5)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, timeout=60)
    assert done.returncode == -9, done.stderr
    with engine_in(home) as engine:
        left = engine.holder()
        assert left
        assert alive(left)
        until(lambda: engine.state().word == "here")
        put(engine)

        assert counted(engine) == 6
        assert engine.holder() == left
        assert engine.child is None, "no second one was begun"
    assert not alive(left)


def test_one_left_behind_that_hangs_is_ended(tmp_path: Path) -> None:
    home = tmp_path / "telemetry"
    with engine_in(home) as first:
        put(first)
        hanging = first.holder()
        assert hanging
        first.stopping.set()
        os.kill(hanging, signal.SIGSTOP)
        with engine_in(home) as second:
            assert counted_soon(second) == 1
            assert second.holder() != hanging
            assert not alive(hanging)


def test_two_who_begin_at_once_share_one(tmp_path: Path) -> None:
    home = tmp_path / "telemetry"
    with engine_in(home) as first, engine_in(home) as second:
        threads = [threading.Thread(target=put, args=(one, 2)) for one in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        holders = {first.holder(), second.holder()}

        assert counted_soon(first) == counted_soon(second) == 4
        assert len(holders) == 1


def test_two_houses_have_two(tmp_path: Path) -> None:
    with engine_in(tmp_path / "one") as one, engine_in(tmp_path / "two") as two:
        put(one, 2)
        put(two, 3)

        assert (counted(one), counted(two)) == (2, 3)
        assert one.holder() != two.holder()


def test_a_house_may_lie_deep(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 30) / ("deeper" * 20) / "telemetry"
    with engine_in(home) as engine:
        put(engine)

        assert counted(engine) == 1


def test_it_leaves_when_its_house_is_gone_for_long(tmp_path: Path) -> None:
    with engine_in(tmp_path / "telemetry", idle_seconds=2) as engine:
        put(engine)
        pid = engine.holder()
        assert pid
        time.sleep(3)
        assert engine.holder() == pid, "the watchdog's questions keep it"
        engine.stopping.set()
        until(lambda: engine.holder() is None)


def test_it_leaves_when_its_folder_was_taken_away(tmp_path: Path) -> None:
    with engine_in(tmp_path / "telemetry") as engine:
        put(engine)
        pid = engine.holder()
        assert pid
        engine.stopping.set()
        shutil.rmtree(engine.home)
        until(lambda: not alive(pid))


def test_stopping_keeps_what_was_taken_and_starting_finds_it(tmp_path: Path) -> None:
    home = tmp_path / "telemetry"
    with engine_in(home) as engine:
        put(engine, 4)
        pid = engine.holder()
    assert pid
    assert not alive(pid)
    with engine_in(home) as engine:
        assert counted(engine) == 4


def test_it_knows_nothing_of_our_environment(chdb: Chdb, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DURE_MASTER_KEY_PASSPHRASE", "very secret")
    put(chdb)

    assert b"secret" not in Path(f"/proc/{chdb.holder()}/environ").read_bytes()


def test_many_who_ask_at_once_are_all_answered(chdb: Chdb) -> None:
    telemetry = Telemetry(chdb)
    chdb.insert_logs([line(KEY, number, f"line {number} {'x' * 200}") for number in range(5000)], secrets.token_hex(8))
    answers: list[int] = []

    def ask() -> None:
        answers.append(len(telemetry.lines(LinesAsked(key=KEY, words=("line 4",), limit=1000))))

    threads = [threading.Thread(target=ask) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [1000] * 24


def test_its_memory_is_bounded(chdb: Chdb) -> None:
    rows = [
        MetricRow(
            ts=NOW - number % 3600,
            project=7,
            environment=8,
            service="web",
            version=f"1.{number % 5}",
            requests=1,
            errors=0,
            latency=[1] * 20,
        )
        for number in range(50_000)
    ]
    for _ in range(4):
        chdb.insert_metrics(rows, secrets.token_hex(8))
    assert counted(chdb) == 200_000

    resident = Path(f"/proc/{chdb.holder()}/statm").read_text().split()
    own = (int(resident[1]) - int(resident[2])) * os.sysconf("SC_PAGE_SIZE")
    assert own < 400_000_000
