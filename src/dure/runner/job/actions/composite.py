"""Actions that are made of steps."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from dure.kit import say
from dure.runner.job.actions.finding import Found
from dure.runner.job.desk import Desk, Done, Later, StepFailed
from dure.wire import StepOrder

DEPTH_MAX = 10
Perform = Callable[[Desk, StepOrder], Done]


def use_composite(
    desk: Desk, env: Mapping[str, str], found: Found, inputs: Mapping[str, str], name: str, perform: Perform
) -> Done:
    """Its steps in their order. What goes wrong in one of them is what went wrong with it."""
    if len(desk.trail) > DEPTH_MAX:
        raise StepFailed(say("Actions use actions more than {count} levels deep here.", count=DEPTH_MAX))
    scope = desk.scope.within(replace(found.standing, inputs=dict(inputs)), env)
    with desk.inside(scope):
        try:
            each_step(desk, found, perform)
            outputs = {key: scope.text(value) for key, value in found.manifest.outputs.items()}
        finally:
            later = desk.later
    if later:
        desk.later.append(Later(f"Post {name}", "always()", dict(env), clear_away(later), desk.trail))
    if scope.status == "success":
        return Done("success", outputs=outputs)
    return Done(scope.status, outputs=outputs, why=say("A step of {action} did not go well.", action=found.label))


def each_step(desk: Desk, found: Found, perform: Perform) -> None:
    for step in found.manifest.steps:
        desk.watch.listen()
        if desk.heed() == "forced":
            return
        with desk.at_step(step.index):
            perform(desk, step)


def clear_away(later: list[Later]) -> Callable[[Desk], Done]:
    """What its actions do later is one step of the job. Each has its turn, whatever becomes of the others."""

    def act(desk: Desk) -> Done:
        worst = Done("success")
        while later:
            one = later.pop()
            if desk.scope.holds(one.condition, one.env):
                done = one.act(desk)
                if done.outcome != "success":
                    worst = done
        return worst

    return act
