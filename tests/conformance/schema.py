"""Whole files that a schema takes or refuses: `python tests/conformance/schema.py DIR`, with `valid` and `invalid`.

Every file of the one is read, every file of the other is refused.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from dure.workflow import examine
from tests.conformance.score import Score


def run(folder: Path) -> Score:
    score = Score()
    for kind in ("valid", "invalid"):
        for path in sorted((folder / kind).glob("*.y*ml")):
            found = examine(path.read_text(encoding="utf-8"), path.name).mistakes
            told = "; ".join(f"{mistake.line}:{mistake.column} {mistake.text}" for mistake in found) or "it was read"
            score.add(f"{kind}/{path.name}", bool(found) is (kind == "invalid"), told)
    return score


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])).show())
