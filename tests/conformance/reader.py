"""Workflow files against the cases of GitHub's own reader: `python tests/conformance/reader.py DIR`.

A case is a file of documents: options, a workflow, pairs of a name and the workflow called by it, and as the last one
the JSON that GitHub's reader makes of it. All of that JSON is compared; only in what order the entries of a mapping
stand is no matter.

What GitHub's own TypeScript reader does not pass, by its list skipped-tests.txt or by the case itself, is tried as
well; where it does not agree, it is not counted.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).parents[2]))

from dure.workflow import Mistake, Permissions, check_calls, examine
from tests.conformance.score import Score
from tests.conformance.template import Writer

SEPARATOR = re.compile(r"\r?\n---[ \t]*\r?\n")
MESSAGE_MAX = 500
"""GitHub cuts longer ones off."""
NO_PLACE = re.compile(r"Nested reusable workflow depth exceeded")
NOT_BY_TYPESCRIPT = ("defaults", "permissions", "timeout-minutes", "cancel-timeout-minutes", "continue-on-error")
POLICIES = {
    "LimitedRead": Permissions(scopes={"contents": "read", "packages": "read"}),
    "Write": Permissions(all="write"),
}
CHANGED_SINCE: dict[str, str] = {}
"""Cases that GitHub's own service does not hold to any more, and why."""


def run(folder: Path) -> Score:
    score = Score()
    listed = folder / "skipped-tests.txt"
    skipped = set(listed.read_text(encoding="utf-8").split()) if listed.exists() else set()
    for path in sorted(folder.glob("*.y*ml")):
        excuse = CHANGED_SINCE.get(path.name, "")
        if path.name in skipped:
            excuse = excuse or "GitHub's own TypeScript reader does not pass it either"
        try_case(score, path, excuse)
    return score


def try_case(score: Score, path: Path, excuse: str) -> None:
    options_words, workflow, *called, wanted_words = SEPARATOR.split(path.read_text(encoding="utf-8"))
    options = yaml.safe_load(options_words) or {}
    languages = {str(one).lower() for one in options.get("skip") or ()}
    if "typescript" in languages:
        excuse = excuse or "skipped for TypeScript"
    texts = dict(zip((name.strip() for name in called[::2]), called[1::2], strict=True))
    wanted = json.loads(wanted_words)
    found = outcome(f".github/workflows/{path.name}", workflow, texts, options)
    if {"go", "c#"} <= languages:
        as_by_typescript_alone(found)
    else:
        found.pop("events", None)
    score.add(path.stem, ordered(found) == ordered(wanted), difference(found, wanted), excuse)


def as_by_typescript_alone(found: dict[str, Any]) -> None:
    """What only that reader writes, and what it leaves out."""
    for key in ("defaults", "permissions"):
        found.pop(key, None)
    for job in found.get("jobs", ()):
        for key in NOT_BY_TYPESCRIPT:
            job.pop(key, None)
        if job["type"] == "job":
            job.setdefault("steps", [])
        for step in job.get("steps", ()):
            step.pop("with", None)


def outcome(name: str, workflow: str, texts: dict[str, str], options: dict[str, Any]) -> dict[str, Any]:
    """Everything that is compared."""
    examined = examine(workflow, name)
    mistakes = list(examined.mistakes)
    if not examined.grammar:
        depth = int(options.get("max-nested-reusable-workflows-depth", 4))
        unsaid = POLICIES.get(options.get("permissions-policy", ""))
        mistakes += check_calls(examined, texts, depth_max=depth, unsaid=unsaid)
    if mistakes:
        return {"errors": [{"Message": message(name, mistake)} for mistake in mistakes]}
    called = {path: examine(words, path) for path, words in texts.items()}
    return Writer(called).whole(examined)


def message(name: str, mistake: Mistake) -> str:
    line, column = mistake.value or (mistake.line, mistake.column)
    words = str(mistake.text)
    told = words if NO_PLACE.match(words) else f"{mistake.path or name} (Line: {line}, Col: {column}): {words}"
    return told if len(told) <= MESSAGE_MAX else f"{told[:MESSAGE_MAX]}[...]"


def ordered(value: Any) -> Any:
    """The same value with the entries of its mappings in one order."""
    if isinstance(value, dict):
        made = {key: ordered(inner) for key, inner in value.items()}
        if "map" in made:
            made["map"] = sorted(made["map"], key=lambda pair: json.dumps(pair["Key"], sort_keys=True))
        return made
    return [ordered(one) for one in value] if isinstance(value, list) else value


def difference(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    return f"found {json.dumps(found)[:600]}, wanted {json.dumps(wanted)[:600]}"


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])).show())
