"""What a workflow comes to: whether an event begins it, which jobs may begin, and how many each is."""

from dure.workflow.planning.calls import Bring, Brought, CallWords, Plan, Planned, Source, plan_calls, read_call
from dure.workflow.planning.handing import CallBroken, call_inputs, call_outputs
from dure.workflow.planning.key import (
    KeyFacts,
    actions_of,
    cache_globs,
    chosen_files,
    gave,
    github_named,
    is_of_one_run,
    job_key,
    not_reusable,
    variables_named,
)
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
    "Bring",
    "Brought",
    "CallBroken",
    "CallWords",
    "Decision",
    "Event",
    "Finished",
    "JobInstance",
    "KeyFacts",
    "MatrixBroken",
    "Plan",
    "Planned",
    "Result",
    "Source",
    "Verdict",
    "actions_of",
    "cache_globs",
    "call_inputs",
    "call_outputs",
    "chosen_files",
    "decide",
    "dispatch_inputs",
    "expand",
    "gave",
    "github_named",
    "instance_contexts",
    "is_of_one_run",
    "job_key",
    "needs_context",
    "not_reusable",
    "plan_calls",
    "read_call",
    "ready",
    "runner_labels",
    "step_runs",
    "together",
    "triggered",
    "variables_named",
]
