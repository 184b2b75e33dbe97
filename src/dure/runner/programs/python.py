"""Pythons: those of the machine, the one this program runs on, and those that uv manages."""

import fcntl
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dure.kit import Refused, run, say
from dure.runner.programs.fetching import done, open_for_all, uv_here
from dure.runner.programs.versions import Version, read_version, satisfies
from dure.runner.sandbox import SYSTEM_PATH

ASK_SECONDS_MAX = 10
NAME = re.compile(r"python3\.\d+")
MANAGED = "python"


class NoPython(Refused):
    """Not in the version that is wanted."""


@dataclass(frozen=True)
class Python:
    program: Path
    """On this machine."""
    version: Version
    is_managed: bool = False
    """It lies in the runner's `programs`, and not where it says."""


def pythons_here(own: Path, programs: Path | None) -> Iterator[Python]:
    """Every one that a job can reach, the system's first."""
    seen: set[Path] = set()
    for directory in map(Path, SYSTEM_PATH.split(":")):
        if directory.is_dir():
            yield from fresh(sorted(path for path in directory.iterdir() if NAME.fullmatch(path.name)), seen)
    yield from fresh([own], seen)
    if programs is not None:
        yield from fresh(sorted((programs / MANAGED).glob("*/bin/python3")), seen, is_managed=True)


def fresh(programs: list[Path], seen: set[Path], *, is_managed: bool = False) -> Iterator[Python]:
    for program in programs:
        real = program.resolve()
        if real in seen or not real.exists():
            continue
        seen.add(real)
        try:
            said = run([str(program), "-I", "-S", "--version"], timeout_seconds=ASK_SECONDS_MAX)
        except (OSError, Refused):
            continue
        if (version := read_version(said.out)) is not None:
            yield Python(program, version, is_managed)


def fetch_python(programs: Path, wanted: str) -> Python:
    """By uv, from where it gets them, if it reaches that."""
    uv = uv_here()
    if uv is None:
        raise NoPython(say("This machine has no Python {version}, and no uv to fetch it with.", version=wanted))
    place = programs / MANAGED
    with (programs / "python.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        asked = re.sub(r"\.[xX*]", "", wanted.strip()).replace(" ", ",")
        install = [uv, "python", "install", "--quiet", "--no-bin", "--install-dir", str(place), asked]
        why = done(install)
        if not why:
            open_for_all(place)
    found = list(fresh(sorted(place.glob("*/bin/python3")), set(), is_managed=True))
    best = max((one for one in found if satisfies(one.version, wanted)), key=lambda one: one.version, default=None)
    if best is None:
        raise NoPython(
            say(
                "This machine has no Python {version}, and it could not be fetched ({why}). Install it on the runner's"
                " machine.",
                version=wanted,
                why=why or "uv brought another",
            )
        )
    return best
