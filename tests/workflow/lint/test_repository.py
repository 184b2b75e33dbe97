"""What lint says of files that name each other: actions of the repository, called workflows, the configuration."""

from collections.abc import Mapping

import pytest

from dure.workflow import LintConfig, WorkflowBroken, lint, read_lint_config

ACTION = """\
name: Greeting
description: Says something
inputs:
  Who: {description: whom, required: true}
  how: {default: loud, required: true}
  old: {deprecationMessage: "Say it\\n with how."}
outputs:
  said: {description: what}
runs: {using: node24, main: index.js}
"""
CALLED = """\
on:
  workflow_call:
    inputs:
      Size: {type: number, required: true}
      name: {type: string}
      loud: {type: boolean}
    secrets:
      KEY: {required: true}
    outputs:
      Tag: {value: "${{ jobs.one.outputs.tag }}"}
jobs:
  one:
    runs-on: ubuntu-latest
    outputs: {tag: a}
    steps:
      - run: echo
"""
CALLED_PATH = ".github/workflows/called.yml"


def found(files: Mapping[str, str], *paths: str, config: LintConfig | None = None) -> list[tuple[str, int, str, str]]:
    findings = lint({"index.js": "", **files}, paths or ("w.yml",), config=config)
    return [(one.path, one.line, one.rule, str(one.text)) for one in findings]


def using(action: str, given: str) -> str:
    """A workflow that uses an action in line 6 and prints its output in line 9."""
    return (
        f"on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: {action}\n"
        f"        id: a\n        with: {given}\n      - run: echo ${{{{ steps.a.outputs.said }}}}\n"
    )


def calling(workflow: str, rest: str = "") -> str:
    return f"on: push\njobs:\n  one:\n    uses: {workflow}\n{rest}"


def test_an_action_of_the_repository_is_known() -> None:
    files = {"action.yml": ACTION, "w.yml": using("./", "{who: me}")}
    assert found(files) == []


def test_what_an_action_is_given_is_told() -> None:
    files = {"action.yml": ACTION, "w.yml": using("./", "{whom: me, old: a}")}
    assert found(files) == [
        ("w.yml", 6, "action", "`./` needs the input `Who`."),
        ("w.yml", 8, "action", "`./` has no input `whom`. Did you mean `Who`?"),
        ("w.yml", 8, "action", "The input `old` of `./` is deprecated: Say it with how."),
    ]


def test_an_output_that_an_action_does_not_give_is_told() -> None:
    text = using("./", "{who: me}").replace("outputs.said", "outputs.sad")
    assert found({"action.yml": ACTION, "w.yml": text}) == [
        ("w.yml", 9, "expression", "`steps.a.outputs` has no `sad`. Did you mean `said`?")
    ]


def test_nothing_is_said_of_an_action_that_a_step_may_yet_bring() -> None:
    assert found({"w.yml": using("./fetched/action", "{who: me}")}) == []


def test_an_action_that_is_an_image_takes_a_command() -> None:
    text = "name: a\ndescription: b\nruns: {using: docker, image: 'docker://a:1', entrypoint: /bin/sh -c}\n"
    given = using("./", "{args: a, entrypoint: b}").replace("outputs.said", "outcome")
    assert found({"action.yml": text, "w.yml": given}) == []


BROKEN = {
    "no description": (ACTION.replace("description: Says something\n", ""), 1, "An action needs a `description:`."),
    "an old Node.js": (
        ACTION.replace("node24", "node16"),
        9,
        "`node16` runs no action. Use one of: composite, docker, node20, node24.",
    ),
    "no script": (ACTION.replace("index.js", "gone.js"), 9, "There is no file `gone.js` in the folder of the action."),
    "a key of another kind": (
        ACTION.replace("main: index.js", "main: index.js, image: a"),
        9,
        "`image:` is not for an action that runs by node24.",
    ),
    "an icon that is none": (ACTION + "branding: {icon: dog}\n", 10, "`dog` is no icon for an action."),
    "an input twice": (ACTION.replace("how:", "WHO:"), 5, "`WHO` stands here a second time; the first is `Who`"),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_a_broken_action_is_told_where_it_lies_or_where_it_is_used(case: tuple[str, int, str]) -> None:
    text, line, words = case
    files = {"action.yml": text, "w.yml": using("./", "{who: me}")}

    there = found(files, "action.yml")
    assert [(place, rule) for _, place, rule, _ in there] == [(line, "action")]
    assert there[0][3].startswith(words)

    used = found(files)
    assert [(place, rule) for _, place, rule, _ in used] == [(6, "action")]
    assert used[0][3].startswith(f"action.yml, line {line}: {words}")

    assert found(files, "action.yml", "w.yml") == there, "where both are looked at, it is told once"


def test_the_steps_of_a_composite_action_are_looked_at() -> None:
    text = (
        "name: a\ndescription: b\ninputs: {who: {}}\nruns:\n  using: composite\n  steps:\n    - run: echo\n"
        "    - run: echo ${{ inputs.whom }}\n      shell: bash\n    - run: echo ${{ inputs.WHO }}\n      shell: bash\n"
        "      if: always() && hashFiles('a') == ''\n    - run: echo ${{ secrets.A }}\n      shell: bash\n"
    )
    assert [(line, rule) for _, line, rule, _ in found({"sub/action.yml": text}, "sub/action.yml")] == [
        (7, "syntax-check"),
        (8, "expression"),
        (13, "expression"),
    ]


def test_a_called_workflow_is_known() -> None:
    rest = "    with: {size: 3, name: 5, loud: a}\n    secrets: {key: a}\n  two:\n    needs: one\n"
    rest += "    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ needs.one.outputs.tag }}\n"
    assert found({CALLED_PATH: CALLED, "w.yml": calling(f"./{CALLED_PATH}", rest)}) == []


def test_what_a_called_workflow_is_given_is_told() -> None:
    rest = "    with: {size: b, extra: c}\n    secrets: {other: d}\n"
    shown = f"./{CALLED_PATH}"
    assert found({CALLED_PATH: CALLED, "w.yml": calling(shown, rest)}) == [
        ("w.yml", 4, "workflow-call", f"{shown} needs the secret `KEY`."),
        ("w.yml", 5, "expression", f"{shown} takes number as `size`, and this is of the kind string."),
        ("w.yml", 5, "workflow-call", f"{shown} has no input `extra`. Known here: Size, loud, name."),
        ("w.yml", 6, "workflow-call", f"{shown} takes no secret `other`. Known here: KEY."),
    ]


def test_a_workflow_that_cannot_be_called_is_told() -> None:
    assert found({"w.yml": calling("./gone.yml")}) == [("w.yml", 4, "workflow-call", "There is no file gone.yml.")]
    other = {"other.yml": "on: push\njobs: {}\n", "w.yml": calling("./other.yml")}
    assert [(line, rule) for _, line, rule, _ in found(other)] == [(4, "workflow-call")]


def test_a_workflow_may_call_itself() -> None:
    text = CALLED.replace("jobs:\n", "jobs:\n  again:\n    uses: ./w.yml\n    secrets: inherit\n    with: {size: 1}\n")
    assert found({"w.yml": text}) == []


def test_without_a_root_nothing_is_said_of_other_files() -> None:
    assert lint({"w.yml": calling("./gone.yml")}, rooted=False) == []


def test_the_configuration_names_labels_and_what_nobody_wants_to_hear() -> None:
    config = read_lint_config(
        "self-hosted-runner: {labels: [gpu-*]}\nconfig-variables: null\n"
        "paths:\n  '**/w.yml': {ignore: ['is unknown here']}\n",
        "actionlint.yaml",
    )
    text = "on: push\nextra: a\njobs:\n  one:\n    runs-on: GPU-large\n    steps:\n      - run: echo\n"
    assert [line for _, line, _, _ in found({"w.yml": text})] == [2, 5]
    assert found({"w.yml": text}, config=config) == []
    assert config.variables is None


def test_a_broken_configuration_is_refused_with_its_place() -> None:
    with pytest.raises(WorkflowBroken) as broken:
        read_lint_config("paths:\n  a: {ignore: ['(']}\n", "actionlint.yaml")
    assert broken.value.mistakes[0].line == 2


@pytest.mark.parametrize("text", ["", "null", "# nothing\n"])
def test_an_empty_configuration_says_nothing(text: str) -> None:
    assert read_lint_config(text, "actionlint.yaml") == LintConfig()
