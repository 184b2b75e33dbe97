"""Actions that stand in the workspace: made of steps, and written in JavaScript. Real node runs them."""

import os
import shutil
from collections.abc import Mapping
from typing import Any

import pytest

from dure.runner.sandbox import SYSTEM_PATH
from dure.wire import Annotation
from tests.runner.stand import Stand

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine")

HAS_PODMAN = shutil.which("podman", path=f"{SYSTEM_PATH}:{os.environ.get('PATH', '')}") is not None
NO_IMAGE = "./a has no file Dockerfile" if HAS_PODMAN else "has no podman"
"""Nobody looks for a Dockerfile where nothing could be made of it."""


SHOW = "sed 's/[$]<{{/$''{''{/g'"
"""Expressions of the files are not for the step that lays them."""


def laid(files: Mapping[str, str]) -> dict[str, Any]:
    """A step that puts files into the workspace, as a checkout does."""
    lines = []
    for name, text in files.items():
        hidden = text.replace("${{", "$<{{")
        lines.append(f"mkdir -p \"$(dirname '{name}')\"\n{SHOW} > '{name}' <<'END_OF_FILE'\n{hidden}\nEND_OF_FILE")
    return {"name": "Lay files", "run": "\n".join(lines)}


def printed(log: str) -> str:
    """What came after the files were laid."""
    return log.partition("##[group]Run ./")[2]


GREET = """
name: Greet
description: says hello
inputs:
  who: {description: whom, required: true}
  how: {default: "${{ github.job }}-style"}
  old: {deprecationMessage: use how instead}
outputs:
  said: {value: "${{ steps.say.outputs.words }}"}
  none: {value: "${{ steps.nothing.outputs.x }}"}
runs:
  using: composite
  steps:
    - id: say
      shell: bash
      env: {LOUD: "${{ inputs.who }}!"}
      run: |
        echo "words=hello $LOUD" >> $GITHUB_OUTPUT
        echo "MOOD=$WHEN good" >> $GITHUB_ENV
        echo "how ${{ inputs.how }} at ${{ github.action_path }} $GITHUB_ACTION_PATH in $PWD"
        ls $GITHUB_ACTION_PATH
    - {shell: sh, working-directory: "${{ runner.temp }}", run: "echo in $PWD with $MOOD", name: Look}
    - {shell: bash, run: echo passed over, if: "inputs.who == 'nobody'"}
"""


def test_an_action_made_of_steps(shared: Stand) -> None:
    job = shared.order(
        [
            laid({"actions/greet/action.yml": GREET, "actions/greet/data": "x"}),
            {
                "id": "greet",
                "uses": "./actions/greet",
                "with_": {"WHO": "ada", "old": "1", "odd": "2"},
                "env": {"WHEN": "always"},
            },
            {"run": "echo after ${{ steps.greet.outputs.said }} $MOOD ${{ steps.say.outputs.words }}. $WHEN."},
        ]
    )

    assert shared.ended(job).conclusion == "success"
    log = printed(shared.log(job))
    assert "how build-style at /job/work/actions/greet /job/work/actions/greet in /job/work\naction.yml\ndata\n" in log
    assert "in /job/temp with always good\n" in log
    assert "\nafter hello ada! always good . .\n" in log
    assert "passed over" not in log
    warned = [one.message for one in shared.happenings(job) if isinstance(one, Annotation)]
    assert warned == [
        "./actions/greet does not know odd; it takes who, how, old.",
        "The input old is no longer wanted: use how instead",
    ]


FAILING = """
outputs: {last: {value: "${{ steps.last.outcome }}"}}
runs:
  using: composite
  steps:
    - {id: bad, shell: bash, run: exit 4, continue-on-error: true}
    - {shell: bash, run: "echo went on after ${{ steps.bad.outcome }} ${{ steps.bad.conclusion }}"}
    - {shell: bash, run: exit 5}
    - {shell: bash, run: echo not reached}
    - {id: last, shell: bash, run: "echo cleaned up", if: always()}
    - {shell: bash, run: "echo it failed here", if: failure()}
"""


def test_what_goes_wrong_in_an_action_goes_wrong_with_its_step(shared: Stand) -> None:
    ended, log, steps = shared.did(
        [
            laid({"bad/action.yaml": FAILING}),
            {"id": "bad", "uses": "./bad", "continue_on_error": True},
            {"run": "echo ${{ steps.bad.outcome }} ${{ steps.bad.conclusion }} ${{ steps.bad.outputs.last }}"},
            {"uses": "./bad"},
            {"run": "echo no"},
        ]
    )

    assert ended.conclusion == "failure"
    assert [step.conclusion for step in steps] == ["success", "success", "success", "failure", "skipped"]
    for words in ("went on after failure success", "cleaned up", "it failed here", "failure success success"):
        assert f"\n{words}\n" in printed(log)
    assert "\nnot reached\n" not in log
    assert "A step of ./bad did not go well." in steps[3].why


def test_an_action_sees_what_it_is_told_and_no_secret(shared: Stand) -> None:
    peek = """
runs:
  using: composite
  steps:
    - {shell: bash, run: "echo got '${{ toJSON(secrets) }}' '${{ inputs.depth }}' '${{ secrets.KEY }}'"}
"""
    ended, log, _ = shared.did(
        [laid({"peek/action.yml": peek}), {"uses": "./peek"}],
        secrets={"KEY": "hunter2-long"},
        contexts={"inputs": {"depth": "of the workflow"}},
    )

    assert "hunter2" not in log
    assert "of the workflow" not in log
    assert ended.conclusion in ("failure", "success")


def test_actions_use_actions(shared: Stand) -> None:
    outer = """
inputs: {n: {default: "1"}}
outputs: {sum: {value: "${{ steps.inner.outputs.sum }}+${{ inputs.n }}"}}
runs:
  using: composite
  steps:
    - {id: inner, uses: ./inner, with: {n: "${{ inputs.n }}0"}}
"""
    inner = """
inputs: {n: {}}
outputs: {sum: {value: "${{ inputs.n }}"}}
runs: {using: composite, steps: [{shell: bash, run: "echo path $GITHUB_ACTION_PATH"}]}
"""
    endless = "runs: {using: composite, steps: [{uses: ./endless}]}"
    ended, log, steps = shared.did(
        [
            laid({"outer/action.yml": outer, "inner/action.yml": inner, "endless/action.yml": endless}),
            {"id": "outer", "uses": "./outer", "with_": {"n": "4"}},
            {"run": "echo sum ${{ steps.outer.outputs.sum }}"},
            {"uses": "./endless"},
        ]
    )

    assert ended.conclusion == "failure"
    assert "\nsum 40+4\n" in log
    assert "path /job/work/inner" in log
    assert "Actions use actions more than 10 levels deep here." in log
    assert steps[3].conclusion == "failure"


SCRIPT = """
const fs = require('fs');
const part = process.argv[1].split('/').pop();
const env = process.env;
console.log(`${part} ran: ${env['INPUT_WHO']} ${env['INPUT_TWO_WORDS']} ${env['INPUT_A-B']}`);
console.log(`state ${env.STATE_seen} ${env.STATE_old} in ${process.cwd()} ${env.GITHUB_ACTION}`);
fs.appendFileSync(process.env.GITHUB_STATE, `seen=${part}\\n`);
console.log('::save-state name=old::way');
fs.appendFileSync(process.env.GITHUB_OUTPUT, 'result=42\\n');
fs.appendFileSync(process.env.GITHUB_STEP_SUMMARY, `from ${part}\\n`);
if (process.env.INPUT_WHO === 'fail') process.exit(3);
"""
IN_JAVASCRIPT = """
inputs: {who: {default: nobody}, "two words": {default: two}, a-b: {default: dash}}
runs: {using: node20, main: dist/main.js, post: dist/post.js}
"""


@needs_node
def test_an_action_in_javascript_and_what_it_does_later(shared: Stand) -> None:
    files = {"js/action.yml": IN_JAVASCRIPT, "js/dist/main.js": SCRIPT, "js/dist/post.js": SCRIPT}
    job = shared.order(
        [
            laid(files),
            {"id": "one", "uses": "./js", "with_": {"who": "one"}},
            {"uses": "./js", "with_": {"who": "fail"}},
            {"run": "echo result ${{ steps.one.outputs.result }}", "condition": "always()"},
        ]
    )

    assert shared.ended(job).conclusion == "failure"
    log = printed(shared.log(job))
    steps = shared.steps(job)
    assert [(step.index, step.name, step.conclusion) for step in steps[1:]] == [
        (1, "Run ./js", "success"),
        (2, "Run ./js", "failure"),
        (
            3,
            "Run echo result ${{ steps.one.outputs.result }}".replace("${{ steps.one.outputs.result }}", "42"),
            "success",
        ),
        (4, "Post Run ./js", "failure"),
        (5, "Post Run ./js", "success"),
    ]
    assert "main.js ran: one two dash\nstate undefined undefined in /job/work one\n" in log
    assert "post.js ran: fail two dash\nstate main.js way in /job/work __js\n" in log
    assert log.index("post.js ran: fail") < log.index("post.js ran: one")
    assert "\nresult 42\n" in log
    assert steps[2].exit_code == 3


@needs_node
def test_conditions_of_what_is_done_later(shared: Stand) -> None:
    manifest = """
runs: {using: node24, main: m.js, post: p.js, post-if: "CONDITION"}
"""
    files: dict[str, str] = {}
    for name, condition in (("good", "success()"), ("bad", "failure()")):
        files |= {
            f"{name}/action.yml": manifest.replace("CONDITION", condition),
            f"{name}/m.js": "",
            f"{name}/p.js": "",
        }
    job = shared.order([laid(files), {"uses": "./good"}, {"uses": "./bad"}, {"run": "exit 1"}])

    shared.ended(job)

    assert [step.name for step in shared.steps(job)][4:] == ["Post Run ./bad"]


@needs_node
def test_what_actions_in_actions_do_later_is_one_step_backwards(shared: Stand) -> None:
    files = {"js/action.yml": IN_JAVASCRIPT, "js/dist/main.js": SCRIPT, "js/dist/post.js": SCRIPT}
    files["both/action.yml"] = """
runs:
  using: composite
  steps:
    - {uses: ./js, with: {who: first}}
    - {uses: ./js, with: {who: second}}
"""
    job = shared.order([laid(files), {"name": "Both", "uses": "./both"}, {"run": "echo last"}])

    assert shared.ended(job).conclusion == "success"
    log = shared.log(job)
    steps = shared.steps(job)
    assert [step.name for step in steps] == ["Lay files", "Both", "Run echo last", "Post Both"]
    assert log.index("\nlast\n") < log.index("post.js ran: second") < log.index("post.js ran: first")
    assert log.count("state main.js way") == 2


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("name: x", "action.yml:1: `runs` is missing"),
        ("runs: {using: node20}", "The key `main` is missing"),
        ("runs: {using: composite}", "`steps` is missing"),
        ("runs: {using: composite, steps: [{run: x}]}", "`shell` is missing"),
        ("runs: {using: composite, steps: [{shell: bash}]}", "either `run` or `uses`"),
        ("runs: {using: powershell}", "`using` says 'powershell'"),
        ("runs: [", "This is not YAML"),
        ("runs: {using: docker, image: Dockerfile}", NO_IMAGE),
    ],
)
def test_an_action_that_cannot_be_read(shared: Stand, manifest: str, words: str) -> None:
    ended, _, steps = shared.did([laid({"a/action.yml": manifest}), {"uses": "./a"}])

    assert ended.conclusion == "failure"
    assert words in steps[1].why


def test_a_link_does_not_make_the_runner_read_elsewhere(shared: Stand) -> None:
    ended, _, steps = shared.did(
        [
            {"run": "mkdir a; ln -s /etc/hostname a/action.yml; ln -s /etc b"},
            {"uses": "./a", "continue_on_error": True},
            {"uses": "./b"},
        ]
    )

    assert ended.conclusion == "failure"
    assert all("There is no action.yml" in step.why for step in steps[1:])


def test_the_step_of_an_action_may_take_only_its_time(shared: Stand) -> None:
    slow = "runs: {using: composite, steps: [{shell: bash, run: sleep 30}, {shell: bash, run: echo no, if: always()}]}"
    ended, log, steps = shared.did([laid({"s/action.yml": slow}), {"uses": "./s", "timeout_minutes": 0.005}])

    assert ended.conclusion == "failure"
    assert "took longer than its 0.005 minutes" in steps[1].why
    assert "\nno\n" not in log


@needs_node
def test_actions_of_repositories(shared: Stand) -> None:
    pre = "console.log(`pre ran ${process.env.INPUT_WHO}`);\nconsole.log('::save-state name=seen::pre');"
    manifest = "inputs: {who: {default: x}}\nruns: {using: node16, pre: pre.js, main: m.js, post: m.js}"
    script = "const {STATE_seen, GITHUB_ACTION_REPOSITORY: repo, GITHUB_ACTION_REF: ref} = process.env;\n"
    script += "console.log(`${STATE_seen} at ${repo} ${ref}`);"
    shared.books.keep_action(
        "acme/tools@v1",
        {
            "js/action.yml": manifest,
            "js/pre.js": pre,
            "js/m.js": script,
            "made/action.yml": """
inputs: {n: {default: none}}
runs:
  using: composite
  steps:
    - {shell: bash, run: "echo $GITHUB_ACTION_REPOSITORY@$GITHUB_ACTION_REF; cat $GITHUB_ACTION_PATH/../data"}
    - {uses: $/js, with: {who: inner}}
    - {shell: bash, run: "touch $GITHUB_ACTION_PATH/new || echo closed"}
""",
            "data": "the data\n",
        },
    )
    job = shared.order(
        [
            {"run": "echo first"},
            {"uses": "acme/tools/js@v1", "with_": {"who": "outer"}},
            {"uses": "acme/tools/made@v1", "env": {"A": "b"}},
            {"uses": "acme/none@v1", "condition": "false"},
        ]
    )

    assert shared.ended(job).conclusion == "success", shared.log(job)
    log = shared.log(job)
    names = [(step.index, step.name) for step in shared.steps(job)]
    assert names == [
        (-1000, "Pre Run acme/tools/js@v1"),
        (-999, "Pre Run $/js"),
        (0, "Run echo first"),
        (1, "Run acme/tools/js@v1"),
        (2, "Run acme/tools/made@v1"),
        (3, "Run acme/none@v1"),
        (4, "Post Run acme/tools/made@v1"),
        (5, "Post Run acme/tools/js@v1"),
    ]
    assert log.index("pre ran outer") < log.index("pre ran inner") < log.index("\nfirst\n")
    assert log.splitlines().count("pre at acme/tools v1") == 4
    assert "\nacme/tools@v1\nthe data\n" in log
    assert "\nclosed\n" in log


def test_the_house_has_its_own_copy_of_an_action_that_we_stand_in_for(shared: Stand) -> None:
    shared.books.keep_action(
        "actions/cache@v9", {"action.yml": 'runs: {using: composite, steps: [{shell: bash, run: "echo the real one"}]}'}
    )
    ended, log, _ = shared.did([{"uses": "Actions/Cache@v9"}], mirrored=["actions/cache"])

    assert ended.conclusion == "failure"
    assert "no action Actions/Cache@v9" in log

    ended, log, _ = shared.did([{"uses": "actions/cache@v9"}], mirrored=["actions/cache"])

    assert ended.conclusion == "success", log
    assert "the real one" in log
