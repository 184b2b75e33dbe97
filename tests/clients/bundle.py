"""The official clients, from npm as they are, bundled into one script as official actions are."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.parts.lacking import lacking

HERE = Path(__file__).parent
NODE_OLDEST = 20
INSTALL_SECONDS_MAX = 600
REQUIRE = "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);"


def bundled(target: Path) -> None:
    """One script that needs nothing but node."""
    words = ["./node_modules/.bin/esbuild", "driver.mjs", "--bundle", "--platform=node", f"--target=node{NODE_OLDEST}"]
    words += ["--format=esm", f"--banner:js={REQUIRE}", "--log-level=error", f"--outfile={target}"]
    subprocess.run(words, cwd=installed(), check=True)


def installed() -> Path:
    """The packages that the lock file names, fetched once for all tests that want them."""
    if shutil.which("npm") is None or node_version() < NODE_OLDEST:
        lacking(f"The official clients need node {NODE_OLDEST} or newer, and npm.")
    lock = HERE / "package-lock.json"
    mark = hashlib.sha256(lock.read_bytes() + (HERE / "package.json").read_bytes()).hexdigest()
    stamp = HERE / "node_modules" / ".stamp"
    with (HERE / ".installing").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != mark:
            words = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
            done = subprocess.run(words, cwd=HERE, check=False, capture_output=True, timeout=INSTALL_SECONDS_MAX)
            if done.returncode:
                lacking(f"npm could not fetch the official clients: {done.stderr.decode()[-500:]}")
            stamp.write_text(mark)
    return HERE


def node_version() -> int:
    found = shutil.which("node")
    if found is None:
        return 0
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    return int(said.lstrip("v").partition(".")[0])
