"""Which way of keeping jobs apart works here. It is not guessed: each way is tried by running `true` in it."""

import os
import select
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import get_args

from dure.kit import Refused, say
from dure.runner.inside.init import PROCESSES_MAX
from dure.runner.sandbox import bubblewrap
from dure.runner.sandbox.cell import EMPTY, Cell, CellLost
from dure.runner.sandbox.view import View, pythons
from dure.wire import Tier

TRIAL_SECONDS_MAX = 10.0
SHARED = (
    "It shares this machine's network, so it reaches whatever this machine reaches, and its kernel: "
    "let people run code here whom you trust. There is no limit on memory or processor time"
)
LIMITED = f"{SHARED}; it may have {PROCESSES_MAX:,} processes and threads at once."
WORDS: dict[Tier, str] = {
    "bubblewrap": "bubblewrap. The job sees the system's programs, which it cannot change, and its own directory. "
    "It does not see this machine's other files or processes, and ends with everything that it started. " + LIMITED,
    "namespaces": "namespaces. The job sees the system's programs, which it cannot change, and its own directory. "
    "It does not see this machine's other files or processes, and ends with everything that it started. " + LIMITED,
    "none": "none, as the owner of this runner wishes. The job can read and change whatever its user can on this "
    "machine, and see other processes. What it started is ended with it as far as it can be found. "
    f"{SHARED} or on processes.",
}


class CannotIsolate(Refused):
    """No way of keeping jobs apart works here, or not the one that was asked for."""


def words_of(tier: Tier, view: View) -> str:
    return f"Isolation: {WORDS[tier]} It runs as user {view.user.uid}."


def choose(wanted: str, view: View) -> tuple[Tier, View]:
    """The best tier that works here, and the view with a Python that works in it."""
    reasons = []
    for tier in wanted_tiers(wanted):
        why: str | None = "no Python"
        for python in pythons():
            tried = replace(view, python=python)
            why = trial(tier, tried)
            if why is None:
                return tier, tried
        reasons.append(f"{tier}: {why}")
    raise CannotIsolate(
        say(
            "Jobs cannot be kept apart from this machine ({reasons}). Install bubblewrap and let users have "
            "namespaces, or start the runner with --isolation none if everybody who can push may do what its user can.",
            reasons="; ".join(reasons),
        )
    )


def wanted_tiers(wanted: str) -> Sequence[Tier]:
    if wanted == "auto":
        return ("bubblewrap", "namespaces")
    return [tier for tier in get_args(Tier) if tier == wanted]


def trial(tier: Tier, view: View) -> str | None:
    """Why this tier does not work with this Python; None when it does."""
    if tier == "bubblewrap" and bubblewrap.found() is None:
        return "not installed"
    if tier == "none" and not os.access(view.python, os.X_OK):
        return "no Python"
    cell = Cell(tier, view)
    try:
        code = waited(cell, cell.run(["true"], EMPTY, cell.room))
    except CellLost:
        code = None
    finally:
        cell.close()
    said = b"".join(printed(cell.output)).decode(errors="replace").strip()
    os.close(cell.output)
    return None if code == 0 else said[-300:] or f"exit code {code}"


def waited(cell: Cell, number: int) -> int | None:
    until = time.monotonic() + TRIAL_SECONDS_MAX
    while (code := cell.ended(number)) is None and (left := until - time.monotonic()) > 0:
        if select.select([cell.socket], [], [], left)[0]:
            cell.hear()
    return code


def printed(output: int) -> Iterator[bytes]:
    with suppress(BlockingIOError):
        while piece := os.read(output, 65536):
            yield piece


def lay_scripts(directory: Path) -> Path:
    """Copies of the scripts that run inside, where every job's user can read them."""
    source = Path(__file__).parents[1] / "inside"
    place = directory / "inside"
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    for script in source.glob("[!_]*.py"):
        copy = place / script.name
        fresh = place / f".{script.name}.{os.getpid()}"
        fresh.write_bytes(script.read_bytes())
        fresh.chmod(0o644)
        fresh.replace(copy)
    place.chmod(0o755)
    return place
