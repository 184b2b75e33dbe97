"""`uses:`, by what stands after it."""

from collections.abc import Mapping

from dure.runner.job.actions.composite import Perform, use_composite
from dure.runner.job.actions.docker import use_docker, use_image
from dure.runner.job.actions.finding import find
from dure.runner.job.actions.inputs import inputs_of
from dure.runner.job.actions.javascript import use_javascript
from dure.runner.job.actions.own import StandIn, stand_in
from dure.runner.job.actions.reference import Image, Kept, Local, reference
from dure.runner.job.desk import Desk, Done
from dure.runner.job.given import environment, shown_name
from dure.wire import StepOrder


def use(desk: Desk, step: StepOrder, env: dict[str, str], perform: Perform) -> Done:
    where = place_of(desk, step)
    if isinstance(where, Image):
        return use_image(desk, step, env, where.name)
    if isinstance(where, Kept) and (own := stand_in(desk, where)):
        return use_own(desk, step, env, own)
    return use_found(desk, step, env, where, perform)


def place_of(desk: Desk, step: StepOrder) -> Local | Kept | Image:
    standing = desk.scope.standing
    if standing is not None and standing.repository:
        return reference(step.uses or "", standing.repository, standing.ref)
    return reference(step.uses or "", desk.scope.order.project, desk.scope.order.sha)


def use_found(desk: Desk, step: StepOrder, env: dict[str, str], where: Local | Kept, perform: Perform) -> Done:
    found = find(desk, where)
    inputs = inputs_of(desk, step, env, found)
    tell(desk, step.uses or "", inputs, env)
    name = shown_name(desk, step, env)
    if found.manifest.kind == "composite":
        return use_composite(desk, env, found, inputs, name, perform)
    if found.manifest.kind == "docker":
        return use_docker(desk, step, env, found, inputs)
    return use_javascript(desk, step, env, found, inputs, name)


def use_own(desk: Desk, step: StepOrder, env: dict[str, str], own: StandIn) -> Done:
    inputs = {key.lower(): value.strip() for key, value in desk.scope.texts(step.with_, env).items()}
    tell(desk, step.uses or "", inputs, env)
    return Done("success", outputs=own(desk, inputs, environment(desk, step, env)))


def tell(desk: Desk, name: str, inputs: Mapping[str, str], env: Mapping[str, str]) -> None:
    lines = [f"##[group]Run {name}"]
    if inputs:
        lines += ["with:", *(f"  {key}: {value}" for key, value in inputs.items() if value)]
    if env:
        lines += ["env:", *(f"  {key}: {value}" for key, value in env.items())]
    desk.log.tell("\n".join([*lines, "##[endgroup]"]))
