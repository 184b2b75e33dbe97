"""Workflows that call workflows, without a house: of the folder, of others, and of those again."""

from tests.local.conftest import Folder

INNER = """\
    on:
      workflow_call:
        inputs:
          size: {type: number, default: 7}
        secrets:
          word: {required: true}
        outputs:
          told: {value: "${{ jobs.tell.outputs.told }}"}
    jobs:
      tell:
        runs-on: x
        outputs:
          told: ${{ steps.a.outputs.told }}
        steps:
          - id: a
            run: |
              echo "told=size ${{ inputs.size }}" >> $GITHUB_OUTPUT
              test "${{ secrets.word }}" = open && echo known
          - run: exit ${{ inputs.size == 13 && 1 || 0 }}
    """
OUTER = """\
    on: push
    jobs:
      mapped:
        uses: ./.github/workflows/inner.yml
        with: {size: 3}
        secrets: {word: "${{ secrets.word }}"}
      many:
        strategy: {fail-fast: false, matrix: {size: [7, 13]}}
        uses: ./.github/workflows/inner.yml
        with: {size: "${{ matrix.size }}"}
        secrets: inherit
      after:
        needs: mapped
        runs-on: x
        steps: [{run: "echo it told ${{ needs.mapped.outputs.told }}"}]
      never:
        needs: many
        runs-on: x
        steps: [{run: "true"}]
    """


def test_a_called_workflow_gets_its_inputs_and_secrets_and_gives_its_outputs(folder: Folder) -> None:
    folder.workflow(OUTER)
    folder.workflow(INNER, "inner.yml")

    said = folder.run("--json", "-w", ".github/workflows/ci.yml", "-s", "word=open")

    assert said.code == 1
    assert said.results() == {
        "mapped / tell": "success",
        "mapped": "success",
        "many (7) / tell": "success",
        "many (7)": "success",
        "many (13) / tell": "failure",
        "many (13)": "failure",
        "after": "success",
        "never": "skipped",
    }
    assert "known" in said.words_of("many (7) / tell")
    assert "it told size 3" in said.words_of("after")


def test_a_workflow_of_another_repository_calls_its_own_neighbours(folder: Folder) -> None:
    call = "on: {workflow_call: }\njobs: {deep: {uses: ./.github/workflows/%s}}"
    folder.write("all/some/one/.github/workflows/first.yml", call % "second.yml")
    leaf = "on: {workflow_call: }\njobs: {leaf: {runs-on: x, steps: [{run: echo far away}]}}"
    folder.write("all/some/one/.github/workflows/second.yml", leaf)
    folder.workflow("on: push\njobs: {a: {uses: some/one/.github/workflows/first.yml@v1}}")

    said = folder.run("--json", "--offline", "--actions", "all")

    assert said.code == 0, said.err
    assert "far away" in said.words_of("a / deep / leaf")


def test_what_cannot_be_called_is_told_with_its_place_before_anything_runs(folder: Folder) -> None:
    folder.workflow(
        "on: push\njobs:\n  a:\n    uses: ./.github/workflows/none.yml\n  b: {runs-on: x, steps: [{run: x}]}"
    )

    said = folder.run("--json")

    assert said.code == 2
    assert said.err.startswith(".github/workflows/ci.yml:3:1: There is no .github/workflows/none.yml.")
    assert folder.run("--json", "-j", "b").code == 1


def test_the_plan_shows_what_is_called(folder: Folder) -> None:
    folder.workflow(OUTER)
    folder.workflow(INNER, "inner.yml")

    said = folder.dure("plan", "-w", ".github/workflows/ci.yml", "-j", "mapped")

    assert said.lines == [
        ".github/workflows/ci.yml  .github/workflows/ci.yml: You named it.",
        "└─ mapped  runs: It waits for no other job.",
        "   └─ tell  runs: It waits for no other job.",
    ]
