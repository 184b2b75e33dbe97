"""`dure plan`: what would run, and why or why not, before anything does."""

import json

from tests.local.conftest import Folder


def test_jobs_are_told_with_their_reasons_and_their_combinations(folder: Folder) -> None:
    folder.workflow(
        """\
        name: Build
        on: push
        jobs:
          build:
            runs-on: x
            strategy: {matrix: {size: [s, m]}}
            steps: [{run: x}]
          tag:
            needs: build
            if: github.ref_type == 'tag'
            runs-on: x
            steps: [{run: x}]
          after:
            needs: tag
            runs-on: x
            steps: [{run: x}]
          late:
            needs: build
            strategy: {matrix: {part: "${{ fromJSON(needs.build.outputs.parts) }}"}}
            runs-on: x
            steps: [{run: x}]
        """
    )

    said = folder.dure("plan")

    assert said.code == 0, said.err
    assert said.lines == [
        ".github/workflows/ci.yml  Build: main was pushed.",
        "├─ build  runs: It waits for no other job.",
        "│    · build (s)",
        "│    · build (m)",
        "├─ tag  is skipped: Its condition does not hold: github.ref_type == 'tag'",
        "├─ after  is skipped: tag, which it waits for, was skipped.",
        "└─ late  runs: If these end well: build.",
        "     · known when build are over",
    ]


def test_paths_are_compared_with_where_the_branch_began(folder: Folder) -> None:
    for name in ("web", "api"):
        text = f"on: {{push: {{paths: ['{name}/**']}}}}\njobs: {{a: {{runs-on: x, steps: [{{run: x}}]}}}}"
        folder.workflow(text, f"{name}.yml")
    folder.commit("The first")
    folder.git("checkout", "--quiet", "-b", "idea")
    folder.write("web/page", "new\n")
    folder.commit("A page")
    folder.write("web/more", "not committed\n")

    said = folder.dure("plan", "--json")

    plan = {each["path"]: (each["begins"], each["why"]) for each in json.loads(said.out)}
    assert plan[".github/workflows/web.yml"] == (True, "web/more changed.")
    assert plan[".github/workflows/api.yml"] == (False, "No pattern in `paths` takes a file that changed.")
    assert folder.run("--json").results() == {"a": "failure"}


def test_a_branch_that_is_not_meant_begins_nothing_unless_the_file_is_named(folder: Folder) -> None:
    folder.workflow("on: {push: {branches: [main]}}\njobs: {a: {runs-on: x, steps: [{run: 'true'}]}}")
    folder.commit()
    folder.git("checkout", "--quiet", "-b", "idea")

    nothing = folder.run()
    named = folder.run("--json", "-w", ".github/workflows/ci.yml")

    assert nothing.code == 0
    assert nothing.lines == [".github/workflows/ci.yml  .github/workflows/ci.yml: No pattern in `branches` takes idea."]
    assert named.results() == {"a": "success"}


def test_without_workflows_it_says_where_they_would_be(folder: Folder) -> None:
    said = folder.dure("plan")

    assert said.code == 2
    assert "There are no workflows in .github/workflows and .dure/workflows" in said.err
