"""What a supervisor is told about one job: the same order that a house would give."""

from msgspec import convert

from dure.local.course import Task, minutes_of
from dure.wire import ContainerOrder, JobOrder
from dure.workflow import cancel_minutes, joined, step_defaults, step_orders

LEASE_SECONDS = 3600.0
LOG_BYTES_MAX = 200_000_000
CHECKOUT = "actions/checkout"
RUN = 1


def order_of(task: Task, number: int, env: dict[str, str], *, hold: bool) -> JobOrder:
    workflow, definition, github = task.part.workflow, task.definition, task.part.known["github"]
    secrets = {name: value for name, value in task.part.secrets.items() if name != "GITHUB_TOKEN"}
    return JobOrder(
        job_id=number,
        run_id=RUN,
        attempt=1,
        lease_seconds=LEASE_SECONDS,
        project=github["repository"],
        repository_url="",
        job_token=task.part.secrets.get("GITHUB_TOKEN", ""),
        sha=github["sha"],
        ref=github["ref"],
        key=definition.id,
        name=task.name,
        steps=step_orders(definition.steps),
        env={**env, **joined(workflow.env, definition.env)},
        defaults=step_defaults(workflow, definition),
        contexts=dict(task.contexts),
        secrets=secrets,
        outputs=dict(definition.outputs),
        timeout_minutes=minutes_of(task),
        cancel_timeout_minutes=cancel_minutes(definition, task.contexts),
        log_bytes_max=LOG_BYTES_MAX,
        hold=hold,
        container=convert(definition.container, ContainerOrder | str | None, from_attributes=True),
        services=convert(dict(definition.services), dict[str, ContainerOrder | str], from_attributes=True),
        environment_url=(definition.environment and definition.environment.url) or "",
    )


def brings_itself(order: JobOrder) -> bool:
    """Whether the job fetches the working copy by a step. Where none does, it finds it when it begins."""
    return any((step.uses or "").partition("@")[0].lower() == CHECKOUT for step in order.steps)
