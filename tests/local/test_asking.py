"""What a person may ask of `dure run`, and what is handed from job to job without a house."""

import json
import signal
import time

from tests.local.conftest import Folder


def test_artifacts_go_from_job_to_job_and_may_be_kept(folder: Folder) -> None:
    folder.workflow(
        """\
        on: push
        jobs:
          make:
            runs-on: x
            steps:
              - run: echo made > thing
              - uses: actions/upload-artifact@v4
                with: {name: things, path: thing}
          use:
            needs: make
            runs-on: x
            steps:
              - uses: actions/download-artifact@v4
                with: {name: things}
              - run: cat thing
        """
    )

    said = folder.run("--json", "--artifacts", "kept")

    assert said.code == 0, said.out
    assert "made" in said.words_of("use")
    assert [path.name for path in (folder.path / "kept").iterdir()] == ["things.zip"]


def test_an_action_of_the_folder_needs_no_checkout_and_others_come_from_folders(folder: Folder) -> None:
    made_of_steps = "runs: {using: composite, steps: [{run: 'echo %s', shell: bash}]}"
    folder.write("mine/action.yml", made_of_steps % "from here")
    folder.write("all/some/action/action.yml", made_of_steps % "from the folder of all")
    folder.write("other/action.yml", made_of_steps % "instead of theirs")
    folder.workflow(
        """\
        on: push
        jobs:
          a:
            runs-on: x
            steps:
              - uses: ./mine
              - uses: some/action@v1
              - uses: an/other@main
        """
    )

    words = ("--offline", "--actions", "all", "--local-repository", "https://github.com/an/other@main=other")
    said = folder.run("--json", *words)

    assert said.code == 0, said.out
    assert {"from here", "from the folder of all", "instead of theirs"} <= set(said.words_of("a"))


def test_an_action_that_is_nowhere_fails_its_step_in_a_sentence(folder: Folder) -> None:
    folder.workflow("on: push\njobs: {a: {runs-on: x, steps: [{uses: no/where@v1}]}}")

    said = folder.run("--offline")

    assert said.code == 1
    assert "no/where@v1 is not here. Name a folder with --actions or --local-repository." in said.out


def test_answers_variables_and_secrets_are_given_and_secrets_stay_hidden(folder: Folder) -> None:
    folder.workflow(
        """\
        on:
          workflow_dispatch:
            inputs:
              size: {type: number, required: true}
              loud: {type: boolean}
        jobs:
          a:
            runs-on: x
            steps:
              - run: |
                  echo "${{ inputs.size }} ${{ inputs.loud }} ${{ vars.PLACE }} $GIVEN ${{ env.GIVEN }}"
                  echo "${{ secrets.WORD }}" | tr a-z A-Z
                  echo "${{ secrets.WORD }}"
                  echo "token<${{ github.token }}>"
        """
    )
    folder.write("secrets.env", "WORD='opensesame'\n")

    words = ("-i", "size=3", "-i", "loud=true", "--var", "PLACE=here", "--env", "GIVEN=yes")
    said = folder.run("--json", "--on", "workflow_dispatch", *words, "--secret-file", "secrets.env")

    assert said.code == 0, said.out
    assert {"3 true here yes yes", "OPENSESAME", "***", "token<>"} <= set(said.words_of("a"))
    assert "opensesame" not in said.out


def test_wrong_answers_are_told_before_anything_runs(folder: Folder) -> None:
    folder.workflow(
        "on: {workflow_dispatch: {inputs: {n: {type: number}}}}\njobs: {a: {runs-on: x, steps: [{run: x}]}}"
    )

    said = folder.run("-i", "n=many", "-i", "more=1")

    assert said.code == 2
    assert said.out == ""
    assert "n: Give a number." in said.err
    assert "more: This workflow has no input of that name." in said.err


def test_what_the_file_of_an_event_says_is_taken_as_it_is_and_words_beside_it_are_not(folder: Folder) -> None:
    folder.workflow(
        """\
        on: {workflow_dispatch: {inputs: {n: {type: number}, must: {required: true}}}}
        jobs:
          a:
            runs-on: x
            steps: [{run: "echo ${{ inputs.n }} ${{ inputs.more }}+${{ github.event.inputs.more }}"}]
        """
    )
    folder.write("event.json", json.dumps({"inputs": {"n": 3, "more": "undeclared"}}))

    said = folder.run("--json", "-e", "event.json")

    assert said.code == 0, said.err
    assert "3 +undeclared" in said.words_of("a")
    assert "more: This workflow has no input of that name. It is run as the event says." in said.err
    assert "must: This is needed." in said.err
    assert folder.run("-e", "event.json", "-i", "lest=1").code == 2


def test_an_event_of_githubs_shape_says_what_happened(folder: Folder) -> None:
    folder.workflow(
        """\
        on: pull_request
        jobs:
          a:
            runs-on: x
            steps:
              - run: echo ${{ github.base_ref }} ${{ github.head_ref }} ${{ github.event.number }} $GITHUB_REF
        """
    )
    request = {"number": 7, "head": {"ref": "idea", "sha": "1" * 40}, "base": {"ref": "trunk"}}
    folder.write("event.json", json.dumps({"action": "opened", "number": 7, "pull_request": request}))

    said = folder.run("--json", "-e", "event.json")

    assert said.code == 0, said.out
    assert "trunk idea 7 refs/pull/7/merge" in said.words_of("a")


def test_another_commit_of_the_repository_can_be_checked_out(folder: Folder) -> None:
    folder.workflow(
        """\
        on: push
        jobs:
          a:
            runs-on: x
            steps:
              - uses: actions/checkout@v6
              - uses: actions/checkout@v6
                with: {ref: first, path: before}
              - run: cat file before/file; git -C before status --porcelain
        """
    )
    folder.write("file", "one\n")
    folder.commit()
    folder.git("tag", "first")
    folder.write("file", "two\n")
    folder.commit()

    said = folder.run("--json")

    assert said.code == 0, said.out
    words = said.words_of("a")
    assert words[words.index("two") + 1] == "one"


def test_a_matrix_that_fails_takes_its_other_jobs_along(folder: Folder) -> None:
    folder.workflow(
        """\
        on: push
        jobs:
          a:
            strategy: {matrix: {n: [1, 2]}}
            runs-on: x
            steps:
              - run: if test ${{ matrix.n }} = 1; then sleep 0.3; exit 1; else sleep 30; fi
        """
    )

    began = time.monotonic()
    said = folder.run("--json", "-P", "2")

    assert said.results() == {"a (1)": "failure", "a (2)": "cancelled"}
    assert time.monotonic() - began < 25


def test_ctrl_c_lets_jobs_clear_away_and_a_second_one_does_not(folder: Folder) -> None:
    folder.workflow(
        """\
        on: push
        jobs:
          a:
            runs-on: x
            steps:
              - run: echo begun; trap 'exit 3' INT; sleep 30 & wait
              - run: echo cleared
                if: always()
          b:
            needs: a
            runs-on: x
            steps: [{run: echo never}]
        """
    )
    process = folder.start("run")
    assert process.stdout is not None
    seen = [process.stdout.readline()]

    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)

    assert process.returncode == 1
    assert seen[0].endswith("begun\n")
    assert "a | Run echo cleared | cleared\n" in out
    assert "b | cancelled" in out


def test_nothing_stays_behind(folder: Folder) -> None:
    folder.workflow(
        "on: push\njobs: {a: {runs-on: x, steps: [{run: 'sleep 300 & echo $! > pid; mkdir -p a/b; chmod 0 a'}]}}"
    )

    said = folder.run("--json")

    assert said.code == 0
    left = [path for path in folder.cache.rglob("*") if "dure-run" in path.name]
    assert left == []


def test_whoever_stops_reading_leaves_nothing_behind(folder: Folder) -> None:
    folder.write(".github/workflows/ci.yml", LINES)
    process = folder.start("run", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait(60)

    assert "Traceback" not in said


LINES = """
on: push
jobs:
  a:
    runs-on: x
    steps: [{run: "for i in $(seq 20); do echo $i; sleep 0.05; done"}]
"""
