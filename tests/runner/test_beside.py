"""Steps in the background, and what waits for them."""

import re
import time
from pathlib import Path
from typing import Any

from dure.wire import StepEnded, StepOrder, StepStarted
from tests.runner.stand import Stand
from tests.runner.test_uses import laid


def own_words(job: Path, step: StepEnded) -> list[str]:
    """The lines of a step in the background, which have its number in their stamp."""
    return re.findall(rf"(?m)^\S+Z/{step.index} (.*)$", (job / "log").read_text())


def test_a_step_in_the_background_goes_on_beside_the_others(shared: Stand) -> None:
    job = shared.order(
        [
            {
                "id": "server",
                "background": True,
                "run": """
                    echo up > up; for i in $(seq 20); do echo "side $i"; sleep 0.02; done
                    echo port=80 >> $GITHUB_OUTPUT; echo SIDE=set >> $GITHUB_ENV; echo here >> $GITHUB_PATH
                """,
            },
            {"run": "until test -f up; do sleep 0.01; done; for i in $(seq 10); do echo main $i; sleep 0.02; done"},
            {"run": "echo before [${{ steps.server.outputs.port }}] [$SIDE]"},
            {"wait": ["server"]},
            {"run": "echo after [${{ steps.server.outputs.port }}] [$SIDE] ${{ steps.server.outcome }} ${PATH%%:*}"},
        ]
    )

    assert shared.ended(job).conclusion == "success"
    log = shared.log(job)
    steps = {step.index: step for step in shared.steps(job)}
    assert "\nbefore [] []\n" in log
    assert "\nafter [80] [set] success here\n" in log
    words = own_words(job, steps[0])
    assert [line for line in words if line.startswith("side")] == [f"side {number}" for number in range(1, 21)]
    assert not [line for line in words if line.startswith("main")]
    began = {one.index: one.at for one in shared.happenings(job) if isinstance(one, StepStarted)}
    assert began[1] < steps[0].at
    assert steps[3].name == "Wait for server"


def test_its_words_are_there_while_it_runs(shared: Stand) -> None:
    """In whole lines, also where another step has written half of one."""
    job = shared.order(
        [
            {"background": True, "run": "echo one; until test -f go; do sleep 0.01; done; printf 'half '; echo two"},
            {"run": "printf 'main '; touch go; sleep 0.5; echo goes on; until test -f end; do sleep 0.01; done"},
        ]
    )
    shared.printed(job)("\nhalf two\n")
    running = {one.index for one in shared.happenings(job) if isinstance(one, StepStarted) and one.kind == "background"}
    (shared.workshop / "jobs" / job.name / "room" / "work" / "end").touch()

    assert shared.ended(job).conclusion == "success"
    assert running == {0}
    assert "\nmain goes on\n" in shared.log(job)
    steps = {step.index: step for step in shared.steps(job)}
    assert own_words(job, steps[0])[-2:] == ["one", "half two"]
    assert steps[0].at < steps[1].at


def test_a_failure_counts_when_somebody_waits(shared: Stand) -> None:
    ended, log, steps = shared.did(
        [
            {"id": "bad", "background": True, "run": "exit 3"},
            {"run": "sleep 0.3; echo not yet ${{ job.status }}"},
            {"wait_all": True},
            {"run": "echo no more"},
            {"run": "echo ${{ steps.bad.conclusion }}", "condition": "failure()"},
        ]
    )

    assert ended.conclusion == "failure"
    assert "\nnot yet success\n" in log
    assert {step.index: step.conclusion for step in steps} == {
        0: "failure",
        1: "success",
        2: "failure",
        3: "skipped",
        4: "success",
    }
    assert "\nfailure\n" in log
    bad = next(step for step in steps if step.index == 0)
    assert bad.exit_code == 3


def test_at_the_end_the_job_waits_for_all(shared: Stand) -> None:
    ended, log, steps = shared.did(
        [
            {"background": True, "run": "sleep 0.4; echo done at last; exit 1"},
            {"id": "may", "background": True, "run": "exit 1", "continue_on_error": True},
            {"run": "echo quick"},
        ]
    )

    assert ended.conclusion == "failure"
    assert "\ndone at last\n" in log
    assert {step.index: (step.outcome, step.conclusion) for step in steps} == {
        0: ("failure", "failure"),
        1: ("failure", "success"),
        2: ("success", "success"),
    }


def test_a_step_in_the_background_may_be_cancelled(shared: Stand) -> None:
    began = time.monotonic()
    ended, log, steps = shared.did(
        [
            {"id": "server", "background": True, "run": "trap 'echo bye; exit 0' INT; sleep 60 & wait"},
            {"run": "sleep 0.3"},
            {"cancel": ["server"]},
            {"run": "echo ${{ steps.server.outcome }}"},
        ]
    )

    assert ended.conclusion == "success", log
    assert "\nbye\n" in log
    assert "\ncancelled\n" in log
    assert time.monotonic() - began < 15
    assert {step.index: step.conclusion for step in steps}[0] == "cancelled"


def test_steps_of_a_group_run_at_once(shared: Stand) -> None:
    group: list[dict[str, Any]] = [
        {"index": 1, "id": "a", "run": "touch a; until test -f b; do sleep 0.01; done; echo A=1 >> $GITHUB_ENV"},
        {"index": 2, "id": "b", "run": "touch b; until test -f a; do sleep 0.01; done; echo x=y >> $GITHUB_OUTPUT"},
        {"index": 3, "run": "echo never", "condition": "false"},
    ]
    steps = [StepOrder(**step) for step in group]
    job = shared.order([{"parallel": steps}, {"run": "echo $A ${{ steps.b.outputs.x }}", "index": 4}])

    assert shared.ended(job).conclusion == "success"
    assert "\n1 y\n" in shared.log(job)
    assert sorted((step.index, step.conclusion) for step in shared.steps(job)) == [
        (0, "success"),
        (1, "success"),
        (2, "success"),
        (3, "skipped"),
        (4, "success"),
    ]


def test_actions_run_in_the_background_too(shared: Stand) -> None:
    made = "runs: {using: composite, steps: [{shell: bash, run: echo one}, {shell: bash, run: sleep 0.1; echo two}]}"
    job = shared.order(
        [
            laid({"a/action.yml": made}),
            *({"uses": "./a", "background": True, "name": f"Side {number}"} for number in range(3)),
            {"run": "echo ${{ hashFiles('a/*') != '' }}"},
        ]
    )

    assert shared.ended(job).conclusion == "success"
    for step in shared.steps(job):
        if step.name.startswith("Side"):
            assert [line for line in own_words(job, step) if line in ("one", "two")] == ["one", "two"]


def test_secrets_are_hidden_in_the_background(shared: Stand) -> None:
    job = shared.order(
        [
            {"background": True, "run": "echo $KEY; until test -f told; do sleep 0.01; done; echo later-known-value"},
            {"run": "echo ::add-mask::later-known-value; sleep 0.2; touch told"},
            {"background": True, "run": "echo ::add-mask::side-known-value; touch side"},
            {"run": "until test -f side; do sleep 0.01; done; sleep 0.2; echo side-known-value"},
        ],
        env={"KEY": "${{ secrets.KEY }}"},
        secrets={"KEY": "hunter2-long"},
    )

    assert shared.ended(job).conclusion == "success", shared.log(job)
    said = re.sub(r"(?m)^.*(run|echo|add-mask).*$", "", shared.log(job))
    for value in ("hunter2-long", "later-known-value", "side-known-value"):
        assert value not in said


def test_a_job_that_is_cancelled_ends_its_background_first(shared: Stand) -> None:
    job = shared.order(
        [
            {"background": True, "run": "trap 'echo side ends; exit 1' INT; echo > side; sleep 60 & wait"},
            {"run": "until test -f side; do sleep 0.01; done; echo ready; sleep 60"},
            {"run": "echo cleaned", "condition": "always()"},
        ]
    )
    shared.printed(job)("\nready\n")
    (job / "cancel").write_text("asked")

    assert shared.ended(job).conclusion == "cancelled"
    log = shared.log(job)
    assert "\ncleaned\n" in log
    assert "\nside ends\n" in log
    assert {step.index: step.conclusion for step in shared.steps(job)} == {0: "cancelled", 1: "cancelled", 2: "success"}
