"""What a runner is told about a job, as far as that stands in the file: the same from a house and without one."""

from collections.abc import Iterable, Iterator
from itertools import count

from dure.wire import StepDefaults, StepOrder
from dure.workflow.expression import Contexts, as_number
from dure.workflow.workflow import Job, Step, Workflow

CANCEL_MINUTES_UNSAID, CANCEL_MINUTES_MAX = 5.0, 1_440.0


def step_orders(steps: Iterable[Step], numbers: Iterator[int] | None = None) -> list[StepOrder]:
    """Numbered in the order of the file, those of a group after the group itself."""
    numbers = count() if numbers is None else numbers
    return [step_order(next(numbers), step, numbers) for step in steps]


def step_order(index: int, step: Step, numbers: Iterator[int]) -> StepOrder:
    return StepOrder(
        index=index,
        id=step.id,
        name=step.name,
        condition=step.condition,
        run=step.run,
        uses=step.uses,
        with_=dict(step.with_),
        env=dict(step.env),
        shell=step.shell,
        working_directory=step.working_directory,
        timeout_minutes=step.timeout_minutes,
        continue_on_error=step.continue_on_error,
        background=step.background,
        wait=list(step.wait),
        wait_all=step.wait_all,
        cancel=list(step.cancel),
        parallel=step_orders(step.parallel, numbers),
    )


def step_defaults(workflow: Workflow, job: Job) -> StepDefaults:
    """`defaults.run` of the workflow and the job, joined."""
    return StepDefaults(
        shell=job.defaults.shell or workflow.defaults.shell,
        working_directory=job.defaults.working_directory or workflow.defaults.working_directory,
    )


def cancel_minutes(job: Job, contexts: Contexts) -> float:
    """So long may steps take that run although their job was cancelled."""
    said = job.cancel_timeout_minutes
    minutes = CANCEL_MINUTES_UNSAID if said is None else as_number(said, contexts)
    return min(max(minutes, 0.0), CANCEL_MINUTES_MAX)
