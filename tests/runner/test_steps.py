"""Steps of a job as workflow files mean them, by a real runner in a real sandbox."""

import re

import pytest

from dure.wire import Annotation, Started, StepStarted, Summary
from tests.runner.stand import Stand


def test_a_job_from_order_to_end(shared: Stand) -> None:
    job = shared.order([{"run": "echo hello", "name": "Greet"}])

    ended = shared.ended(job)
    started, began, over, _ = shared.happenings(job)

    assert ended.conclusion == "success"
    assert isinstance(started, Started)
    assert "Isolation: " in started.isolation
    assert isinstance(began, StepStarted)
    assert began.name == "Greet"
    assert (job / "taken").exists()
    lines = (job / "log").read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line) for line in lines)
    assert lines[-1].endswith("Z hello")
    assert "Isolation: " in lines[1]
    assert "shares this machine's network" in lines[1]
    [step] = shared.steps(job)
    assert (job / "log").read_bytes()[began.log_offset : step.log_offset].decode().splitlines() == lines[2:]
    assert over == step
    shared.until(shared.room_is_clear)


def test_values_go_from_step_to_step(shared: Stand) -> None:
    ended, log, _ = shared.did(
        [
            {
                "id": "first",
                "run": """
                    echo "one=1" >> "$GITHUB_OUTPUT"
                    printf 'many<<END\\nline 1\\nline 2\\nEND\\n' >> "$GITHUB_OUTPUT"
                    echo "MOOD=good" >> "$GITHUB_ENV"
                    mkdir -p "$HOME/tools" && printf '#!/bin/sh\\necho tool speaks' > "$HOME/tools/tool"
                    chmod +x "$HOME/tools/tool"
                    echo "$HOME/tools" >> "$GITHUB_PATH"
                    echo '## Done' >> "$GITHUB_STEP_SUMMARY"
                """,
            },
            {
                "run": 'tool; echo "mood: $MOOD ${{ env.MOOD }} $OWN"; echo "${{ steps.first.outputs.many }}"',
                "env": {"OWN": "${{ github.job }}"},
            },
            {"run": "echo ${{ steps.first.outcome }} ${{ steps.first.conclusion }} ${{ job.status }}"},
        ],
        outputs={"one": "${{ steps.first.outputs.one }}", "none": "${{ steps.none.outputs.x }}"},
    )

    assert ended.conclusion == "success", log
    assert ended.outputs == {"one": "1", "none": ""}
    for words in ("tool speaks", "mood: good good build", "line 1\nline 2", "success success success"):
        assert words in log


def test_conditions_decide_what_runs_after_a_failure(shared: Stand) -> None:
    ended, log, steps = shared.did(
        [
            {"run": "exit 3", "id": "bad"},
            {"run": "echo not this"},
            {"run": "echo after failure", "condition": "failure()"},
            {"run": "echo always here", "condition": "${{ always() && steps.bad.outcome == 'failure' }}"},
            {"run": "echo not cancelled", "condition": "cancelled()"},
        ]
    )

    assert ended.conclusion == "failure"
    assert [step.conclusion for step in steps] == ["failure", "skipped", "success", "success", "skipped"]
    assert steps[0].exit_code == 3
    assert "\nafter failure\n" in log
    assert "\nalways here\n" in log
    assert "\nnot this\n" not in log
    assert steps[1].why == "Skipped: a step before it failed."


def test_a_failure_may_be_let_pass(shared: Stand) -> None:
    ended, _, steps = shared.did(
        [
            {"run": "exit 1", "id": "bad", "continue_on_error": "${{ matrix.brave }}"},
            {"run": "test ${{ steps.bad.outcome }}-${{ steps.bad.conclusion }} = failure-success"},
        ],
        contexts={"matrix": {"brave": True}},
    )

    assert ended.conclusion == "success"
    assert (steps[0].outcome, steps[0].conclusion) == ("failure", "success")


def test_a_step_may_take_only_its_time(shared: Stand) -> None:
    ended, _, steps = shared.did(
        [
            {"run": "trap 'exit 9' INT; sleep 30 & wait", "timeout_minutes": 0.005},
            {"run": "true", "condition": "always()"},
        ]
    )

    assert ended.conclusion == "failure"
    assert [step.conclusion for step in steps] == ["failure", "success"]
    assert "took longer than its 0.005 minutes" in steps[0].why


def test_a_job_may_take_only_its_time(shared: Stand) -> None:
    ended, _, steps = shared.did(
        [{"run": "sleep 30"}, {"run": "echo no"}, {"run": "echo yes", "condition": "always()"}], timeout_minutes=0.005
    )

    assert ended.conclusion == "failure"
    assert "0.005 minutes" in ended.why
    assert [step.conclusion for step in steps] == ["failure", "skipped", "success"]


@pytest.mark.parametrize(
    ("shell", "lines", "printed"),
    [
        ("bash", "false | true\necho not reached", ""),
        (None, "false | true\necho reached", "reached"),
        ("sh", "echo $0", "/step_0.sh"),
        ("python", "import os, sys\nprint('py', sys.version_info[0], os.getcwd())", "py 3 /"),
        ("perl {0}", 'print "perl " . (6 * 7) . "\\n";', "perl 42"),
    ],
)
def test_shells(shared: Stand, shell: str | None, lines: str, printed: str) -> None:
    ended, log, _ = shared.did([{"run": lines, "shell": shell}])

    assert ended.conclusion == ("success" if printed else "failure")
    assert printed in log.partition("##[endgroup]\n")[2]


def test_a_shell_that_nobody_knows(shared: Stand) -> None:
    ended, log, steps = shared.did([{"run": "true", "shell": "fish"}])

    assert ended.conclusion == "failure"
    assert "The shell fish is none of bash, sh and python" in steps[0].why
    assert "##[error]The shell fish" in log


def test_directories_and_defaults(shared: Stand) -> None:
    ended, log, _ = shared.did(
        [
            {"run": "mkdir -p sub; pwd", "working_directory": "."},
            {"run": "pwd"},
            {"run": "pwd", "working_directory": "${{ runner.temp }}"},
            {"run": "true", "working_directory": "nowhere"},
        ],
        defaults={"working_directory": "sub", "shell": "sh"},
    )

    assert re.search(r"/work\n(.|\n)*/work/sub\n(.|\n)*/temp\n", log)
    assert ended.conclusion == "failure"
    assert "nowhere: there is no such thing here" in log


def test_nothing_of_the_runner_is_in_the_environment(stand: Stand) -> None:
    stand.start_runner(environment={"DURE_SECRET": "from-the-house", "DATABASE_URL": "postgresql://x"})

    _, log, _ = stand.did([{"run": "env"}], env={"MINE": "${{ github.ref_name }}", "GITHUB_SHA": "forged"})

    environment = log.rpartition("##[endgroup]\n")[2]
    names = {line.partition("=")[0] for line in environment.splitlines()}
    assert {"DURE_SECRET", "DATABASE_URL", "VIRTUAL_ENV", "USER"} & names == set()
    assert "MINE=main\n" in environment
    assert f"GITHUB_SHA={'0' * 40}\n" in environment
    for line in ("CI=true", "GITHUB_ACTIONS=true", "RUNNER_OS=Linux", "GITHUB_REF_TYPE=branch", "RUNNER_NAME=tester"):
        assert f"{line}\n" in environment


def test_what_the_house_knows_is_told(shared: Stand) -> None:
    ended, log, _ = shared.did(
        [{"run": 'echo "$GITHUB_ACTOR $GITHUB_RUN_NUMBER ${{ vars.COLOUR }} $(cat $GITHUB_EVENT_PATH)"'}],
        contexts={
            "github": {"actor": "ada", "run_number": 7, "event": {"after": "abc"}, "token": "forged"},
            "vars": {"COLOUR": "teal"},
        },
    )

    assert ended.conclusion == "success"
    assert 'ada 7 teal {"after":"abc"}' in log


def test_remarks_and_a_summary(shared: Stand) -> None:
    job = shared.order(
        [
            {
                "id": "speak",
                "run": """
                    echo '::group::Compiling'
                    echo '::warning file=src/a.py,line=3,col=7,endLine=4,title=Careful::100%25 sure%0Areally'
                    echo '::endgroup::'
                    echo '::error::no place'
                    echo '  ::notice::indented'
                    echo '::debug::hidden'
                    echo '::stop-commands::pause-it'
                    echo '::error::not a command'
                    echo '::pause-it::'
                    echo 'std::vector::push_back is no command'
                    echo '::set-output name=old::way'
                    echo '**bold**' > "$GITHUB_STEP_SUMMARY"
                """,
            },
            {"run": "echo got ${{ steps.speak.outputs.old }}"},
        ]
    )

    shared.ended(job)
    log = shared.log(job)
    remarks = [remark for remark in shared.happenings(job) if isinstance(remark, Annotation)]

    assert [(remark.level, remark.message) for remark in remarks] == [
        ("warning", "100% sure\nreally"),
        ("error", "no place"),
        ("notice", "indented"),
    ]
    assert (remarks[0].file, remarks[0].line, remarks[0].column, remarks[0].end_line) == ("src/a.py", 3, 7, 4)
    assert remarks[0].title == "Careful"
    assert [summary.markdown for summary in shared.happenings(job) if isinstance(summary, Summary)] == ["**bold**"]
    said = log.partition("##[endgroup]\n")[2]
    for line in ("##[group]Compiling", "##[endgroup]", "##[error]no place", "::error::not a command", "got way"):
        assert f"{line}\n" in said
    assert "hidden" not in said
    assert "std::vector::push_back is no command" in said


def test_a_job_cannot_say_endlessly_many_things(shared: Stand) -> None:
    job = shared.order([{"run": "for i in $(seq 1000); do echo ::warning::$i; done"}])

    assert shared.ended(job).conclusion == "success"
    assert len([remark for remark in shared.happenings(job) if isinstance(remark, Annotation)]) == 200


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"run": "true", "condition": "fromJSON('nonsense')"}, "JSON"),
        ({"run": "echo ${{ fromJSON('nonsense') }}"}, "JSON"),
        ({"run": "true", "env": {"A": "${{ fromJSON('{') }}"}}, "JSON"),
        ({"run": "echo 'no end<<E' >> $GITHUB_OUTPUT; echo rest >> $GITHUB_OUTPUT"}, "is missing"),
        ({"run": "echo nothing-here >> $GITHUB_ENV"}, "neither name=value nor"),
        ({"uses": "actions/setup-java"}, "actions/setup-java says no version"),
        ({"uses": "actions/setup-java@v4"}, "no action actions/setup-java@v4"),
        ({"uses": "./here"}, "There is no action.yml in ./here. Is there a step"),
        ({"uses": "./../up"}, "leads out of its repository"),
        ({"uses": "nonsense"}, "nonsense says no action"),
        ({"uses": "docker://127.0.0.1:9/none"}, "podman"),
        ({"run": "true", "env": {"BIG": "x" * 140_000}}, "BIG is too large"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(shared: Stand, step: dict[str, object], words: str) -> None:
    ended, log, steps = shared.did([step, {"run": "echo later", "condition": "always()"}])

    assert ended.conclusion == "failure"
    assert words in steps[0].why
    assert "##[error]" in log
    assert steps[1].conclusion == "success"


def test_secrets_are_masked_in_everything_that_leaves_the_job(shared: Stand) -> None:
    job = shared.order(
        [
            {
                "name": "Use ${{ secrets.KEY }}",
                "id": "leak",
                "run": """
                    echo "plain $KEY"
                    printf '%s' "$KEY" | base64
                    printf 'user:%s' "$KEY" | base64
                    echo "$PEM"
                    printf 'hun'; sleep 0.3; printf 'ter2-long\\n'
                    echo "::warning::careful with $KEY"
                    FOUND=found-out
                    echo "::add-mask::$FOUND-later"
                    echo "$FOUND-later"
                    echo "token ${{ github.token }}"
                    echo "key=$KEY" >> $GITHUB_OUTPUT
                    echo "$KEY" > $GITHUB_STEP_SUMMARY
                """,
                "env": {"KEY": "${{ secrets.KEY }}", "PEM": "${{ secrets.PEM }}"},
            },
            {"run": "test '${{ steps.leak.outputs.key }}' = hunter2-long"},
        ],
        secrets={"KEY": "hunter2-long", "PEM": "-----BEGIN-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END-----\n"},
        outputs={"key": "${{ steps.leak.outputs.key }}", "fine": "ok"},
    )

    ended = shared.ended(job)
    everything = (job / "log").read_text() + (job / "happenings").read_text()

    for secret in ("hunter2-long", "aHVudGVyMi1sb25n", "h1bnRlcjItbG9uZ", "MIIEvQIBADANBg", "found-out-later"):
        assert secret not in everything
    assert "sesame-open" not in everything
    assert "plain ***" in everything
    assert ended.conclusion == "success"
    assert ended.outputs == {"fine": "ok"}
    assert "The output key is left out, because it holds a secret." in everything


def test_hash_files(shared: Stand) -> None:
    ended, log, _ = shared.did(
        [
            {"run": "mkdir a; echo 1 > a/lock; echo 2 > lock; ln -s /etc/passwd p.lock"},
            {"run": "echo '${{ hashFiles('**/lock') }}' ${{ hashFiles('*.lock') == '' }}"},
        ]
    )

    assert ended.conclusion == "success"
    assert re.search(r"\n[0-9a-f]{64} true\n", log)


def test_a_program_left_running_serves_later_steps_and_ends_with_the_job(shared: Stand) -> None:
    ended, log, _ = shared.did(
        [
            {"run": "(sleep 0.3; echo from behind) & echo away"},
            {"run": "sleep 0.6; echo later"},
            {"run": "setsid sleep 71234 & echo left it"},
        ]
    )

    assert ended.conclusion == "success"
    assert log.index("\naway\n") < log.index("\nfrom behind\n") < log.index("\nlater\n")


def test_a_variable_that_cannot_be_fails_its_step_alone(shared: Stand) -> None:
    ended, log, steps = shared.did(
        [{"run": "true", "env": {"": "nameless"}}, {"run": "echo still here", "condition": "always()"}]
    )

    assert ended.conclusion == "failure"
    assert [step.conclusion for step in steps] == ["failure", "success"]
    assert "illegal environment variable name" in log
    assert "\nstill here\n" in log


def test_reports_of_tests_are_found(shared: Stand) -> None:
    job = shared.order(
        [
            {
                "run": """
                    mkdir -p out/test-results node_modules/x
                    echo '<?xml version="1.0"?><testsuites/>' > out/TEST-one.xml
                    echo '<testsuite name="x"/>' > out/test-results/any.xml
                    echo '<testsuite/>' > report.xml
                    echo '<project/>' > out/junit-not.xml
                    echo '<testsuite/>' > node_modules/x/junit.xml
                    ln -s /etc/passwd out/junit-link.xml
                    echo '<testsuite/>' > other.xml
                """
            }
        ]
    )

    shared.ended(job)

    found = {path.name: path.read_text().strip() for path in (job / "tests").iterdir()}
    assert set(found) == {"out-TEST-one.xml", "out-test-results-any.xml", "report.xml"}
    assert found["report.xml"] == "<testsuite/>"


def test_the_address_of_an_environment_is_told_if_a_page_may_lead_there(shared: Stand) -> None:
    steps = [{"id": "up", "run": 'echo host=shop.example.org:8000 >> "$GITHUB_OUTPUT"'}]
    ended, _, _ = shared.did(steps, environment_url="https://${{ steps.up.outputs.host }}/?by=${{ job.status }}")
    assert ended.environment_url == "https://shop.example.org:8000/?by=success"
    for url in ("javascript:alert(1)//https://x", "/runs", "https://x/${{ secrets.KEY }}", "https://x/\\ y"):
        ended, log, _ = shared.did(steps, environment_url=url, secrets={"KEY": "hunter2-long"})
        assert (ended.conclusion, ended.environment_url) == ("success", "")
        assert "The url of the environment is left out" in log
    ended, _, _ = shared.did(steps, environment_url="${{ fromJSON('no') }}")
    assert (ended.conclusion, ended.environment_url) == ("failure", "")
