"""What an action is told: what the step says, and what the action says where the step does not."""

from collections.abc import Mapping

from dure.kit import say
from dure.runner.job.actions.finding import Found
from dure.runner.job.desk import Desk
from dure.wire import StepOrder


def inputs_of(desk: Desk, step: StepOrder, env: Mapping[str, str], found: Found) -> dict[str, str]:
    """By the names that the action gives them. Names that differ only in case are one."""
    known = {name.lower(): name for name in found.manifest.inputs}
    said = {known.get(name.lower(), name): value for name, value in desk.scope.texts(step.with_, env).items()}
    unknown = [name for name in said if name not in found.manifest.inputs]
    if found.manifest.kind == "docker":
        unknown = [name for name in unknown if name.lower() not in ("args", "entrypoint")]
    if unknown:
        warn(
            desk,
            str(
                say(
                    "{action} does not know {names}; it takes {known}.",
                    action=found.label,
                    names=", ".join(unknown),
                    known=", ".join(found.manifest.inputs) or "-",
                )
            ),
        )
    for name, wanted in found.manifest.inputs.items():
        if name in said:
            if wanted.deprecation:
                warn(desk, str(say("The input {name} is no longer wanted: {why}", name=name, why=wanted.deprecation)))
        else:
            said[name] = desk.scope.text(wanted.default or "", env)
            if wanted.required and wanted.default is None:
                warn(desk, str(say("{action} needs the input {name}.", action=found.label, name=name)))
    return said


def warn(desk: Desk, words: str) -> None:
    desk.log.tell(f"##[warning]{words}")
    desk.annotate("warning", words)


def as_variables(inputs: Mapping[str, str]) -> dict[str, str]:
    """As the official toolkit looks for them: only spaces become something else."""
    return {f"INPUT_{name.replace(' ', '_').upper()}": value for name, value in inputs.items()}
