"""The course of a job: what actions do early, every step in its turn, and what actions clear away."""

from dure.kit import say
from dure.runner.job.actions import EARLY_MAX, early_ones
from dure.runner.job.desk import Desk
from dure.runner.job.saying import Matching
from dure.runner.job.steps.beside import Besides, do_control
from dure.runner.job.steps.holding import hold_open
from dure.runner.job.steps.step import do_later, do_step, skip
from dure.wire import StepOrder


def do_steps(desk: Desk, matching: Matching) -> None:
    """Each step decides by itself whether it runs. Nothing is cleared away before the last of them is over."""
    besides = Besides(desk, matching)
    try:
        for number, early in enumerate(early_ones(desk)):
            do_later(desk, early, number - EARLY_MAX)
        in_turn(desk, besides)
        besides.wait(besides.waited_for_by_nobody)
        besides.look_over()
        clear_away(desk)
    finally:
        besides.end()


def in_turn(desk: Desk, besides: Besides) -> None:
    steps, is_held = desk.scope.order.steps, False
    for place, step in enumerate(steps):
        desk.watch.listen()
        if desk.heed() == "forced":
            for left in steps[place:]:
                skip(desk, left, say("Skipped: the run was cancelled."))
            return
        if step.background:
            besides.start(step)
        elif step.wait or step.wait_all or step.cancel or step.parallel:
            do_control(besides, step)
        else:
            do_step(desk, step)
        besides.look_over()
        if desk.scope.order.hold and desk.scope.status == "failure" and not is_held:
            is_held = True
            hold_open(desk, step)


def clear_away(desk: Desk) -> None:
    """Backwards, whatever became of the steps. An action of a step in the background has its turn like the others."""
    number = 1 + max((last_of(step) for step in desk.scope.order.steps), default=-1)
    while desk.later:
        desk.watch.listen()
        if desk.heed() == "forced":
            return
        do_later(desk, desk.later.pop(), number)
        number += 1


def last_of(step: StepOrder) -> int:
    return max([step.index, *(inner.index for inner in step.parallel)])
