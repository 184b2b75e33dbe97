"""Expressions against public cases: `python tests/conformance/expressions.py DIR` (or a file).

Read are the JSON files of GitHub's own expression library, and tables of nektos/act that are written in Go. Where those
of act say something else than GitHub's rules do, GitHub's decide: see AGAINST_GITHUB.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from dure.runner.inside import hash_files
from dure.workflow import ExpressionBroken, Value, evaluate, evaluate_text, parse_expression
from tests.conformance.golang import Literal, Reader, plain
from tests.conformance.score import Score

KINDS = {
    type(None): "Null",
    bool: "Boolean",
    int: "Number",
    float: "Number",
    str: "String",
    list: "Array",
    dict: "Object",
}
MEMORY_BYTES = 1024 * 1024
"""What GitHub's cases take for granted."""
HASH_FILES = Path(hash_files.__file__)
LANGUAGES = ("typescript", "go", "c#")


def run(path: Path) -> Score:
    score = Score()
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        if file.suffix == ".json":
            run_json(score, file)
        elif file.name.endswith("_test.go"):
            run_go(score, file)
    return score


def run_json(score: Score, file: Path) -> None:
    for group, cases in json.loads(file.read_text(encoding="utf-8")).items():
        for case in cases:
            kind, found = outcome(case["expr"], case.get("contexts", {}))
            skipped = {str(one).lower() for one in case.get("options", {}).get("skip", ())}
            excuse = "skipped for every language" if skipped >= set(LANGUAGES) else ""
            told = f"{case['expr']} came to {kind} {found!r}, wanted {case.get('result') or case.get('err')}"
            score.add(f"{file.stem} {group}", agrees(case, kind, found), told, excuse)


def outcome(expression: str, contexts: dict[str, Value]) -> tuple[str, Value]:
    try:
        found = evaluate(parse_expression(expression, contexts), contexts, memory_bytes_max=MEMORY_BYTES)
    except ExpressionBroken as error:
        return "Error", str(error)
    return KINDS[type(found)], found


def agrees(wanted: dict[str, dict[str, str]], kind: str, found: Value) -> bool:
    if "err" in wanted:
        return kind == "Error" and wanted["err"]["value"] in str(found)
    return kind == wanted["result"]["kind"] and (found == wanted["result"]["value"] or found != found)


SAME_OBJECT = "GitHub compares objects by being the very same; act cannot compare them"
OTHER_HASH = "GitHub's is the digest of the files' digests, act's that of their contents"
AGAINST_GITHUB = {
    """contains(fromJSON('[{ "first": { "result": "success" }},{ "second": { "result": "success" }}]').first.result"""
    """, 'success') }}""": "a name asks every item of a list only after .*",
    "fromJSON('[0,1]')[1.1]": "the place in a list is rounded down",
    "(github.event.commits.*.author.username)[0]": "after .* an index is asked of every item, brackets or not",
    "github.event.commits[0].author.username1 != github.event.commits[1].author.username2": "nothing is nothing",
    "secrets != env": SAME_OBJECT,
    "github.event.pull_request.labels.*.name": ".* of nothing is an empty list",
}
"""Rows of act that say something else than GitHub's rules, and what those say."""
TABLE = re.compile(r"func (?P<name>Test\w+).*?:= \[\]struct \{(?P<fields>.*?)\n\t\}\{", re.DOTALL)
CONTEXTS = re.compile(r"env := &EvaluationEnvironment\{")


def run_go(score: Score, file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    for table in TABLE.finditer(source):
        names = re.findall(r"^\s*(\w+)\s", table["fields"], re.MULTILINE)
        contexts = contexts_after(source, table.end())
        for row in rows(source, table.end() - 1):
            said = dict(zip(names, row, strict=False))
            compare(score, f"{table['name']} {said.get('name')}", said, contexts, file.parent / "testdata")


def rows(source: str, at: int) -> Iterator[list[Any]]:
    reader = Reader(source, at)
    reader.take()
    for row in reader.literal().values():
        if isinstance(row, Literal):
            yield [plain(value) for value in row.values()]


def contexts_after(source: str, at: int) -> dict[str, Value]:
    """The contexts of a table, by their names in expressions."""
    begins = CONTEXTS.search(source, at)
    if begins is None:
        return {}
    reader = Reader(source, begins.end() - 1)
    reader.take()
    told = plain(reader.literal())
    contexts = {name.lower(): value for name, value in told.items()} if isinstance(told, dict) else {}
    found = {name: in_expressions(value) for name, value in contexts.items()}
    return {**found, "steps": with_results(found.get("steps"))}


def in_expressions(value: Value) -> Value:
    """Names of Go's fields as expressions write them."""
    if isinstance(value, list):
        return [in_expressions(one) for one in value]
    if not isinstance(value, dict):
        words = re.fullmatch(r"model\.StepStatus(\w+)", value) if isinstance(value, str) else None
        return words[1].lower() if words else value
    return {name[:1].lower() + name[1:]: in_expressions(inner) for name, inner in value.items()}


def with_results(steps: Value) -> Value:
    """What a step does not say: it went well."""
    if not isinstance(steps, dict):
        return steps
    well = {"outcome": "success", "conclusion": "success"}
    return {name: {**well, **step} if isinstance(step, dict) else step for name, step in steps.items()}


def hashed(folder: Path, patterns: Sequence[Value]) -> Value:
    """What a job's hashFiles answers, by the program that answers it."""
    with tempfile.NamedTemporaryFile() as answer:
        argv = [sys.executable, str(HASH_FILES), answer.name, str(folder), *map(str, patterns)]
        subprocess.run(argv, check=True, timeout=60)
        return Path(answer.name).read_text(encoding="ascii")


def compare(score: Score, name: str, said: dict[str, Any], contexts: dict[str, Value], folder: Path) -> None:
    brought = {"hashFiles": lambda patterns: hashed(folder, patterns)}
    try:
        found, error = evaluate_text(said["input"], contexts, brought), ""
    except ExpressionBroken as broken:
        found, error = None, str(broken)
    wanted = said.get("expected")
    if said.get("error"):
        fine = bool(error)
    else:
        fine = not error and type(found) in (type(wanted), int, float) and (found == wanted or found != found)
    told = f"{said['input']} came to {error or repr(found)}, wanted {said.get('error') or repr(wanted)}"
    excuse = OTHER_HASH if said["input"].startswith("hashFiles") and found else ""
    score.add(name, fine, told, excuse or AGAINST_GITHUB.get(said["input"], ""))


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1])).show())
