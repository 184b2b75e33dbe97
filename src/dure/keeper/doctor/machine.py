"""What the doctor looks at on the machine: git, isolation, memory, Python, the clock."""

import os
import platform
import re
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from dure.keeper.doctor.finding import Finding, bad, good, note
from dure.kit import Refused, now, run, say
from dure.settings import Settings

GIT_MIN = (2, 38)
SQLITE_MIN = (3, 35)
MEMORY_BYTES_MIN = 200_000_000
ANSWER_SECONDS_MAX = 10.0
YEAR_MIN, YEAR_MAX = 2025, 2100
"""A clock outside of these years was never set."""
DRIFT_SECONDS_MAX = 2.0
JUMP_SECONDS_MAX = 0.5
WATCHED_SECONDS = 0.1


def check_git(_: Settings) -> Iterable[Finding]:
    install = say("Install git {least} or newer: apt install git", least=".".join(map(str, GIT_MIN)))
    try:
        said = run(["git", "--version"], timeout_seconds=ANSWER_SECONDS_MAX).out.strip()
    except Refused:
        yield bad("git", say("git is not installed."), install)
        return
    version = git_version(said)
    if version < GIT_MIN:
        yield bad("git", say("{found} is too old.", found=said), install)
    else:
        yield good("git", say("{found}", found=said))


def git_version(said: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)", said)
    return tuple(int(part) for part in found.groups()) if found else (0, 0)


def check_isolation(_: Settings) -> Iterable[Finding]:
    """What will keep a job away from the house and from other jobs, best first."""
    if runs(["bwrap", "--unshare-user", "--unshare-pid", "--ro-bind", "/", "/", "true"]):
        yield good(
            "isolation",
            say("Jobs run in namespaces made by bubblewrap: own files, own processes; the network is shared."),
        )
    elif runs(["unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "true"]):
        yield good(
            "isolation",
            say("Jobs run in namespaces of the kernel: own files, own processes; the network is shared."),
        )
    else:
        yield note(
            "isolation",
            say("Nothing here can keep jobs apart, so the runner refuses them."),
            say("Install bubblewrap (apt install bubblewrap), or start a runner with --isolation none."),
        )


def runs(argv: list[str]) -> bool:
    with suppress(Refused):
        return run(argv, timeout_seconds=ANSWER_SECONDS_MAX).well
    return False


def check_memory(_: Settings) -> Iterable[Finding]:
    available = available_bytes()
    if available is None:
        return
    megabytes = available // 1_000_000
    if available < MEMORY_BYTES_MIN:
        yield bad(
            "memory",
            say("Only {free} MB of memory are free.", free=megabytes),
            say(
                "Dure wants {needed} MB. End other programs, or use a bigger machine.",
                needed=MEMORY_BYTES_MIN // 1_000_000,
            ),
        )
    else:
        yield good("memory", say("{free} MB of memory are free.", free=megabytes))


def available_bytes() -> int | None:
    with suppress(OSError):
        found = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
        return int(found.group(1)) * 1024 if found else None
    return None


def check_python(_: Settings) -> Iterable[Finding]:
    yield good(
        "python", say("Python {version}, user number {user}.", version=platform.python_version(), user=os.getuid())
    )
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < SQLITE_MIN or not has_full_text():
        yield bad(
            "sqlite",
            say("SQLite {version} is too old, or cannot search texts.", version=version),
            say("Use a Python that brings SQLite {least} with FTS5.", least=".".join(map(str, SQLITE_MIN))),
        )
    else:
        yield good("sqlite", say("SQLite {version}.", version=version))


def has_full_text() -> bool:
    memory = sqlite3.connect(":memory:")
    try:
        memory.execute("CREATE VIRTUAL TABLE trial USING fts5(words)")
    except sqlite3.OperationalError:
        return False
    finally:
        memory.close()
    return True


def check_clock(_: Settings) -> Iterable[Finding]:
    walked, went = watch_clock()
    yield judged_clock(now(), walked, went)


def watch_clock() -> tuple[float, float]:
    """How far the clock on the wall went while the steady one went a tenth of a second."""
    wall, steady = time.time(), time.monotonic()
    time.sleep(WATCHED_SECONDS)
    return time.time() - wall, time.monotonic() - steady


def judged_clock(here: datetime, walked: float = 0.0, went: float = 0.0) -> Finding:
    """Whether this clock can be believed: leases, sign-ins and timers are judged by it."""
    remedy = say("Set the clock, and let it be kept right: timedatectl set-ntp true")
    shown = here.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if not YEAR_MIN <= here.year <= YEAR_MAX:
        return bad("clock", say("The clock says {time}, which cannot be.", time=shown), remedy)
    if abs(walked - went) > JUMP_SECONDS_MAX:
        return bad(
            "clock",
            say("The clock jumped by {seconds} s while it was watched.", seconds=round(walked - went, 1)),
            remedy,
        )
    return good("clock", say("The clock says {time}.", time=shown))


def judged_drift(here: datetime, database: datetime) -> Finding | None:
    """Whether this machine and its database agree on the time."""
    seconds = (here - database).total_seconds()
    if abs(seconds) <= DRIFT_SECONDS_MAX:
        return None
    return bad(
        "clock",
        say("This machine's clock is {seconds} s away from the database's.", seconds=round(seconds, 1)),
        say("Let both machines keep their clocks right: timedatectl set-ntp true"),
    )


def judged_past(here: datetime, newest: datetime) -> Finding | None:
    """Whether the clock went back behind what the ledger has seen."""
    seconds = (newest - here).total_seconds()
    if seconds <= DRIFT_SECONDS_MAX:
        return None
    return bad(
        "clock",
        say(
            "The newest entry of the ledger lies {seconds} s in the future: the clock went back.",
            seconds=round(seconds),
        ),
        say("Set the clock. What was due will be done when its time comes again; nothing is lost."),
    )
