"""What actions do before the first step of their job: all of them are fetched then, to know what they say."""

from collections.abc import Iterator

from dure.kit import Refused
from dure.runner.job.actions.composite import DEPTH_MAX
from dure.runner.job.actions.finding import Found, find
from dure.runner.job.actions.inputs import inputs_of
from dure.runner.job.actions.javascript import put_later, run_script
from dure.runner.job.actions.own import stand_in
from dure.runner.job.actions.reference import Kept
from dure.runner.job.actions.using import place_of
from dure.runner.job.desk import Desk, Done, Later
from dure.runner.job.given import shown_name
from dure.runner.job.saying import heard
from dure.wire import StepOrder

EARLY_MAX = 1000


def early_ones(desk: Desk) -> list[Later]:
    """An action that cannot be had fails its own step, when its turn comes."""
    return [early for step in each(desk.scope.order.steps) for early in of_step(desk, step)][:EARLY_MAX]


def each(steps: list[StepOrder]) -> Iterator[StepOrder]:
    for step in steps:
        yield from step.parallel or [step]


def of_step(desk: Desk, step: StepOrder) -> Iterator[Later]:
    if step.uses is None or len(desk.trail) > DEPTH_MAX:
        return
    with desk.at_step(step.index):
        try:
            where = place_of(desk, step)
            if not isinstance(where, Kept) or stand_in(desk, where):
                return
            found = find(desk, where)
        except Refused:
            return
        if found.manifest.kind == "node" and found.manifest.pre:
            yield early(desk, step, found)
        if found.manifest.kind == "composite":
            with desk.inside_action(found.standing):
                for inner in found.manifest.steps:
                    yield from of_step(desk, inner)


def early(desk: Desk, step: StepOrder, found: Found) -> Later:
    trail = desk.trail
    name = shown_name(desk, step, {})

    def act(desk: Desk) -> Done:
        with desk.on_trail(trail):
            env = desk.scope.texts(step.env)
            inputs = inputs_of(desk, step, env, found)
            if found.manifest.post and len(trail) == 1:
                put_later(desk, step, env, found, inputs, name)
            return heard(desk, env, lambda: run_script(desk, step, env, found, inputs, found.manifest.pre))

    return Later(f"Pre {name}", found.manifest.pre_if, {}, act, trail)
