"""Workflow files: reading them, their expressions, and what they come to when something happens.

Pure, so that the house, a runner and the command line all read them alike. GitHub Actions' workflow syntax is read;
what Dure does not carry out yet is refused by its name (`syntax.py` says what), never passed over.

In: the text of a file, events, contexts. Out: records, values, decisions, each with its reason, the steps of an order.
Asks: nobody; of others it knows only the messages.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from dure.workflow.document import YamlList, YamlMap, YamlNode, YamlScalar, read_yaml
from dure.workflow.expression import (
    Contexts,
    Expression,
    ExpressionBroken,
    Function,
    Status,
    Value,
    as_flag,
    as_number,
    condition,
    evaluate,
    evaluate_text,
    has_expression,
    interpolate,
    joined,
    parse_expression,
    resolve,
    resolve_texts,
    status_functions,
    text_of,
    truthy,
)
from dure.workflow.mistake import Mistake, WorkflowBroken
from dure.workflow.orders import cancel_minutes, step_defaults, step_orders
from dure.workflow.pattern import chosen, ignored
from dure.workflow.planning import (
    Bring,
    Brought,
    CallBroken,
    CallWords,
    Decision,
    Event,
    Finished,
    JobInstance,
    KeyFacts,
    MatrixBroken,
    Plan,
    Planned,
    Result,
    Source,
    Verdict,
    actions_of,
    cache_globs,
    call_inputs,
    call_outputs,
    chosen_files,
    decide,
    dispatch_inputs,
    expand,
    gave,
    github_named,
    instance_contexts,
    is_of_one_run,
    job_key,
    needs_context,
    not_reusable,
    plan_calls,
    read_call,
    ready,
    runner_labels,
    step_runs,
    together,
    triggered,
    variables_named,
)
from dure.workflow.reading import Examined, called_path, check_calls, examine, parse_workflow
from dure.workflow.rights import granted_by
from dure.workflow.syntax import BUILT_IN_ACTIONS
from dure.workflow.workflow import (
    CacheInputs,
    CallInput,
    CallSecret,
    CallTrigger,
    Concurrency,
    Container,
    Defaults,
    DispatchInput,
    DispatchTrigger,
    Environment,
    EventFilter,
    Job,
    Level,
    Permissions,
    RunsOn,
    Schedule,
    Step,
    Strategy,
    Triggers,
    Workflow,
)

if TYPE_CHECKING:
    from dure.workflow.lint import Checked as LintChecked
    from dure.workflow.lint import Config as LintConfig
    from dure.workflow.lint import Finding, Script, lint, python_faults
    from dure.workflow.lint import check as lint_whole
    from dure.workflow.lint import read_config as read_lint_config

LINTING = {
    "Finding": "Finding",
    "LintChecked": "Checked",
    "LintConfig": "Config",
    "Script": "Script",
    "lint": "lint",
    "lint_whole": "check",
    "python_faults": "python_faults",
    "read_lint_config": "read_config",
}
"""What is loaded when somebody asks for it: linting is much of this room, and whoever runs a job does not lint."""


def __getattr__(name: str) -> object:
    if name not in LINTING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = import_module(f"{__name__}.lint")
    # All of them, because the room itself has the name of one.
    globals().update({ours: getattr(room, theirs) for ours, theirs in LINTING.items()})
    return globals()[name]


__all__ = [
    "BUILT_IN_ACTIONS",
    "Bring",
    "Brought",
    "CacheInputs",
    "CallBroken",
    "CallInput",
    "CallSecret",
    "CallTrigger",
    "CallWords",
    "Concurrency",
    "Container",
    "Contexts",
    "Decision",
    "Defaults",
    "DispatchInput",
    "DispatchTrigger",
    "Environment",
    "Event",
    "EventFilter",
    "Examined",
    "Expression",
    "ExpressionBroken",
    "Finding",
    "Finished",
    "Function",
    "Job",
    "JobInstance",
    "KeyFacts",
    "Level",
    "LintChecked",
    "LintConfig",
    "MatrixBroken",
    "Mistake",
    "Permissions",
    "Plan",
    "Planned",
    "Result",
    "RunsOn",
    "Schedule",
    "Script",
    "Source",
    "Status",
    "Step",
    "Strategy",
    "Triggers",
    "Value",
    "Verdict",
    "Workflow",
    "WorkflowBroken",
    "YamlList",
    "YamlMap",
    "YamlNode",
    "YamlScalar",
    "actions_of",
    "as_flag",
    "as_number",
    "cache_globs",
    "call_inputs",
    "call_outputs",
    "called_path",
    "cancel_minutes",
    "check_calls",
    "chosen",
    "chosen_files",
    "condition",
    "decide",
    "dispatch_inputs",
    "evaluate",
    "evaluate_text",
    "examine",
    "expand",
    "gave",
    "github_named",
    "granted_by",
    "has_expression",
    "ignored",
    "instance_contexts",
    "interpolate",
    "is_of_one_run",
    "job_key",
    "joined",
    "lint",
    "lint_whole",
    "needs_context",
    "not_reusable",
    "parse_expression",
    "parse_workflow",
    "plan_calls",
    "python_faults",
    "read_call",
    "read_lint_config",
    "read_yaml",
    "ready",
    "resolve",
    "resolve_texts",
    "runner_labels",
    "status_functions",
    "step_defaults",
    "step_orders",
    "step_runs",
    "text_of",
    "together",
    "triggered",
    "truthy",
    "variables_named",
]
