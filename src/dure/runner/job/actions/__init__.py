"""The actions that Dure carries out itself, whatever their version. All their work is done inside the sandbox."""

from collections.abc import Mapping

from dure.kit import say
from dure.runner.job.actions.artifacts import download, upload
from dure.runner.job.actions.checkout import checkout
from dure.runner.job.desk import Desk, StepFailed
from dure.wire import StepOrder

__all__ = ["do"]

KNOWN = {
    "actions/checkout": checkout,
    "actions/upload-artifact": upload,
    "actions/download-artifact": download,
}


def do(desk: Desk, step: StepOrder, environment: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    """Carries out an action; its outputs."""
    name = (step.uses or "").partition("@")[0].lower()
    act = KNOWN.get(name)
    if act is None:
        raise StepFailed(say("This runner has no action {name}.", name=name))
    inputs = {key.lower(): value.strip() for key, value in desk.scope.texts(step.with_, env).items()}
    desk.log.tell("\n".join([f"##[group]Run {name}", *shown(inputs), "##[endgroup]"]))
    return act(desk, inputs, environment)


def shown(inputs: Mapping[str, str]) -> list[str]:
    return ["with:", *(f"  {name}: {value}" for name, value in inputs.items())] if inputs else []
