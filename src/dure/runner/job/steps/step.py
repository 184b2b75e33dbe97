"""One step of a job, and what the journal says of it."""

from collections.abc import Callable
from contextlib import suppress

from dure.kit import Refused, Text, say
from dure.runner.job.desk import Desk, Done, Later, Stopped, at
from dure.runner.job.given import NAME_MAX, template_of
from dure.runner.job.steps.performing import Prepared, conclude, failed, performed, prepare, stopped
from dure.runner.place import is_full
from dure.runner.sandbox import CellLost
from dure.wire import StepEnded, StepKind, StepOrder, StepResult, StepStarted


def do_step(desk: Desk, step: StepOrder) -> None:
    """From the question whether it runs to what later steps know of it."""
    desk.step = step.index
    with desk.at_step(step.index):
        before = prepare(desk, step)
        desk.name = before.name
        if before.runs:
            begin(desk, step.index, before.name)
        done = unless_lost(desk, step.index, before.name, lambda: performed(desk, step, before))
        conclusion = conclude(desk, step, done, before.env)
        finish(desk, step.index, before.name, done, conclusion)


def do_later(desk: Desk, later: Later, index: int) -> None:
    """What an action does before the first step or after the last one: a step that the file does not have."""
    desk.step = index
    step = StepOrder(index=index, condition=later.condition)
    before = Prepared(later.name, later.env)
    try:
        before.runs = desk.scope.holds(step.condition, later.env)
    except (Refused, Stopped) as fault:
        before.fault = fault
    if not before.runs:
        return
    begin(desk, index, later.name, "before" if index < 0 else "after")
    done = unless_lost(desk, index, later.name, lambda: acted(desk, step, before, later))
    desk.scope.remember(step, {}, done.outcome, done.outcome)
    finish(desk, index, later.name, done, done.outcome)


def acted(desk: Desk, step: StepOrder, before: Prepared, later: Later) -> Done:
    try:
        if before.fault is not None:
            raise before.fault
        return later.act(desk)
    except Stopped as stop:
        return stopped(desk, step, stop)
    except Refused as refusal:
        return failed(desk, refusal.text)


def unless_lost(desk: Desk, index: int, name: str, act: Callable[[], Done]) -> Done:
    """A sandbox that is gone, and a disk that is full, end the job. The journal says so of the step first."""
    try:
        return act()
    except (CellLost, OSError) as error:
        why = why_lost(error)
        with suppress(OSError):
            desk.watch.drain()
        finish(desk, index, name, Done("failure", why=why), "failure")
        raise


def why_lost(error: CellLost | OSError) -> Text:
    if isinstance(error, CellLost):
        return say("The sandbox of the job ended.")
    return say("The disk of the runner is full.") if is_full(error) else say("{error}", error=str(error))


def begin(desk: Desk, index: int, name: str, kind: StepKind = "step") -> None:
    desk.journal.add(StepStarted(index=index, name=name, log_offset=desk.log.offset, at=at(), kind=kind))


def finish(desk: Desk, index: int, name: str, done: Done, conclusion: StepResult) -> None:
    with suppress(OSError):  # A full disk is said by the journal, for which there is room.
        desk.log.settle()
    desk.journal.add(
        StepEnded(
            index=index,
            name=name,
            conclusion=conclusion,
            outcome=done.outcome,
            log_offset=desk.log.offset,
            at=at(),
            exit_code=done.code,
            why=desk.log.masked(str(done.why)) if done.why else "",
        )
    )


def skip(desk: Desk, step: StepOrder, why: Text) -> None:
    """It is not even asked whether it runs."""
    finish(desk, step.index, desk.log.masked(template_of(step))[:NAME_MAX], Done("skipped", why=why), "skipped")
