"""Patterns of branches, tags and paths against the table of nektos/act: `python tests/conformance/patterns.py FILE`.

FILE is the table itself (workflow_pattern_test.go), or the same as JSON: a list of mappings with `patterns`, `inputs`,
`skipResult` and `filterResult`. What is skipped: no input is taken. What is filtered: every one is ignored.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from dure.workflow import chosen, ignored
from tests.conformance.golang import Reader, plain
from tests.conformance.score import Score


def run(path: Path) -> Score:
    score = Score()
    for number, row in enumerate(rows(path), 1):
        patterns, inputs = list(row.get("patterns") or []), list(row.get("inputs") or [])
        found = (skipped(patterns, inputs), filtered(patterns, inputs))
        wanted = (bool(row["skipresult"]), bool(row["filterresult"]))
        score.add(f"row {number}", found == wanted, f"{patterns} on {inputs}: {found}, wanted {wanted}")
    return score


def skipped(patterns: list[str], inputs: list[str]) -> bool:
    """Whether a list of what is wanted holds the workflow back."""
    return bool(patterns) and not any(chosen(patterns, one) for one in inputs)


def filtered(patterns: list[str], inputs: list[str]) -> bool:
    """Whether a list of what is ignored holds the workflow back."""
    return bool(patterns) and all(ignored(patterns, one) for one in inputs)


def rows(path: Path) -> Iterator[dict[str, list[str]]]:
    source = path.read_text(encoding="utf-8")
    found = in_go(source) if path.suffix == ".go" else json.loads(source)
    for row in found:
        yield {key.lower().replace("_", ""): value for key, value in row.items()}


def in_go(source: str) -> list[dict[str, list[str]]]:
    table = re.search(r":= \[\]struct \{.*?\n\t\}\{", source, re.DOTALL)
    assert table is not None
    reader = Reader(source, table.end() - 1)
    reader.take()
    found = plain(reader.literal())
    assert isinstance(found, list)
    return [row for row in found if isinstance(row, dict)]  # type: ignore[misc]


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])).show())
