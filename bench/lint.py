"""How fast `dure lint` goes over a hundred workflow files, and actionlint beside it where it is installed.

`python -m bench.lint [actionlint]`. Both are whole programs, started anew each time, without shellcheck. Each file has
four jobs of eight steps with expressions, about 120 lines.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.ground import python_loop

FILES, JOBS, STEPS, TURNS = 100, 4, 8, 5


def workflow(number: int) -> str:
    lines = [f"name: Service {number}", "on: {push: {branches: [main]}, workflow_dispatch: {}}", "jobs:"]
    for job in range(JOBS):
        lines += [
            f"  job{job}:",
            *([f"    needs: job{job - 1}"] if job else []),
            "    strategy: {matrix: {os: [ubuntu-latest, macos-latest], size: [1, 2]}}",
            "    runs-on: ${{ matrix.os }}",
            "    outputs: {tag: '${{ steps.s0.outputs.tag }}'}",
            "    steps:",
            "      - uses: actions/checkout@v5",
        ]
        for step in range(STEPS):
            lines += [
                f"      - id: s{step}",
                f"        if: github.ref == 'refs/heads/main' && matrix.size > {step}",
                f'        run: echo "step {step} of ${{{{ matrix.os }}}} at ${{{{ github.sha }}}}"',
            ]
    return "\n".join(lines) + "\n"


def seconds(argv: list[str]) -> float:
    """The fastest of some turns."""
    turns = []
    for _ in range(TURNS):
        began = time.perf_counter()
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        turns.append(time.perf_counter() - began)
    return round(min(turns), 3)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.yml" for number in range(FILES)]
        for number, path in enumerate(paths):
            path.write_text(workflow(number), encoding="utf-8")
        names = [str(path) for path in paths]
        peer = shutil.which(sys.argv[1] if len(sys.argv) > 1 else "actionlint")
        print(
            json.dumps(
                {
                    "files": FILES,
                    "lines": sum(len(path.read_text().splitlines()) for path in paths),
                    "dure_lint_seconds": seconds([sys.executable, "-m", "dure", "lint", "--no-scripts", *names]),
                    "actionlint_seconds": seconds([peer, "-shellcheck=", "-pyflakes=", *names]) if peer else None,
                    "python_loop": python_loop(),
                }
            )
        )


if __name__ == "__main__":
    main()
