"""Calls between workflows: what is given and wanted, the rights, and how deep it goes."""

from textwrap import dedent

import pytest

from dure.workflow import (
    Brought,
    CallWords,
    Permissions,
    Source,
    called_path,
    check_calls,
    examine,
    parse_workflow,
    plan_calls,
)

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


WANTS = (
    "{inputs: {a: {type: string, required: true}, n: {type: number}, b: {type: boolean}},"
    " secrets: {k: {required: true}, free: }}"
)
NO_INPUT, NO_SECRET = (f"{what} is required, but not provided while calling." for what in ("Input a", "Secret k"))
MORE, OTHER = (
    f"Invalid {what} is not defined in the referenced workflow." for what in ("input, more", "secret, other")
)


@pytest.mark.parametrize(
    ("given", "planned", "read"),
    [
        (["with: {A: x, n: 1.5, b: true}", "secrets: {K: x}"], [], []),
        (["with: {a: x}", "secrets: inherit"], [], []),
        (["with: {a: x}", "secrets: {k: x, FREE: y}"], [], []),
        (["with: {a: '${{ 1 }}', n: '${{ 1 }}', b: '${{ 1 }}'}", "secrets: inherit"], [], []),
        (
            ["with: {a: x, n: '5', b: 'true'}", "secrets: inherit"],
            [],
            [":5:21 Unexpected value '5'", ":5:29 Unexpected value 'true'"],
        ),
        (
            ["with: {a: x, n: x}", "secrets: inherit"],
            ["The input n must be a number."],
            [":5:21 Unexpected value 'x'"],
        ),
        (
            ["with: {a: x, b: 1}", "secrets: inherit"],
            ["The input b must be true or false."],
            [":5:21 Unexpected value '1'"],
        ),
        (
            ["with: {a: x, n: true}", "secrets: inherit"],
            ["The input n must be a number."],
            [":5:21 Unexpected value 'true'"],
        ),
        (["with: {n: 1}", "secrets: inherit"], [NO_INPUT], [f":4:11 {NO_INPUT}"]),
        (["with: {a: x, more: y}", "secrets: inherit"], [MORE], [f":5:24 {MORE}"]),
        (["with: {a: x}"], [NO_SECRET], [f":4:11 {NO_SECRET}"]),
        (["with: {a: x}", "secrets: {free: x}"], [NO_SECRET], [f":4:11 {NO_SECRET}"]),
        (["with: {a: x}", "secrets: {k: x, other: y}"], [OTHER], [f":6:28 {OTHER}"]),
        (
            ["with: {more: 1}", "secrets: {other: y}"],
            [NO_INPUT],
            [f":4:11 {NO_INPUT}", f":5:18 {MORE}", f":4:11 {NO_SECRET}", f":6:22 {OTHER}"],
        ),
    ],
)
def test_what_is_handed_over_is_held_against_what_is_asked_for(
    given: list[str], planned: list[str], read: list[str]
) -> None:
    """By the planner, which takes a text for a flag or a number, and by the reader, which does not."""
    caller, asked = call(*given), called(WANTS)

    def bring(_: Source, words: CallWords) -> Brought:
        return Source(words.project, words.path, "1", words.ref), parse_workflow(asked, words.path)

    _, mistakes = plan_calls(parse_workflow(caller, "a.yml"), Source("o/r", "a.yml", "1", "main"), bring)
    assert [str(one.text) for one in mistakes] == planned
    assert wrong(caller, b=asked) == read


@pytest.mark.parametrize(
    ("given", "read"),
    [
        (["with: {'${{ insert }}': '${{ github }}'}", "secrets: inherit"], NO_INPUT),
        (["with: {a: x}", "secrets: {'${{ insert }}': '${{ github }}'}"], NO_SECRET),
    ],
)
def test_names_of_what_is_handed_over_are_no_expressions(given: list[str], read: str) -> None:
    found = examine(call(*given), "a.yml")
    assert [str(one.text) for one in found.mistakes] == ["A template expression is not allowed in this context"]
    assert wrong(call(*given), b=called(WANTS)) == [f":4:11 {read}"]
