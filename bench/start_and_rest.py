"""How fast a house starts, and what it costs when nobody asks anything. Prints one JSON line.

`first_answer_seconds` is from the start of the process to the end of the first answer, the median of several starts
on a directory that has been used before; `first_start_seconds` is the same on an empty one. At rest: resident memory
of the whole process tree, and its share of one core over the time watched.
"""

import argparse
import http.client
import json
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from bench.ground import python_loop

START_SECONDS_MAX = 60.0
SETTLE_SECONDS = 3.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to watch the house at rest")
    parser.add_argument("--starts", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        first, house = start(data)
        stop(house)
        starts: list[float] = []
        for _ in range(given.starts):
            seconds, house = start(data)
            starts.append(seconds)
            if len(starts) < given.starts:
                stop(house)
        time.sleep(SETTLE_SECONDS)
        before, watched_from = cpu_seconds(house.pid), time.monotonic()
        time.sleep(given.seconds)
        share = (cpu_seconds(house.pid) - before) / (time.monotonic() - watched_from)
        memory = sum(resident_bytes(pid) for pid in tree(house.pid))
        stop(house)
    told = {
        "first_start_seconds": round(first, 2),
        "first_answer_seconds": round(statistics.median(starts), 2),
        "rest_megabytes": round(memory / 1_000_000, 1),
        "rest_cpu_percent": round(share * 100, 2),
        "watched_seconds": given.seconds,
        "help_seconds": round(help_seconds(given.starts), 3),
        "python_loop_seconds": python_loop(),
        "machine": f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}",
    }
    print(json.dumps(told))


def start(data: Path) -> tuple[float, "subprocess.Popen[str]"]:
    """Start a house on any free port; how long until the sign-in page was whole."""
    began = time.monotonic()
    argv = [sys.executable, "-m", "dure", "up", "--data", str(data), "--listen", "127.0.0.1:0"]
    house = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env={**os.environ, "DURE_LANGUAGE": "en"})
    assert house.stdout is not None
    for line in house.stdout:
        if found := re.search(r"Dure is up: http://(\S+)", line):
            ask(found.group(1))
            return time.monotonic() - began, house
    raise SystemExit(f"the house ended with {house.wait()}")


def ask(address: str) -> None:
    line = http.client.HTTPConnection(address, timeout=START_SECONDS_MAX)
    line.request("GET", "/sign-in")
    answer = line.getresponse()
    answer.read()
    line.close()
    assert answer.status == 200


def stop(house: "subprocess.Popen[str]") -> None:
    house.send_signal(signal.SIGINT)
    house.communicate()
    assert house.returncode == 0


def tree(pid: int) -> list[int]:
    """A process and everything it started."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [each for child in (task / "children").read_text().split() for each in tree(int(child))]
    return found


def cpu_seconds(pid: int) -> float:
    ticks = 0
    for each in tree(pid):
        words = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(words[11]) + int(words[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def help_seconds(times: int) -> float:
    """How long `dure --help` takes."""
    found: list[float] = []
    for _ in range(times):
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "dure", "--help"], stdout=subprocess.DEVNULL, check=True)
        found.append(time.monotonic() - began)
    return statistics.median(found)


if __name__ == "__main__":
    main()
