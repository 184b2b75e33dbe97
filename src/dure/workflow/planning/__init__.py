"""What a workflow comes to: whether an event begins it, which jobs may begin, and how many each is."""

from dure.workflow.planning.matrix import (
    JobInstance,
    MatrixBroken,
    expand,
    instance_contexts,
    runner_labels,
)
from dure.workflow.planning.readiness import (
    Decision,
    Finished,
    Result,
    decide,
    needs_context,
    ready,
    step_runs,
    together,
)
from dure.workflow.planning.trigger import Event, dispatch_inputs, triggered
from dure.workflow.planning.verdict import Verdict

__all__ = [
    "Decision",
    "Event",
    "Finished",
    "JobInstance",
    "MatrixBroken",
    "Result",
    "Verdict",
    "decide",
    "dispatch_inputs",
    "expand",
    "instance_contexts",
    "needs_context",
    "ready",
    "runner_labels",
    "step_runs",
    "together",
    "triggered",
]
