"""`dure up`, `down` and `status`: real processes, from the first answer to a clean end."""

import json
import signal
import socket
import sqlite3
import stat
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.parts.house import dure, running_house
from tests.parts.postgres import postgres

QUICK_SECONDS = 5


def test_a_house_from_its_first_answer_to_ctrl_c(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_house(data) as house:
        assert house.first_link is not None
        assert house.ask("GET", urlsplit(house.first_link).path)[0] == 200
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in data.iterdir())

        told = json.loads(dure("status", "--data", str(data), "--json").out)
        assert (told["running"], told["answers"], told["pid"]) == (True, True, house.process.pid)
        assert told["stuck_deliveries"] == 0

        assert house.stop(signal.SIGINT) == 0
        assert "Stopped." in house.words
        assert "Traceback" not in house.words

    gone = dure("status", "--data", str(data))
    assert gone.code == 3
    assert "No house runs" in gone.out


def test_down_waits_until_it_is_gone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_house(data) as house:
        done = dure("down", "--data", str(data))
        assert (done.code, done.out) == (0, "Stopped.\n")
        assert house.process.wait(10) == 0
    again = dure("down", "--data", str(data))
    assert again.code == 3
    assert "No house runs" in again.err


def test_a_second_house_is_told_who_lives_here(tmp_path: Path) -> None:
    with running_house(tmp_path / "data") as house:
        second = dure("up", "--data", str(house.data), "--listen", "127.0.0.1:0")
        assert second.code == 1
        assert f"process {house.process.pid}" in second.err
        assert "dure down" in second.err

        address = urlsplit(house.url).netloc
        taken = dure("up", "--data", str(tmp_path / "other"), "--listen", address)
        assert taken.code == 1
        assert "already listens" in taken.err
        assert not (tmp_path / "other" / "dure.db").exists(), "nothing is made before the port is ours"

        korean = dure("up", "--data", str(house.data), environment={"DURE_LANGUAGE": "ko"})
        assert korean.code == 1
        assert any("가" <= sign <= "힣" for sign in korean.err)


def test_live_pages_do_not_hold_it_up(tmp_path: Path) -> None:
    """Somebody who follows is told the end, and a request under way is answered."""
    with running_house(tmp_path / "data") as house:
        house.settle()
        token = house.token()
        address = urlsplit(house.url)
        line = socket.create_connection((address.hostname or "", address.port or 0), timeout=30)
        with line:
            ask = f"GET /live?about=house HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
            line.sendall(ask.encode())
            assert line.recv(100).startswith(b"HTTP/1.1 200")
            ended = threading.Event()

            def follow() -> None:
                while line.recv(4096):
                    pass
                ended.set()

            threading.Thread(target=follow, daemon=True).start()
            assert house.stop(signal.SIGTERM) == 0
            assert ended.wait(10)
        assert "leaving without them" not in house.words


def test_a_runner_that_waits_for_work_does_not_hold_it_up(tmp_path: Path) -> None:
    """Its question is held open for as long as half a minute, but not by a house that stops."""
    with running_house(tmp_path / "data") as house:
        house.settle()
        key = house.api("POST", "/runners", {"name": "one"}, token=house.token(), expect=201)["token"]
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        body = json.dumps({"wait_seconds": 25, "free": 1}).encode()
        with ThreadPoolExecutor() as runners:
            asked = [runners.submit(house.ask, "POST", "/api/runner/v1/claims", body, headers) for _ in range(3)]
            time.sleep(1)
            assert not any(each.done() for each in asked)
            since = time.monotonic()
            assert house.stop(signal.SIGTERM) == 0
            assert time.monotonic() - since < QUICK_SECONDS
            assert [each.result() for each in asked] == [(204, b"")] * 3
        assert "Traceback" not in house.words


def test_a_second_ctrl_c_leaves_at_once(tmp_path: Path) -> None:
    """Somebody who announces words and never says them holds the first one up."""
    with running_house(tmp_path / "data") as house:
        address = urlsplit(house.url)
        with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as line:
            kind = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\nExpect: 100-continue"
            line.sendall(f"POST /sign-in HTTP/1.1\r\nHost: {address.netloc}\r\n{kind}\r\n\r\n".encode())
            assert line.recv(100).startswith(b"HTTP/1.1 100"), "the house waits for the words"
            house.process.send_signal(signal.SIGINT)
            with pytest.raises(subprocess.TimeoutExpired):
                house.process.wait(0.5)
            assert house.stop(signal.SIGINT) == 130


def test_a_directory_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """A disk mounted read-only stops root too. A name below a file stands for it where nothing can be mounted."""
    done = dure("up", "--data", "/proc/dure", "--listen", "127.0.0.1:0")
    assert done.code == 1
    assert "/proc/dure cannot be used" in done.err
    assert "Traceback" not in done.err
    done = dure("up", "--data", str(tmp_path / "x"), "--listen", "nonsense")
    assert done.code == 1
    assert "127.0.0.1:8400" in done.err


def test_a_loose_master_key_is_a_sentence(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_house(data) as house:
        house.stop()
    (data / "master.key").chmod(0o644)
    done = dure("up", "--data", str(data), "--listen", "127.0.0.1:0")
    assert done.code == 1
    assert "chmod 600" in done.err
    assert dure("doctor", "--data", str(data), "--listen", "127.0.0.1:0").code == 1


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_house(data) as house:
        house.stop()
    with closing(sqlite3.connect(data / "dure.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    done = dure("up", "--data", str(data), "--listen", "127.0.0.1:0")
    assert done.code == 1
    assert "newer Dure" in done.err
    told = json.loads(dure("doctor", "--data", str(data), "--listen", "127.0.0.1:0", "--json").out)
    assert [each["state"] for each in told["findings"] if each["name"] == "database"] == ["bad"]


def test_port_zero_takes_a_free_one_and_says_which(tmp_path: Path) -> None:
    with running_house(tmp_path / "one") as one, running_house(tmp_path / "two") as two:
        assert urlsplit(one.url).port != urlsplit(two.url).port
        assert one.process.pid != two.process.pid


def test_a_house_on_postgresql(tmp_path: Path) -> None:
    """The same words on the same address, started twice; what was written is there the second time."""
    with postgres().fresh_database() as database:
        settings = {"DURE_DATABASE": database}
        with running_house(tmp_path / "data", environment=settings) as house:
            house.settle()
            assert "PostgreSQL" in dure("status", "--data", str(house.data), environment=settings).out
            assert house.stop(signal.SIGTERM) == 0
        with running_house(tmp_path / "data", environment=settings) as house:
            assert house.first_link is None
            assert house.token()
        gone = dure("up", "--data", str(tmp_path / "x"), environment={"DURE_DATABASE": f"{database}_not_there"})
        assert gone.code == 1
        assert "Traceback" not in gone.err
