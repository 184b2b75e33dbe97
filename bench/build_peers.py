"""The same trivial work done by our house and by others on this machine, from its trigger to its end.

    python -m bench.build_peers [--rounds 5] [--peers gitlab-ci-local,buildbot] [--folder DIR]

Shapes: one job of one step, one job of twenty steps, twenty jobs of one step; every step is `true` under bash. Ours is
a whole house with its runner: begun by an API call, over when the house has written down that the run has ended.
They take turns, round by round, since the machine may have other work; the fastest round counts. One JSON line for
each shape: seconds of each, and how many times as long the faster peer takes.
"""

import argparse
import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from bench.ground import python_loop
from bench.peers import Shape, peers
from tests.parts.house import RunningHouse, running_house
from tests.runner.test_with_a_house import kill_runner, push_files

SHAPES = [Shape("one", 1, 1), Shape("steps", 1, 20), Shape("jobs", 20, 1)]
RUN_SECONDS_MAX = 120.0


class Ours:
    """A house with its own runner, and one ear at its stream."""

    name = "dure"

    def __init__(self, house: RunningHouse, folder: Path) -> None:
        self.house = house
        house.settle()
        self.token = house.token()
        self.headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        house.api("POST", "/projects", {"name": "shop"}, token=self.token, expect=201)
        files = {f".github/workflows/{shape.name}.yml": workflow(shape) for shape in SHAPES}
        push_files(folder / "source", house, self.token, files)
        self.ended = threading.Event()
        threading.Thread(target=self.listen, daemon=True).start()
        time.sleep(1)

    def listen(self) -> None:
        ear = http.client.HTTPConnection(urlsplit(self.house.url).netloc)
        ear.request("GET", "/live", headers=self.headers)
        with ear.getresponse() as stream:
            for said in stream:
                if said.startswith(b"data:") and json.loads(said[5:]).get("kind") == "build.run_ended":
                    self.ended.set()

    def run(self, shape: Shape) -> float:
        self.ended.clear()
        asked = json.dumps({"workflow": f"{shape.name}.yml", "inputs": {}})
        began = time.time()
        status, answer = self.house.ask("POST", "/api/v1/projects/ada/shop/runs", asked.encode(), self.headers)
        made = json.loads(answer)
        if status != 201 or not self.ended.wait(RUN_SECONDS_MAX):
            raise RuntimeError(f"the run did not come to its end: {made}")
        path = f"/projects/ada/shop/runs/{made['number']}"
        run = self.house.api("GET", path, token=self.token)
        if run["state"] != "success":
            raise RuntimeError(f"the run did not go well: {run['jobs']}")
        return datetime.fromisoformat(str(run["ended_at"])).timestamp() - began


def workflow(shape: Shape) -> str:
    steps = "".join("      - {run: 'true', shell: bash}\n" for _ in range(shape.steps))
    strategy = f"    strategy: {{matrix: {{n: {list(range(shape.jobs))}}}}}\n" if shape.jobs > 1 else ""
    head = f"name: {shape.name}\non: workflow_dispatch\njobs:\n  job:\n    runs-on: ubuntu-latest\n"
    return f"{head}{strategy}    steps:\n{steps}"


@contextmanager
def ours(folder: Path) -> Iterator[Ours]:
    environment = {"DURE_LOCAL_RUNNER": "true", "DURE_WORKSHOP": str(folder / "workshop")}
    try:
        with running_house(folder / "data", environment=environment) as house:
            yield Ours(house, folder)
    finally:
        kill_runner(folder / "workshop")


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--peers", default="gitlab-ci-local,buildbot")
    asked.add_argument("--folder", type=Path, help="where the peers are installed, to be used again")
    said = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="dure-bench-") as directory:
        Path(directory).chmod(0o711)
        folder = said.folder or Path(directory) / "peers"
        folder.mkdir(parents=True, exist_ok=True)
        with peers(folder, SHAPES, said.peers.split(",")) as others, ours(Path(directory)) as own:
            for shape in SHAPES:
                # Once for nothing, so that everybody has loaded what they need.
                seconds = {one.name: [one.run(shape)] for one in (own, *others)}
                for _ in range(said.rounds):
                    for one in (own, *others):
                        seconds[one.name].append(one.run(shape))
                print(json.dumps(line(shape, {name: rounds[1:] for name, rounds in seconds.items()})), flush=True)


def line(shape: Shape, seconds: dict[str, list[float]]) -> dict[str, object]:
    best = {name: round(min(rounds), 4) for name, rounds in seconds.items()}
    faster = min((value for name, value in best.items() if name != Ours.name), default=None)
    return {
        "bench": "build_peers",
        "shape": shape.name,
        "jobs": shape.jobs,
        "steps": shape.steps,
        "seconds": best,
        "median": {name: round(sorted(rounds)[len(rounds) // 2], 4) for name, rounds in seconds.items()},
        "times_faster": None if faster is None else round(faster / best[Ours.name], 2),
        "python_loop_seconds": python_loop(),
    }


if __name__ == "__main__":
    main()
