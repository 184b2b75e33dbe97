"""`make dev`: runs the house on ./data, and starts it again whenever a source changes.

The bundle and the translations are built by the build hook, so a change there is an install: `uv sync` asks the hook.
"""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"
UP = [str(BIN / "dure"), "up", "--data", str(ROOT / "data")]
INSTALL = [str(BIN / "uv"), "sync", "--frozen", "--quiet", "--project", str(ROOT)]

LOOK_EVERY_SECONDS = 0.5
STOP_SECONDS_MAX = 15

Snapshot = dict[Path, int]


def main() -> None:
    """Goes on until Ctrl-C. The house hears that Ctrl-C too and stops by itself, so it is only waited for."""
    house = subprocess.Popen(UP)
    try:
        before = snapshot()
        while True:
            time.sleep(LOOK_EVERY_SECONDS)
            now = snapshot()
            if changed := differing(before, now):
                print(f"Changed: {', '.join(str(path.relative_to(ROOT)) for path in changed[:3])}", flush=True)
                house = again(house, changed)
            before = now
    except KeyboardInterrupt:
        house.wait()


def again(house: "subprocess.Popen[bytes]", changed: list[Path]) -> "subprocess.Popen[bytes]":
    built = any(path.suffix == ".po" or path.is_relative_to(ROOT / "web") for path in changed)
    if built and subprocess.run(INSTALL, check=False).returncode:
        print("That did not build. The house goes on with what it had.", flush=True)
        return house
    stop(house)
    return subprocess.Popen(UP)


def stop(house: "subprocess.Popen[bytes]") -> None:
    if house.poll() is None:
        house.send_signal(signal.SIGINT)
    try:
        house.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        house.kill()
        house.wait()


def sources() -> Iterator[Path]:
    for pattern in ("src/dure/**/*.py", "src/dure/**/*.html", "src/dure/**/*.po", "web/*.*", "web/src/**/*.*"):
        yield from ROOT.glob(pattern)


def snapshot() -> Snapshot:
    return {path: path.stat().st_mtime_ns for path in sources() if path.is_file()}


def differing(before: Snapshot, now: Snapshot) -> list[Path]:
    return sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))


if __name__ == "__main__":
    main()
