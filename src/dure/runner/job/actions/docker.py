"""Actions that are containers: an image, or a Dockerfile that one is made of."""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from dure.kit import say
from dure.runner.box import spec_of
from dure.runner.job.actions.context import Context
from dure.runner.job.actions.finding import Found
from dure.runner.job.actions.inputs import as_variables
from dure.runner.job.containers import boxes_of
from dure.runner.job.desk import Desk, Done, StepFailed
from dure.runner.job.given import environment
from dure.runner.place import remove
from dure.wire import StepOrder

IMAGE = "docker://"


def use_image(desk: Desk, step: StepOrder, env: dict[str, str], image: str) -> Done:
    """`uses: docker://image`, with `args` and `entrypoint`."""
    said = {key.lower(): value for key, value in desk.scope.texts(step.with_, env).items()}
    args, entrypoint = said.pop("args", ""), said.pop("entrypoint", "")
    here = environment(desk, step, {**env, **as_variables(said)})
    return act(desk, image, here, shlex.split(args), entrypoint)


def use_docker(desk: Desk, step: StepOrder, env: dict[str, str], found: Found, inputs: Mapping[str, str]) -> Done:
    manifest = found.manifest
    given = {name: value for name, value in inputs.items() if name.lower() not in ("args", "entrypoint")}
    with desk.inside(replace(desk.scope, standing=replace(found.standing, inputs=dict(given)))):
        own = desk.scope.texts(manifest.env)
        args = [desk.scope.text(one) for one in manifest.args]
    with desk.inside_action(found.standing):
        here = environment(desk, step, {**own, **env, **desk.services(), **as_variables(given)})
    said = {name.lower(): value for name, value in inputs.items()}
    if said.get("args"):
        args = shlex.split(said["args"])
    image = manifest.image
    if image.startswith(IMAGE):
        return act(desk, image, here, args, said.get("entrypoint") or manifest.main)
    return act(desk, built(desk, found, image), here, args, said.get("entrypoint") or manifest.main)


def act(desk: Desk, image: str, here: dict[str, str], args: list[str], entrypoint: str) -> Done:
    spec = spec_of(image, "uses")
    if spec is None:
        raise StepFailed(say("No image is named after docker://."))
    boxes = boxes_of(desk)
    boxes.fetch(spec)
    spec = replace(spec, command=args, entrypoint=shlex.split(entrypoint))
    code = desk.attend(boxes.act(spec, here))
    if code == 0:
        return Done("success", code)
    desk.log.tell(f"##[error]The container ended with exit code {code}.")
    return Done("failure", code)


def built(desk: Desk, found: Found, file: str) -> str:
    """An image made of the action's own folder as it is at this moment."""
    boxes = boxes_of(desk)
    boxes.files += 1
    context = Context(boxes.desk / f"context_{boxes.files}")
    root, folder = place_of(desk, found)
    try:
        context.copy(root, folder)
        named = context.found(file)
        if named is None:
            raise StepFailed(say("{action} has no file {file} to make an image from.", action=found.label, file=file))
        return boxes.build(str(context.target), named)
    except OSError as error:
        why = error.strerror or str(error)
        raise StepFailed(say("No image can be made of {action}: {why}.", action=found.label, why=why)) from error
    finally:
        remove(context.target)


def place_of(desk: Desk, found: Found) -> tuple[Path, str]:
    """A directory of the runner, and where the action is below it."""
    path, cell = found.standing.path, desk.cell
    for inside, outside in ((cell.actions, cell.view.actions), (cell.room, desk.place.path / "room")):
        if outside is not None and (path == inside or path.startswith(f"{inside}/")):
            return outside, path.removeprefix(inside).strip("/")
    raise StepFailed(say("{action} cannot be reached by podman.", action=found.label))
