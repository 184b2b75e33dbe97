"""The public cases of GitHub's own expression and workflow libraries, where they are at hand."""

import json
import re
from pathlib import Path

import pytest

from dure.workflow import (
    ExpressionBroken,
    Value,
    WorkflowBroken,
    check_calls,
    evaluate,
    examine,
    parse_expression,
    parse_workflow,
)

CASES = Path(__file__).parents[3] / "shared" / "conformance" / "workflow"
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
"""What the cases take for granted."""
ACCEPTED_ON_PURPOSE = {
    "errors-anchor-tag.yml": "GitHub reads anchors since",
    "errors-max-result-size.yml": "a limit that only the case sets",
    "errors-max-depth.yml": "a limit that only the case sets",
    "errors-reusable-workflow-job-nested-depth-exceeded.yml": "a limit that only the case sets",
}

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"the public cases are not at {CASES}")


def files(folder: str, ending: str) -> list[Path]:
    return sorted((CASES / folder).glob(f"*.{ending}"))


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


@pytest.mark.parametrize("path", files("expressions", "json"), ids=lambda path: path.stem)
def test_expressions_come_to_what_github_says(path: Path) -> None:
    wrong = []
    for cases in json.loads(path.read_text(encoding="utf-8")).values():
        for case in cases:
            kind, found = outcome(case["expr"], case.get("contexts", {}))
            if not agrees(case, kind, found):
                wrong.append((case, kind, found))

    assert wrong == []


def mistakes(source: str, name: str) -> list[tuple[int, int, str]]:
    try:
        parse_workflow(source, name)
    except WorkflowBroken as error:
        return [(mistake.line, mistake.column, str(mistake.text)) for mistake in error.mistakes]
    return []


@pytest.mark.parametrize("path", files("reader", "yml"), ids=lambda path: path.stem)
def test_workflow_files_are_accepted_or_refused_as_by_github(path: Path) -> None:
    _, workflow, *called, wanted_words = re.split(r"^---[ \t]*\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    wanted = json.loads(wanted_words)
    texts = {name.strip(): words for name, words in zip(called[::2], called[1::2], strict=True)}
    examined = examine(workflow, path.name)
    found = [*examined.mistakes, *check_calls(examined, texts)]

    if "errors" not in wanted:
        assert found == []
    elif path.name not in ACCEPTED_ON_PURPOSE:
        assert found != []


@pytest.mark.parametrize("path", files("schema/valid", "yaml"), ids=lambda path: path.stem)
def test_what_the_schema_takes_is_taken_or_refused_by_name(path: Path) -> None:
    found = mistakes(path.read_text(encoding="utf-8"), path.name)

    assert found == []


@pytest.mark.parametrize("path", files("schema/invalid", "yaml"), ids=lambda path: path.stem)
def test_what_the_schema_refuses_is_refused(path: Path) -> None:
    with pytest.raises(WorkflowBroken):
        parse_workflow(path.read_text(encoding="utf-8"), path.name)
