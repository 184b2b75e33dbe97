"""Calls between workflows: what is given and wanted, the rights, and how deep it goes."""

from textwrap import dedent

import pytest

from dure.workflow import Permissions, called_path, check_calls, examine

CALLED = "o/r/.github/workflows/b.yml@v1"


def wrong(
    caller: str, complete: bool = True, depth: int = 10, unsaid: Permissions | None = None, **texts: str
) -> list[str]:
    names = {"b": CALLED, "c": "o/r/.github/workflows/c.yml@v1", "own": "./.github/workflows/own.yml"}
    found = check_calls(
        examine(dedent(caller), "a.yml"),
        {names[name]: dedent(words) for name, words in texts.items()},
        complete=complete,
        depth_max=depth,
        unsaid=unsaid,
    )
    return [f"{one.path.rpartition('/')[2]}:{one.line}:{one.column} {one.text}" for one in found]


def call(*lines: str) -> str:
    return "\n".join(["on: push", "jobs:", "  one:", f"    uses: {CALLED}", *(f"    {line}" for line in lines)])


def called(words: str) -> str:
    return f"on: {{workflow_call: {words}}}\njobs: {{j: {{runs-on: x}}}}"


@pytest.mark.parametrize(
    ("uses", "caller", "name"),
    [
        ("./.github/workflows/a.yml", "", "./.github/workflows/a.yml"),
        ("$/.github/workflows/a.yml", "", "./.github/workflows/a.yml"),
        (CALLED, "", CALLED),
        ("./.github/workflows/c.yml", CALLED, "o/r/.github/workflows/c.yml@v1"),
        ("./.github/workflows/c.yml", "./.github/workflows/b.yml", "./.github/workflows/c.yml"),
        ("p/q/x.yml@v2", CALLED, "p/q/x.yml@v2"),
    ],
)
def test_a_path_means_the_repository_of_the_caller(uses: str, caller: str, name: str) -> None:
    assert called_path(uses, caller) == name


def test_inputs_and_secrets_are_those_that_are_wanted() -> None:
    wants = called(
        "{inputs: {a: {type: string, required: true}, n: {type: number}, b: {type: boolean}},"
        " secrets: {k: {required: true}, free: }}"
    )

    assert wrong(call("with: {A: x, n: 1.5, b: '${{ true }}'}", "secrets: {K: x}"), b=wants) == []
    assert wrong(call("with: {a: 1}", "secrets: inherit"), b=wants) == []
    assert wrong(call("with: {n: x, b: 1, more: y}", "secrets: {other: x}"), b=wants) == [
        ":4:11 Input a is required, but not provided while calling.",
        ":5:15 Unexpected value 'x'",
        ":5:21 Unexpected value '1'",
        ":5:30 Invalid input, more is not defined in the referenced workflow.",
        ":4:11 Secret k is required, but not provided while calling.",
        ":6:22 Invalid secret, other is not defined in the referenced workflow.",
    ]


def test_what_cannot_be_called_is_said_where_it_is_called() -> None:
    assert wrong(call()) == [":4:11 Unable to find reusable workflow"]
    assert wrong(call(), complete=False) == []
    assert wrong(call(), b="on: push\njobs: {j: {runs-on: x}}") == [
        ":4:11 workflow_call key is not defined in the referenced workflow."
    ]
    assert wrong(call(), b="on: workflow_call\njobs: {j: {steps: []}}") == [
        "b.yml@v1:2:11 Required property is missing: runs-on",
    ]


def test_calls_go_only_so_deep() -> None:
    again = "on: workflow_call\njobs: {j: {uses: ./.github/workflows/b.yml}}"

    assert wrong(call(), depth=3, b=again) == ["b.yml@v1:2:18 Nested reusable workflow depth exceeded 3."]
    many = "".join(f"\n  j{at}: {{uses: ./.github/workflows/{name}.yml}}" for at, name in enumerate("bc" * 100))
    assert len(wrong(call(), b=f"on: workflow_call\njobs:{many}", c=f"on: workflow_call\njobs:{many}")) == 100


def test_nobody_gets_more_rights_than_the_caller_has() -> None:
    nested = "on: workflow_call\njobs: {j: {uses: ./.github/workflows/c.yml, permissions: {actions: read}}}"
    asks = (
        "on: workflow_call\npermissions: {actions: write, models: read}\njobs: {j: {runs-on: x, permissions: read-all}}"
    )

    assert wrong(call(), b=asks) == []
    assert wrong(call(), unsaid=Permissions("write"), b=asks) == []
    assert wrong(call("permissions: {actions: read, models: none}"), b=asks)[0] == (
        f":3:3 Error calling workflow '{CALLED}'. The workflow '{CALLED}' is requesting 'actions: write, models: read',"
        " but is only allowed 'actions: read, models: none'."
    )
    deep = wrong(call(), b=nested, c=asks)
    assert deep[0].startswith("b.yml@v1:2:8 Error calling workflow 'o/r/.github/workflows/c.yml@v1'.")
    assert "The nested job 'j' is requesting 'checks: read" in deep[1]
