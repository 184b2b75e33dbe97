"""Packages from the index, by the pip or the uv that came with this program."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from dure.kit import Refused, run

FETCH_SECONDS_MAX = 600


def installed(package: str, target: Path) -> str:
    """Puts a package into a directory; why it could not be had."""
    ways = installers(package, target)
    why = "neither pip nor uv is here"
    for argv in ways:
        why = done(argv)
        if not why:
            break
    return why


def done(argv: Sequence[str]) -> str:
    """Runs a program that fetches something; why that failed."""
    try:
        ran = run(argv, timeout_seconds=FETCH_SECONDS_MAX)
    except (OSError, Refused) as error:
        return str(error)
    return "" if ran.well else (ran.err.strip().splitlines() or [f"exit code {ran.code}"])[-1][:300]


def installers(package: str, target: Path) -> list[list[str]]:
    found = []
    if importlib.util.find_spec("pip") is not None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        found.append([*pip, "--no-deps", "--target", str(target), package])
    if uv := uv_here():
        install = [uv, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]
        found.append([*install, "--target", str(target), package])
    return found


def uv_here() -> str | None:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv")


def open_for_all(tree: Path) -> None:
    """Every job's user may read it and run what is a program."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            os.chmod(path, 0o755 if path.is_dir() or mode & 0o100 else 0o644)
