"""A real PostgreSQL for tests: one private cluster for the whole run, one fresh database for each test.

    with postgres().fresh_database() as url: ...

The first process that asks starts the cluster, the workers of the same pytest run join it, and `warden.py` stops it
when the last of them is gone. Durability is off: what is lost with the cluster was made by tests.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from tests.parts.lacking import lacking

START_SECONDS_MAX = 60
MEMORY_BYTES_MIN = 2 * 1024**3
WARDEN = Path(__file__).with_name("warden.py")

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "300",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "128MB",
    "dynamic_shared_memory_type": "mmap",
    # Far from UTC on purpose: a time that lost its zone shows at once.
    "timezone": "Asia/Seoul",
}


@dataclass(frozen=True)
class Postgres:
    """A running cluster. `hold` is this process's lock on it: the cluster lives as long as one is held."""

    folder: Path
    hold: int

    @contextmanager
    def fresh_database(self, like: str | None = None) -> Iterator[str]:
        """The URL of an empty database, or of a copy of the one at the URL `like`, which nobody may be using then.

        It is dropped afterwards, whoever is still connected.
        """
        name = f"test_{uuid.uuid4().hex}"
        model = urlsplit(like).path.removeprefix("/") if like else "template1"
        create = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._say(create.format(Identifier(name), Identifier(model)))
        try:
            yield f"postgresql+psycopg://dure@/{name}?host={self.folder}"
        finally:
            self._say(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))

    def answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            self._say(SQL("SELECT 1"))
            return True
        return False

    def _say(self, statement: SQL | Composed) -> None:
        with psycopg.connect(host=str(self.folder), user="dure", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)


@cache
def postgres() -> Postgres:
    """The cluster of this test run, started if need be. Skips the test where PostgreSQL is not installed."""
    binaries = find_binaries()
    if binaries is None:
        lacking("PostgreSQL is not installed, and this test wants a real one: apt install postgresql")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    return start_or_join(binaries, roomy_folder() / f"dure-postgres-{run[:12]}")


def find_binaries() -> Path | None:
    """The newest PostgreSQL here. Debian keeps its server programs off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    initdb = shutil.which("initdb")
    found = [*reversed(debian), *([Path(initdb).resolve().parent] if initdb else [])]
    return next((path for path in found if (path / "initdb").exists() and (path / "postgres").exists()), None)


def roomy_folder() -> Path:
    """In memory where there is plenty of it: databases come and go four times as fast there."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_BYTES_MIN
    return memory if roomy else Path(tempfile.gettempdir())


def start_or_join(binaries: Path, folder: Path) -> Postgres:
    """Making the folder decides who starts the cluster; the others wait until it answers."""
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < give_up_at:
        try:
            folder.mkdir()
        except FileExistsError:
            if cluster := join(folder):
                return cluster
            time.sleep(0.05)
        else:
            return start(binaries, folder)
    raise TimeoutError(f"PostgreSQL in {folder} did not answer within {START_SECONDS_MAX} s")


def join(folder: Path) -> Postgres | None:
    """A warden that is clearing up holds the lock for itself: then this cluster is lost, and a new one follows."""
    try:
        hold = os.open(folder / "users", os.O_RDONLY)
    except FileNotFoundError:
        return None
    with suppress(BlockingIOError):
        fcntl.flock(hold, fcntl.LOCK_SH | fcntl.LOCK_NB)
        cluster = Postgres(folder, hold)
        if (folder / "ready").exists() and cluster.answers():
            return cluster
    os.close(hold)
    return None


def start(binaries: Path, folder: Path) -> Postgres:
    data = folder / "data"
    servant = as_servant(folder)
    initialise = [
        *servant,
        *(str(binaries / "initdb"), "--pgdata", str(data), "--username=dure", "--auth=trust"),
        *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
    ]
    done = subprocess.run(initialise, cwd="/", capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(folder)
        raise RuntimeError(f"initdb failed: {done.stderr.strip()}")

    settings = SETTINGS | {"unix_socket_directories": str(folder)}
    flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    hold = os.open(folder / "users", os.O_CREAT | os.O_RDONLY, 0o600)
    fcntl.flock(hold, fcntl.LOCK_SH)
    server = [*servant, str(binaries / "postgres"), "-D", str(data), *flags]
    subprocess.run([sys.executable, str(WARDEN), str(folder), *server], start_new_session=True, check=True)
    cluster = Postgres(folder, hold)
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while not cluster.answers():
        if time.monotonic() > give_up_at or (folder / "ended").exists():
            raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()[-2000:]}")
        time.sleep(0.02)
    (folder / "ready").touch()
    return cluster


def as_servant(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root, so root hands the folder and the server to a lesser user."""
    if os.geteuid() != 0:
        return []
    names = {user.pw_name: user for user in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    folder.chmod(0o755)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"]
