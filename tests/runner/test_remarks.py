"""Workflow commands and problem matchers: what a step says by what it prints."""

import json

import pytest

from dure.runner.record import MatcherBroken, read_matchers
from dure.wire import Annotation
from tests.runner.stand import Stand


def matcher(owner: str = "x", severity: str = "", **pattern: object) -> bytes:
    one = {
        "owner": owner,
        "severity": severity,
        "pattern": [{"regexp": "^(.+):(\\d+): (.+)$", "message": 3, **pattern}],
    }
    return json.dumps({"problemMatcher": [one]}).encode()


def test_a_pattern_of_one_line() -> None:
    [one] = read_matchers(matcher(severity="warning", file=1, line=2))

    assert one.match("src/a.c:12: too long") == {
        "severity": "warning",
        "file": "src/a.c",
        "line": "12",
        "message": "too long",
    }
    assert one.match("nothing") is None


LINTER = {
    "problemMatcher": [
        {
            "owner": "lint",
            "pattern": [
                {"regexp": "^([^\\s].*)$", "file": 1},
                {
                    "regexp": "^\\s+(\\d+):(\\d+)\\s+(?<kind>error|warning)\\s+(.*?)\\s\\s+(.*)$",
                    "line": 1,
                    "column": 2,
                    "severity": 3,
                    "message": 4,
                    "code": 5,
                    "loop": True,
                },
            ],
        }
    ]
}


def test_a_pattern_of_lines_whose_last_repeats() -> None:
    [one] = read_matchers(json.dumps(LINTER).encode())
    found = [
        one.match(line)
        for line in (
            "a.js",
            "  1:10  error  Missing use  strict",
            "  2:3  warning  No  dots",
            "",
            "  3:3  error  Lost  one",
        )
    ]

    assert found[0] is None
    assert found[1] == {
        "severity": "error",
        "file": "a.js",
        "line": "1",
        "column": "10",
        "message": "Missing use",
        "code": "strict",
    }
    assert found[2] is not None
    assert (found[2]["file"], found[2]["line"]) == ("a.js", "2")
    assert found[3:] == [None, None]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"{", "This is no problem matcher"),
        (b'{"problemMatcher":' + b"[" * 100_000, "This is no problem matcher"),
        (b'{"problemMatcher": [{"pattern": []}]}', "has no owner"),
        (b'{"problemMatcher": [{"owner": "x", "pattern": []}]}', "has no pattern"),
        (matcher(severity="loud"), "The severity loud"),
        (matcher(regexp="("), "cannot be read"),
        (matcher(file=9), "has no group 9 for file"),
        (matcher(message=None), "says where the message is"),
        (matcher(loop=True), "may loop"),
        (matcher()[:-2] + b"," + matcher()[len(b'{"problemMatcher": [') :], "Two problem matchers"),
    ],
)
def test_matchers_that_cannot_be(data: bytes, words: str) -> None:
    with pytest.raises(MatcherBroken) as broken:
        read_matchers(data)

    assert words in str(broken.value.text)


def test_problems_become_remarks_at_their_places(shared: Stand) -> None:
    files = {"m.json": json.dumps(LINTER), "evil.json": matcher(owner="evil", regexp="^((a+)+)+$", message=1).decode()}
    job = shared.order(
        [
            {
                "run": "mkdir src; touch src/a.js; "
                + "; ".join(f"echo '{text}' > {name}" for name, text in files.items())
            },
            {
                "run": """
                echo '##[add-matcher]m.json'
                printf '\\033[31msrc/a.js\\033[0m\\n  7:3  error  Bad thing  rule\\n  8:1  warning  Odd  other\\n'
                echo elsewhere.js; echo '  1:1  error  Not here  x'
                echo '::remove-matcher owner=lint::'
                echo src/a.js; echo '  9:9  error  No longer  x'
            """
            },
            {"run": "echo ::add-matcher::evil.json; echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!; echo went on"},
            {"run": "echo ::add-matcher::/etc/passwd; echo ::add-matcher::none.json"},
        ]
    )

    assert shared.ended(job).conclusion == "success"
    log = shared.log(job)
    remarks = [one for one in shared.happenings(job) if isinstance(one, Annotation)]
    assert [(one.level, one.message, one.file, one.line, one.column, one.title) for one in remarks[:3]] == [
        ("error", "Bad thing", "src/a.js", 7, 3, "rule"),
        ("warning", "Odd", "src/a.js", 8, 1, "other"),
        ("error", "Not here", "", 1, 1, "x"),
    ]
    assert "##[error]  7:3  error  Bad thing  rule\n" in log
    assert [one.message for one in remarks[3:]] == [
        "The problem matcher evil took too long for one line, and is removed.",
        "The problem matcher /etc/passwd cannot be read.",
        "The problem matcher none.json cannot be read.",
    ]
    assert "\nwent on\n" in log


def test_links_do_not_tell_what_is_on_the_machine(shared: Stand) -> None:
    """The job does not see the runner's own files; neither does it hear whether they are there."""
    (shared.directory / "secret").write_text("x")
    said = "".join(f"out{shared.directory}/{name}\\n  1:1  error  Seen  rule\\n" for name in ("secret", "none"))
    lay_out = f"ln -s / out; echo '{json.dumps(LINTER)}' > m.json; echo ::add-matcher::m.json"
    job = shared.order([{"run": lay_out}, {"run": f"printf '{said}'"}])

    assert shared.ended(job).conclusion == "success"
    remarks = [one for one in shared.happenings(job) if isinstance(one, Annotation)]
    assert [one.file for one in remarks] == ["", ""]


def test_commands_that_are_closed_unless_the_workflow_opens_them(shared: Stand) -> None:
    lines = "echo '::set-env name=COLOUR::teal'; echo '::add-path::/job/home/bin'"
    ended, log, steps = shared.did([{"run": lines, "continue_on_error": True}, {"run": "echo [$COLOUR]"}])

    assert ended.conclusion == "success"
    assert steps[0].outcome == "failure"
    assert steps[0].why == "set-env is no longer heeded: write to $GITHUB_ENV."
    assert "\n[]\n" in log

    allowed = {"ACTIONS_ALLOW_UNSECURE_COMMANDS": "true"}
    ended, log, _ = shared.did([{"run": lines, "env": allowed}, {"run": "echo [$COLOUR]; echo $PATH"}])

    assert ended.conclusion == "success"
    assert "\n[teal]\n/job/home/bin:" in log


def test_commands_of_one_step_end_with_it(shared: Stand) -> None:
    ended, log, steps = shared.did(
        [
            {"run": "echo ::stop-commands::never-said-again; echo ::warning::not heeded"},
            {"run": "echo ::warning::heeded; echo ::echo::on; echo ::set-output name=a::b"},
            {"run": "echo ::set-output name=a::c"},
            {"run": "echo ::stop-commands::error", "continue_on_error": True},
            {"run": "echo ::save-state::x; echo ::echo::loud", "continue_on_error": True},
        ]
    )

    assert ended.conclusion == "success"
    lines = log.splitlines()
    assert "::warning::not heeded" in lines
    assert "##[warning]heeded" in lines
    assert "::set-output name=a::b" in lines
    assert "::set-output name=a::c" not in lines
    assert [step.outcome for step in steps] == ["success", "success", "success", "failure", "failure"]


def test_names_that_only_differ_in_case_are_one_output(shared: Stand) -> None:
    ended, log, _ = shared.did(
        [
            {"id": "a", "run": "echo Key=1 >> $GITHUB_OUTPUT; echo key=2 >> $GITHUB_OUTPUT"},
            {"run": "echo '${{ toJSON(steps.a.outputs) }}'; echo NODE_OPTIONS=--x >> $GITHUB_ENV"},
            {"run": "echo RUNNER_OS=x >> $GITHUB_ENV; echo ok >> $GITHUB_PATH"},
            {"run": "echo [$NODE_OPTIONS] $RUNNER_OS ${PATH%%:*}"},
        ]
    )

    assert ended.conclusion == "success"
    assert '{\n  "Key": "2"\n}' in log
    assert "\n[] Linux ok\n" in log
    assert "##[warning]NODE_OPTIONS cannot be set by GITHUB_ENV." in log
