"""kill -9 of a runner and of a house at random moments: is anything lost, done twice, left over or given away?

    python -m bench.kills [--runner 100] [--house 100] [--seed 1]

One JSON line; `wrong` lists what was found and is empty on a good day. A run is begun before each kill; its steps ring
at a counter outside.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.loop.kills import tried


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--runner", type=int, default=100)
    asked.add_argument("--house", type=int, default=100)
    asked.add_argument("--seed", type=int, default=1)
    said = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="dure-bench-") as directory:
        Path(directory).chmod(0o711)
        found = tried(Path(directory), said.seed, runner=said.runner, house=said.house)
    print(json.dumps({"bench": "kills", **found}))
    sys.exit(1 if found["wrong"] else 0)


if __name__ == "__main__":
    main()
