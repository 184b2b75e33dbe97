"""What lint says of the sections of a workflow: each case is a file with one fault, its line and its rule."""

import pytest

from dure.workflow import Finding, lint

STEPS = "    runs-on: ubuntu-latest\n    steps:\n      - run: echo\n"
CLEAN = """\
name: clean
on:
  push:
    branches: [main, 'release/**', '!release/old-[0-9]']
  schedule:
    - cron: '*/15 8-18 * jan-mar mon-fri'
      timezone: Asia/Seoul
  workflow_dispatch:
    inputs:
      where: {type: choice, options: [here, there], default: here}
      loud: {type: boolean}
env:
  LEVEL: info
jobs:
  build:
    strategy:
      matrix:
        os: [ubuntu-latest, windows-latest]
        node: [20, 22]
        include:
          - os: ubuntu-latest
            extra: yes
        exclude:
          - os: windows-latest
            node: 20
    runs-on: ${{ matrix.os }}
    outputs:
      tag: ${{ steps.tag.outputs.tag }}
    steps:
      - uses: actions/checkout@v5
        with: {fetch-depth: 0}
      - id: tag
        run: echo "tag=${{ github.sha }}" >> "$GITHUB_OUTPUT"
        shell: bash
      - if: ${{ inputs.loud && matrix.extra == 'yes' }}
        run: echo "${{ env.LEVEL }}"
  after:
    needs: build
    x-cache: {inputs: ['src/**']}
    runs-on: [self-hosted, gpu]
    steps:
      - run: echo "${{ needs.build.outputs.tag }}"
        background: true
      - wait-all: true
"""


def found(text: str, path: str = "w.yml") -> list[tuple[int, str]]:
    return [(one.line, one.rule) for one in lint({path: text}, rooted=False)]


def only(text: str) -> Finding:
    findings = lint({"w.yml": text}, rooted=False)
    assert len(findings) == 1, findings
    return findings[0]


def job(lines: str) -> str:
    """A workflow with one job, whose own lines begin in line 4."""
    return f"on: push\njobs:\n  one:\n{lines}"


def test_nothing_is_said_of_a_file_that_is_well() -> None:
    assert lint({"w.yml": CLEAN}, rooted=False) == []


CASES = {
    "an unknown key": (f"on: push\nname: a\nnam: b\njobs:\n  one:\n{STEPS}", 3, "syntax-check"),
    "a key in other letters": (job(f"    Name: a\n{STEPS}"), 4, "syntax-check"),
    "a key twice": (job(f"    name: a\n    name: b\n{STEPS}"), 5, "syntax-check"),
    "a variable twice, in other letters": (job(f"    env:\n      A: 1\n      a: 2\n{STEPS}"), 6, "syntax-check"),
    "no jobs": ("on: push\n", 1, "syntax-check"),
    "no steps": (job("    runs-on: ubuntu-latest\n"), 3, "syntax-check"),
    "an empty list": (job("    runs-on: ubuntu-latest\n    steps: []\n"), 5, "syntax-check"),
    "words for a flag": (job(f"    continue-on-error: maybe\n{STEPS}"), 4, "syntax-check"),
    "words for a number": (job(f"    timeout-minutes: long\n{STEPS}"), 4, "syntax-check"),
    "nothing for a number": (job(f"    timeout-minutes: 0\n{STEPS}"), 4, "syntax-check"),
    "a script and an action": (job(f"{STEPS}        uses: a/b@v1\n"), 6, "syntax-check"),
    "a container without its image": (job(f"    container: {{env: {{A: b}}}}\n{STEPS}"), 4, "syntax-check"),
    "a password": (
        job(f"    container:\n      image: a\n      credentials: {{username: a, password: b}}\n{STEPS}"),
        6,
        "credentials",
    ),
    "an unknown event": (f"on: pushh\njobs:\n  one:\n{STEPS}", 1, "events"),
    "an unknown type": (f"on: {{issues: {{types: [openned]}}}}\njobs:\n  one:\n{STEPS}", 1, "events"),
    "a filter that is not for it": (f"on:\n  release:\n    tags: v1\njobs:\n  one:\n{STEPS}", 3, "events"),
    "two filters against each other": (
        f"on:\n  push:\n    tags: v1\n    tags-ignore: v2\njobs:\n  one:\n{STEPS}",
        4,
        "events",
    ),
    "a cron of four fields": (f"on:\n  schedule:\n    - cron: '1 2 3 4'\njobs:\n  one:\n{STEPS}", 3, "events"),
    "a cron too often": (f"on:\n  schedule:\n    - cron: '58,1 * * * *'\njobs:\n  one:\n{STEPS}", 3, "events"),
    "a regular expression": (f"on:\n  push:\n    tags: 'v\\d+'\njobs:\n  one:\n{STEPS}", 3, "glob"),
    "a path from here": (f"on:\n  push:\n    paths: ./src\njobs:\n  one:\n{STEPS}", 3, "glob"),
    "a choice without options": (
        f"on:\n  workflow_dispatch:\n    inputs:\n      a: {{type: choice}}\njobs:\n  one:\n{STEPS}",
        4,
        "events",
    ),
    "a default of another type": (
        f"on:\n  workflow_call:\n    inputs:\n      a: {{type: number, default: b}}\njobs:\n  one:\n{STEPS}",
        4,
        "events",
    ),
    "a job that waits for itself": (job(f"    needs: one\n{STEPS}"), 3, "job-needs"),
    "a job that is not there": (job(f"    needs: two\n{STEPS}"), 3, "job-needs"),
    "a name with a dot": (f"on: push\njobs:\n  one.two:\n{STEPS}", 3, "id"),
    "a step's name twice": (job(f"{STEPS}        id: a\n      - run: echo\n        id: A\n"), 9, "id"),
    "an unknown permission": (job(f"    permissions: {{content: read}}\n{STEPS}"), 4, "permissions"),
    "a permission that cannot be": (job(f"    permissions: {{models: write}}\n{STEPS}"), 4, "permissions"),
    "an unknown label": (job("    runs-on: ubuntu-newest\n    steps:\n      - run: echo\n"), 4, "runner-label"),
    "two systems at once": (
        job("    runs-on: [ubuntu-latest, macos-latest]\n    steps:\n      - run: echo\n"),
        4,
        "runner-label",
    ),
    "an unknown shell": (job(f"{STEPS}        shell: fish\n"), 7, "shell-name"),
    "a shell of another system": (job(f"{STEPS}        shell: cmd\n"), 7, "shell-name"),
    "a variable's name with a sign": (job(f"    env: {{'A=B': c}}\n{STEPS}"), 4, "env-var"),
    "an old command": (job(f"{STEPS}".replace("echo", "echo '::set-output name=a::b'")), 6, "deprecated-commands"),
    "a condition that is always true": (job(f'    if: "${{{{ github.ref }}}} "\n{STEPS}'), 4, "if-cond"),
    "a condition of nothing": (job(f"    if: 1 == 1\n{STEPS}"), 4, "if-cond"),
    "a value of the matrix twice": (job(f"    strategy: {{matrix: {{a: [1, 1]}}}}\n{STEPS}"), 4, "matrix"),
    "what takes nothing out": (
        job(f"    strategy:\n      matrix:\n        a: [1]\n        exclude: [{{a: 2}}]\n{STEPS}"),
        7,
        "matrix",
    ),
    "an anchor for nothing": (job(f"    name: &a b\n{STEPS}"), 4, "syntax-check"),
    "an action without its version": (job(STEPS.replace("run: echo", "uses: a/b")), 6, "action"),
    "an action's unknown input": (
        job(STEPS.replace("run: echo", "uses: actions/checkout@v5\n        with: {refs: a}")),
        7,
        "action",
    ),
    "an action's needed input": (job(STEPS.replace("run: echo", "uses: actions/github-script@v8")), 6, "action"),
    "an action that is too old": (job(STEPS.replace("run: echo", "uses: actions/checkout@v2")), 6, "action"),
    "a called workflow with steps": (job("    uses: a/b/c.yml@v1\n    runs-on: ubuntu-latest\n"), 5, "syntax-check"),
    "a called workflow without version": (job("    uses: a/b/c.yml\n"), 4, "workflow-call"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_fault_is_told_at_its_place(case: tuple[str, int, str]) -> None:
    text, line, rule = case
    assert found(text) == [(line, rule)]


def test_a_near_name_is_offered() -> None:
    assert str(only(job(f"    neds: two\n{STEPS}")).text) == "The key `neds` is unknown here. Did you mean `needs`?"


def test_what_an_alias_repeats_is_told_once() -> None:
    text = job("    runs-on: ubuntu-latest\n    steps:\n      - &a {run: echo, nme: b}\n      - *a\n      - *a\n")
    assert found(text) == [(6, "syntax-check")]


def test_an_alias_inside_of_itself_ends() -> None:
    text = job("    runs-on: ubuntu-latest\n    steps:\n      - &a\n        run: echo\n        env: *a\n")
    assert set(found(text)) == {(8, "syntax-check")}


def test_a_file_that_is_no_yaml_is_told_and_nothing_else() -> None:
    assert found("on: push\njobs: [\n") == [(3, "syntax-check")]
    assert found("") == [(1, "syntax-check")]


def test_of_very_many_findings_some_are_told() -> None:
    assert len(found(job("".join(f"    key{number}: a\n" for number in range(2_000))))) == 500


def test_what_a_finding_quotes_is_cut_short() -> None:
    assert len(str(only(job(f"    continue-on-error: {'a' * 10_000}\n{STEPS}")).text)) < 500


def test_every_circle_is_told_once() -> None:
    body = "runs-on: ubuntu-latest, steps: [{run: echo}]"
    needs = {"a": "b", "b": "c", "c": "b", "d": "d", "e": "a"}
    text = "on: push\njobs:\n" + "".join(f"  {name}: {{needs: {need}, {body}}}\n" for name, need in needs.items())
    told = [str(one.text) for one in lint({"w.yml": text}, rooted=False)]
    assert told == ["These jobs wait for each other: b → c → b.", "These jobs wait for each other: d → d."]


def test_what_nests_without_end_is_refused() -> None:
    assert [rule for _, rule in found("a: " + "[" * 10_000)] == ["syntax-check"]


def test_names_of_lint_are_those_of_the_file() -> None:
    finding = only(job(f"    neds: two\n{STEPS}"))
    assert (finding.path, finding.column) == ("w.yml", 5)
