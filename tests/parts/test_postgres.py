"""The PostgreSQL that other tests stand on."""

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psycopg
import pytest

from tests.parts.postgres import postgres

ROOT = Path(__file__).parents[2]


def connect(url: str) -> "psycopg.Connection[tuple[object]]":
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def test_each_test_gets_a_database_of_its_own() -> None:
    with postgres().fresh_database() as one, postgres().fresh_database() as other:
        with connect(one) as connection:
            connection.execute("CREATE TABLE field (name text)")
        with connect(other) as connection, pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM field")


def test_a_database_starts_as_a_copy_of_another() -> None:
    with postgres().fresh_database() as model:
        with connect(model) as connection:
            connection.execute("CREATE TABLE field AS SELECT '두레' AS name")
        with postgres().fresh_database(like=model) as url, connect(url) as connection:
            assert connection.execute("SELECT name FROM field").fetchall() == [("두레",)]


def test_a_database_goes_away_even_while_it_is_in_use() -> None:
    with postgres().fresh_database() as url:
        connection = connect(url)

    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()


def test_korean_letters_count_as_letters() -> None:
    with postgres().fresh_database() as url, connect(url) as connection:
        assert connection.execute(r"SELECT '두레' ~ '^\w+$'").fetchone() == (True,)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_no_server_is_left_behind_however_the_run_ends(end: signal.Signals) -> None:
    postgres()  # skips here, in so many words, where there is none
    code = "import time, tests.parts.postgres as p; print(p.postgres().folder, flush=True); time.sleep(600)"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_XDIST_TESTRUNUID": uuid.uuid4().hex}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        server = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        run.send_signal(end)

    for _ in range(1000):
        if not folder.exists():
            break
        time.sleep(0.02)
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)
