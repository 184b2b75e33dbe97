"""Cancelling: first a word, then a louder one, then the end of everything; and what runs nevertheless."""

import time

from tests.runner.stand import Stand, processes

WAIT = "trap 'echo heard INT; exit 7' INT; echo ready; sleep 600 & wait"


def test_what_runs_always_runs_after_a_cancel(stand: Stand) -> None:
    stand.start_runner()
    job = stand.order(
        [
            {"run": WAIT},
            {"run": "echo not this"},
            {"run": "echo cleaned up", "condition": "always()"},
            {"run": "echo was cancelled", "condition": "cancelled()"},
        ]
    )
    stand.printed(job)("\nready\n")

    (job / "cancel").write_text("asked")
    ended = stand.ended(job)

    assert ended.conclusion == "cancelled"
    assert [step.conclusion for step in stand.steps(job)] == ["cancelled", "skipped", "success", "success"]
    log = stand.log(job)
    for words in ("\nheard INT\n", "\ncleaned up\n", "\nwas cancelled\n"):
        assert words in log


def test_who_does_not_listen_is_ended(stand: Stand) -> None:
    stand.start_runner()
    mark = "8123401"
    job = stand.order(
        [
            {"run": f"trap '' INT TERM; setsid sleep {mark} & echo ready; while true; do sleep {mark}; done"},
            {"run": "echo always", "condition": "always()"},
        ]
    )
    stand.printed(job)("\nready\n")

    began = time.monotonic()
    (job / "cancel").write_text("asked")
    ended = stand.ended(job)

    assert 9 < time.monotonic() - began < 20
    assert ended.conclusion == "cancelled"
    assert [step.conclusion for step in stand.steps(job)] == ["cancelled", "success"]
    assert processes(f"sleep {mark}") == []


def test_the_second_cancel_forces(stand: Stand) -> None:
    stand.start_runner()
    mark = "8123402"
    job = stand.order(
        [
            {"run": f"trap '' INT TERM; echo ready; while true; do sleep {mark}; done"},
            {"run": "echo always", "condition": "always()"},
        ]
    )
    stand.printed(job)("\nready\n")

    began = time.monotonic()
    (job / "cancel").write_text("force")
    ended = stand.ended(job)

    assert time.monotonic() - began < 6
    assert ended.conclusion == "cancelled"
    assert [step.conclusion for step in stand.steps(job)] == ["cancelled", "skipped"]
    assert processes(f"sleep {mark}") == []


def test_a_step_that_runs_after_a_cancel_can_only_be_forced(stand: Stand) -> None:
    stand.start_runner()
    job = stand.order([{"run": WAIT}, {"run": "echo cleaning; sleep 600", "condition": "always()"}])
    stand.printed(job)("\nready\n")
    (job / "cancel").write_text("asked")
    stand.printed(job)("\ncleaning\n")
    time.sleep(2.5)
    assert len(stand.steps(job)) == 1

    (job / "cancel").write_text("force")

    assert stand.ended(job).conclusion == "cancelled"


def test_a_job_that_is_taken_away_is_ended_and_forgotten(stand: Stand) -> None:
    stand.start_runner()
    mark = "8123403"
    job = stand.order([{"run": f"echo ready; sleep {mark}"}])
    stand.printed(job)("\nready\n")

    (job / "gone").touch()

    stand.until(lambda: not processes(f"sleep {mark}"))
    stand.until(stand.room_is_clear)
    assert stand.did([{"run": "true"}])[0].conclusion == "success"


def test_what_runs_after_a_cancel_has_as_long_as_the_order_says(stand: Stand) -> None:
    stand.start_runner()
    steps = [{"run": WAIT}, {"run": "echo cleaning; sleep 600", "condition": "always()"}]
    job = stand.order(steps, cancel_timeout_minutes=2 / 60)
    stand.printed(job)("\nready\n")
    began = time.monotonic()
    (job / "cancel").write_text("asked")
    assert stand.ended(job).conclusion == "cancelled"
    assert 2 <= time.monotonic() - began < 10
    assert "\ncleaning\n" in stand.log(job)
