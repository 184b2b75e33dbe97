"""`dure run`: plain jobs, in their order, with their results."""

import os
import subprocess
from contextlib import suppress

from tests.local.conftest import DURE, Folder

CHAIN = """\
    on: push
    jobs:
      build:
        runs-on: ubuntu-latest
        outputs:
          answer: ${{ steps.think.outputs.answer }}
        steps:
          - id: think
            run: echo answer=42 >> $GITHUB_OUTPUT
      test:
        needs: build
        runs-on: ubuntu-latest
        strategy:
          fail-fast: false
          matrix: {size: [small, large]}
        steps:
          - run: echo "the answer is ${{ needs.build.outputs.answer }} for ${{ matrix.size }}"
          - run: echo too much >&2; exit 3
            if: matrix.size == 'large'
      ship:
        needs: test
        runs-on: ubuntu-latest
        steps:
          - run: echo shipped
      clean:
        needs: [ship]
        if: always()
        runs-on: ubuntu-latest
        steps:
          - run: echo cleaned
    """


def test_jobs_run_in_order_and_their_ends_decide_about_others(folder: Folder) -> None:
    folder.workflow(CHAIN)

    said = folder.run("--json")

    assert said.code == 1
    assert said.results() == {
        "build": "success",
        "test (small)": "success",
        "test (large)": "failure",
        "ship": "skipped",
        "clean": "success",
    }
    assert "the answer is 42 for small" in said.words_of("test (small)")
    assert said.happened[-1]["what"] == "ended"
    assert said.happened[-1]["result"] == "failure"


def test_lines_name_the_job_and_the_step_and_failures_come_last(folder: Folder) -> None:
    folder.workflow(CHAIN)

    said = folder.run()

    assert "\x1b" not in said.out
    assert 'test (small) | Run echo "the answer is 42 for small" | the answer is 42 for small' in said.lines
    end = said.out[said.out.index("\nFailed: ") :]
    assert "test (large) | Run echo too much >&2; exit 3 (exit code 3)" in end
    assert "    too much" in end
    assert said.lines[-1].startswith("1 of 4 jobs failed, ")


SHIP = """\
    on: push
    jobs:
      ship:
        runs-on: ubuntu-latest
        environment: {name: staging, url: "https://${{ steps.up.outputs.host }}/"}
        steps:
          - id: up
            run: echo host=shop.example.org >> $GITHUB_OUTPUT
    """


def test_where_it_is_to_be_seen_is_said_at_the_end_of_the_job(folder: Folder) -> None:
    folder.workflow(SHIP)

    assert "ship | https://shop.example.org/" in folder.run().lines
    [over] = [each for each in folder.run("--json").happened if each.get("result") and each["what"] == "job"]
    assert over["environment_url"] == "https://shop.example.org/"


def test_on_a_terminal_where_it_is_to_be_seen_stands_below_the_jobs(folder: Folder) -> None:
    folder.workflow(SHIP)
    ours, theirs = os.openpty()
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder.cache), "DURE_LANGUAGE": "en", "TERM": "xterm"}
    process = subprocess.Popen([*DURE, "run"], cwd=folder.path, env=environment, stdout=theirs)
    os.close(theirs)
    said = b""
    # Whoever reads from a terminal that nobody writes to any more is told of an error.
    with suppress(OSError):
        while piece := os.read(ours, 65536):
            said += piece
    os.close(ours)
    assert process.wait(60) == 0
    assert b"ship  https://shop.example.org/\r\n" in said


def test_steps_in_the_background_speak_under_their_own_name(folder: Folder) -> None:
    folder.workflow("""\
        on: push
        jobs:
          build:
            runs-on: ubuntu-latest
            steps:
              - name: Serve
                background: true
                run: until test -f go; do sleep 0.01; done; echo heard; touch heard; exit 3
              - name: Ask
                run: touch go; until test -f heard; do sleep 0.01; done; sleep 0.3; echo answered
        """)

    lines = folder.run().out.splitlines()

    assert lines.index("build | Serve | heard") < lines.index("build | Ask | answered")
    assert lines[-4:-1] == [
        "Failed: build | Serve (exit code 3)",
        "    heard",
        "    Process completed with exit code 3.",
    ]


def test_one_job_brings_along_what_it_needs_and_nothing_else(folder: Folder) -> None:
    folder.workflow(CHAIN)

    said = folder.run("--json", "-j", "test", "--matrix", "size:small")

    assert said.code == 0
    assert said.results() == {"build": "success", "test (small)": "success"}


def test_a_file_that_is_broken_is_told_with_its_place(folder: Folder) -> None:
    folder.workflow("on: push\njobs:\n  a:\n    runs-on: x\n    stepz: []\n")

    said = folder.run()

    assert said.code == 2
    assert said.err.startswith(".github/workflows/ci.yml:")
    assert said.out == ""


def test_the_working_copy_is_brought_as_it_lies_and_never_changed(folder: Folder) -> None:
    folder.workflow(
        """\
        on: push
        jobs:
          a:
            runs-on: ubuntu-latest
            steps:
              - run: test -z "$(ls -A)"
              - uses: actions/checkout@v6
              - run: |
                  cat tracked fresh
                  test ! -e ignored
                  git log --format=%s
                  git status --porcelain
                  echo spoiled > tracked
                  git -c user.name=a -c user.email=b commit -qam spoiled
                  rm -r .github
        """
    )
    folder.write("tracked", "one\n")
    folder.write(".gitignore", "ignored\n")
    folder.commit("The first")
    folder.write("tracked", "two\n")
    folder.write("fresh", "three\n")
    folder.write("ignored", "four\n")
    before = folder.git("status", "--porcelain"), folder.git("rev-parse", "HEAD")

    said = folder.run("--json")

    assert said.code == 0, said.out
    words = said.words_of("a")
    assert {"two", "three", "The first", " M tracked", "?? fresh"} <= set(words)
    assert (folder.git("status", "--porcelain"), folder.git("rev-parse", "HEAD")) == before
    assert (folder.path / "tracked").read_text() == "two\n"


def test_without_a_checkout_the_job_finds_the_working_copy_and_git_is_not_needed(folder: Folder) -> None:
    folder.workflow("on: push\njobs: {a: {runs-on: x, steps: [{run: cat here && touch mine}]}}")
    folder.write("here", "I am\n")

    said = folder.run("--json")

    assert said.code == 0
    assert "I am" in said.words_of("a")
    assert not (folder.path / "mine").exists()


def test_what_inner_steps_of_an_action_will_run_stands_apart_from_what_they_say(folder: Folder) -> None:
    folder.write(
        "act/action.yml",
        """\
        runs:
          using: composite
          steps:
            - {shell: bash, run: "echo one\\necho two"}
            - {shell: bash, run: "echo '::group::mine'; echo in; echo '::endgroup::'; echo out"}
        """,
    )
    folder.workflow("on: push\njobs: {a: {runs-on: x, steps: [{uses: ./act}]}}")

    said = folder.run("--log")

    assert said.code == 0, said.out
    words = [line.split(" | ", 2)[2] for line in said.lines if line.startswith("a | Run ./act | ")]
    assert [word for word in words if not word.startswith("  ")] == [
        "Run echo one",
        "one",
        "two",
        "Run echo '::group::mine'; echo in; echo '::endgroup::'; echo out",
        "mine",
        "out",
    ]
    assert "  echo two" in words
    assert "  in" in words
