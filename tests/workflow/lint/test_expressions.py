"""What lint says of expressions: what they may name, and what their values are."""

import pytest

from dure.workflow import Finding, LintConfig, lint

WORKFLOW = """\
on:
  workflow_dispatch:
    inputs:
      loud: {type: boolean}
      where: {type: string}
jobs:
  before:
    runs-on: ubuntu-latest
    outputs: {tag: a}
    steps:
      - run: echo
  one:
    needs: before
    strategy:
      matrix:
        pair: [{name: a, size: 1}, {name: b, size: 2}]
        list: [[a, b]]
    runs-on: ubuntu-latest
    steps:
      - id: cache
        uses: actions/cache@v4
        with: {path: a, key: b}
      - run: echo ${{ EXPRESSION }}
"""


def findings(expression: str, config: LintConfig | None = None) -> list[Finding]:
    return lint({"w.yml": WORKFLOW.replace("EXPRESSION", expression)}, rooted=False, config=config)


GOOD = [
    "github.repository",
    "github.event.anything.at.all",
    "github.event.inputs.loud",
    "inputs.LOUD",
    "needs.before.outputs.tag",
    "needs.before.result == 'success'",
    "steps.cache.outputs.cache-hit == 'true'",
    "matrix.pair.size > 1",
    "matrix.list[0]",
    "matrix.pair['name']",
    "join(needs.*.result, ',')",
    "contains(fromJSON('[\"a\"]'), inputs.where)",
    "format('{0} {{1}} {1}', 1, true)",
    "case(inputs.loud, 'a', 'b')",
    "fromJSON(vars.ANYTHING).deep.deeper",
    "!github.event.pull_request.draft && 'a' || 'b'",
    "github.event == null",
    "hashFiles('a', 'b')",
    "toJSON(matrix)",
    "github.event.commits[0].id",
    "github.event[inputs.where]",
    "contains(github.event.head_commit.message, 'skip')",
    "github.head_ref == 'a'",
]


@pytest.mark.parametrize("expression", GOOD)
def test_nothing_is_said_of_what_can_be(expression: str) -> None:
    assert findings(expression) == []


BAD = {
    "githb.ref": "The context `githb` is unknown. Did you mean `github`?",
    "github.refs": "`github` has no `refs`. Did you mean `ref`?",
    "github.ref.name": "`name` is asked of a value of the kind string, which has no members.",
    "needs.after.result": "`needs` has no `after`. Known here: before.",
    "needs.before.outputs.tga": "`needs.before.outputs` has no `tga`. Did you mean `tag`?",
    "steps.cache.outputs.hit": "`steps.cache.outputs` has no `hit`. Known here: cache-hit.",
    "matrix.pair.colour": "`matrix.pair` has no `colour`. Known here: name, size.",
    "matrix.pair": "A value of the kind {name: string, size: number} makes no words. Use toJSON(), or ask a member.",
    "matrix.list['a']": "`a` is asked of a value of the kind list<string>, which has no members.",
    "env[1]": "An object is asked by name, and this is of the kind number.",
    "inputs.loud > 3": "A value of the kind boolean cannot be compared with one of the kind number by `>`.",
    "github.event == 'a'": "A value of the kind object cannot be compared with one of the kind string by `==`.",
    "startWith('a', 'b')": "The function startWith() is unknown. Did you mean `startsWith`?",
    "startsWith('a')": "startsWith() takes 2 values, and is given 1.",
    "startsWith(github.event, 'a')": "startsWith() takes string as its value 1, and this is of the kind object.",
    "format('{0} {2}', 1, 2)": "The pattern '{0} {2}' has the place {2}, and there are 2 values for it.",
    "format('{0}', 1, 2)": "The pattern '{0}' has no place {1}, so that value is lost. Remove it or write the place.",
    "fromJSON('[1')": "fromJSON() is given broken JSON: Expecting ',' delimiter at character 3.",
    "case('a', 'b', 'c')": "case() asks for a condition here, and this is of the kind string.",
    "success()": "The function success() cannot be used here, only in: jobs.*.if, jobs.*.steps.if.",
    "github.event.issue.title": (
        "A stranger writes github.event.issue.title: in a script it is code. Put it into env: and use the variable."
    ),
    "toJSON(github.event.commits.*.message)": (
        "A stranger writes github.event.commits.*.message: in a script it is code. Put it into env: and use the"
        " variable."
    ),
    "1 +": "Unexpected symbol: '+'. Located at position 3 within expression: 1 +",
    '"a"': (
        "Words stand in single quotes here, not in double ones. Unexpected symbol: '\"a\"'. Located at position 1"
        ' within expression: "a"'
    ),
}


@pytest.mark.parametrize(("expression", "text"), BAD.items(), ids=BAD)
def test_what_cannot_be_is_told(expression: str, text: str) -> None:
    assert [(str(one.text), one.rule, one.line) for one in findings(expression)] == [(text, "expression", 23)]


def test_the_place_of_a_fault_is_that_of_the_part() -> None:
    assert [one.column for one in findings("github.ref == needs.after.result")] == [43]


def test_the_place_inside_of_a_block_is_its_own_line() -> None:
    text = WORKFLOW.replace("run: echo ${{ EXPRESSION }}", "run: |\n          echo\n          echo ${{ needs.x }}")
    assert [(one.line, one.column) for one in lint({"w.yml": text}, rooted=False)] == [(25, 26)]


def test_contexts_are_known_by_their_place() -> None:
    text = "on: push\nenv:\n  A: ${{ env.B }}\njobs:\n  one:\n    if: secrets.A == 'a'\n    runs-on: ubuntu-latest\n"
    text += "    steps:\n      - run: echo\n"
    assert [(one.line, one.rule) for one in lint({"w.yml": text}, rooted=False)] == [
        (3, "expression"),
        (6, "expression"),
    ]


def test_a_condition_is_no_list_and_no_object() -> None:
    text = WORKFLOW.replace("- id: cache", "- if: github.event\n        id: cache")
    text = text.replace("EXPRESSION", "github.sha")
    assert [(one.line, str(one.text)) for one in lint({"w.yml": text}, rooted=False)] == [
        (20, "A value of the kind object always counts as true. Compare it, or ask a member.")
    ]


def test_a_whole_mapping_may_be_put_in() -> None:
    text = WORKFLOW.replace("matrix:\n", "matrix:\n        ${{ insert }}: ${{ fromJSON(needs.before.outputs.tag) }}\n")
    text = text.replace("    outputs:", "    env:\n      ${{ insert }}: ${{ fromJSON(vars.ALL) }}\n    outputs:")
    assert lint({"w.yml": text.replace("EXPRESSION", "matrix.anything")}, rooted=False) == []


def test_variables_are_known_once_somebody_lists_them() -> None:
    config = LintConfig(variables=frozenset(("known",)))
    assert findings("vars.KNOWN", config) == []
    assert [str(one.text) for one in findings("vars.unknown", config)] == [
        "The variable `unknown` is not listed. Did you mean `known`?"
    ]
