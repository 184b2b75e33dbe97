"""How a step is called, and what it sees: its name for people, and its variables."""

from collections.abc import Mapping

from dure.kit import say
from dure.runner.job.desk import Desk, StepFailed
from dure.runner.job.given.environment import environment_of, too_large
from dure.wire import StepOrder
from dure.workflow import ExpressionBroken

NAME_MAX = 300
SERVED = (
    *("GITHUB_API_URL", "GITHUB_GRAPHQL_URL", "GITHUB_RETENTION_DAYS"),
    *("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
)
"""What every step is told of what serves actions. The last two are there where the job may say who it is."""


def shown_name(desk: Desk, step: StepOrder, env: Mapping[str, str]) -> str:
    try:
        name = desk.scope.text(template_of(step), env)
    except ExpressionBroken:
        name = template_of(step)
    return desk.log.masked(" ".join(name.split()))[:NAME_MAX]


def template_of(step: StepOrder) -> str:
    if step.name:
        return step.name
    if step.uses:
        return f"Run {step.uses}"
    if step.wait_all:
        return "Wait for all"
    for word, steps in (("Wait for", step.wait), ("Cancel", step.cancel)):
        if steps:
            return f"{word} {', '.join(steps)}"
    return "In parallel" if step.parallel else f"Run {first_line(step.run or '')}"


def first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def environment(desk: Desk, step: StepOrder, env: Mapping[str, str]) -> dict[str, str]:
    home = desk.cell.view.python.parent
    python_path = "" if str(home).startswith("/usr/") else str(home)
    here = environment_of(desk.scope, key_of(step), desk.files, env, python_path)
    if desk.scope.order.repository_url:
        # Without a house there is nothing behind these addresses.
        here |= {name: value for name, value in desk.services().items() if name in SERVED}
    if name := too_large(here):
        raise StepFailed(say("The variable {name} is too large for any program: it has more than 128 KiB.", name=name))
    return {**desk.environment, **here}


def key_of(step: StepOrder) -> str:
    """What `GITHUB_ACTION` says."""
    if step.id or not step.uses:
        return step.id or f"__step_{step.index}"
    repository = step.uses.partition("@")[0].strip("./").replace("/", "_")
    return f"__{repository}"
