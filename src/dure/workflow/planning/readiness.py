"""Which jobs may begin: GitHub's rules on `needs` and `if`, each answer with its reason.

Unless the condition asks for a status itself, a job runs only if every job it waits for, near or far, succeeded. So a
job that is skipped takes along all that wait for it, and `always()` or `failure()` is how one of them stays.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dure.kit import Text, say
from dure.workflow.expression import (
    Contexts,
    ExpressionBroken,
    Function,
    Status,
    Value,
    condition,
    evaluate,
    status_functions,
    text_of,
    truthy,
)
from dure.workflow.planning.verdict import Verdict
from dure.workflow.workflow import Job, Step, Workflow

Result: TypeAlias = Literal["success", "failure", "cancelled", "skipped"]
Word: TypeAlias = Literal["wait", "run", "skip", "fail"]
WORST_FIRST: tuple[Result, ...] = ("failure", "cancelled", "success", "skipped")


@dataclass(frozen=True)
class Finished:
    """How a job of the file has ended, all its instances together. One whose failure was allowed (continue-on-error)
    counts as a success."""

    result: Result
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """What happens to a job now. `fail`: its condition cannot be worked out."""

    job: str
    word: Word
    why: Text


def together(results: Iterable[Result]) -> Result:
    """How the instances of one job have ended together."""
    found = set(results)
    return next((result for result in WORST_FIRST if result in found), "skipped")


def ready(
    workflow: Workflow,
    finished: Mapping[str, Finished],
    contexts: Contexts,
    known: Collection[str] = (),
    *,
    cancelled: bool = False,
) -> tuple[Decision, ...]:
    """What happens to every job that has neither begun (`known`) nor finished and need not wait, in order."""
    left = (job for name, job in workflow.jobs.items() if name not in finished and name not in known)
    decisions = (decide(workflow, job, finished, contexts, cancelled=cancelled) for job in left)
    return tuple(decision for decision in decisions if decision.word != "wait")


def decide(
    workflow: Workflow,
    job: Job,
    finished: Mapping[str, Finished],
    contexts: Contexts,
    *,
    cancelled: bool = False,
) -> Decision:
    """What happens to one job, as far as the others have come."""
    waiting = [name for name in job.needs if name not in finished]
    if waiting:
        return Decision(job.id, "wait", say("It waits for {jobs}.", jobs=", ".join(waiting)))
    results = {name: finished[name].result for name in ancestors(workflow, job) if name in finished}
    here = {**contexts, "needs": needs_context(job, finished)}
    try:
        said = truthy(evaluate(condition(job.condition), here, job_functions(results, cancelled)))
    except ExpressionBroken as error:
        return Decision(job.id, "fail", say("Its condition cannot be worked out: {why}", why=error.text))
    if said:
        return Decision(job.id, "run", why_run(job, results))
    return Decision(job.id, "skip", why_skip(job, results, cancelled))


def ancestors(workflow: Workflow, job: Job) -> Sequence[str]:
    """The jobs it waits for, and those they wait for, nearest first."""
    found: dict[str, None] = {}
    left = list(job.needs)
    for name in left:
        if name not in found and name in workflow.jobs:
            found[name] = None
            left.extend(workflow.jobs[name].needs)
    return list(found)


def job_functions(results: Mapping[str, Result], cancelled: bool) -> dict[str, Function]:
    """The status functions for a job. With names they ask after those jobs alone."""

    def asked(names: Sequence[Value]) -> list[Result]:
        wanted = [text_of(name) for name in names] or list(results)
        return [results[name] for name in wanted if name in results]

    return {
        "success": lambda names: not cancelled and all(result == "success" for result in asked(names)),
        "failure": lambda names: not cancelled and any(result == "failure" for result in asked(names)),
        "cancelled": lambda _: cancelled,
        "always": lambda _: True,
    }


def why_run(job: Job, results: Mapping[str, Result]) -> Text:
    if job.condition is not None and job.condition.strip():
        return say("Its condition holds: {condition}", condition=job.condition.strip())
    if not results:
        return say("It waits for no other job.")
    return say("All that it waited for succeeded: {jobs}.", jobs=", ".join(results))


def why_skip(job: Job, results: Mapping[str, Result], cancelled: bool) -> Text:
    stopped = next((name for name, result in results.items() if result != "success"), None)
    asks_itself = condition(job.condition).source and "success" not in condition(job.condition).named("call")
    if cancelled and not asks_itself:
        return say("The run was cancelled.")
    if stopped is not None and not asks_itself:
        return SAID[results[stopped]](stopped)
    return say("Its condition does not hold: {condition}", condition=(job.condition or "").strip())


SAID = {
    "failure": lambda name: say("{job}, which it waits for, failed.", job=name),
    "cancelled": lambda name: say("{job}, which it waits for, was cancelled.", job=name),
    "skipped": lambda name: say("{job}, which it waits for, was skipped.", job=name),
}


def needs_context(job: Job, finished: Mapping[str, Finished]) -> dict[str, Value]:
    """The context `needs`: how the jobs it names have ended, and what they gave."""
    return {
        name: {"result": finished[name].result, "outputs": dict(finished[name].outputs)}
        for name in job.needs
        if name in finished
    }


def step_runs(step: Step, status: Status, contexts: Contexts, hash_files: Function | None = None) -> Verdict:
    """Whether a step runs, by how its job has gone so far. It raises ExpressionBroken where that cannot be told."""
    asked = condition(step.condition)
    if truthy(evaluate(asked, contexts, status_functions(status, hash_files))):
        return Verdict(True, say("It is its turn."))
    if step.condition is None or (status != "success" and "success" in asked.named("call")):
        said = say("A step before it failed.") if status == "failure" else say("The job was cancelled.")
        return Verdict(False, said)
    return Verdict(False, say("Its condition does not hold: {condition}", condition=step.condition.strip()))
