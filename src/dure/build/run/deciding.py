"""What may begin now: needs first, then the condition, then the matrix."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dure.build.run.ending import end_job
from dure.build.run.job import Job
from dure.build.run.run import Run
from dure.kit import Refused, say
from dure.ledger import Work
from dure.workflow import (
    Decision,
    Finished,
    JobInstance,
    as_flag,
    as_number,
    expand,
    instance_contexts,
    interpolate,
    needs_context,
    ready,
    runner_labels,
    together,
)
from dure.workflow import Job as JobInFile

TIMEOUT_MINUTES_MAX = 43_200.0
NAME_LIMIT_CHARACTERS = 300
GONE = say("The matrix no longer has it.")


def decide(work: Work, run: Run, jobs: Sequence[Job]) -> bool:
    """Decide every job of the file of which it can be decided whether it runs. False when there was none."""
    begun = {job.job for job in jobs if job.state != "waiting"}
    finished = finished_in(run, jobs)
    decisions = [
        decision
        for decision in ready(run.workflow, finished, run.known(), known=begun, cancelled=is_cancelled(run))
        if decision.word != "wait"
    ]
    for decision in decisions:
        carry_out(work, run, decision, finished, [job for job in jobs if job.job == decision.job])
    return bool(decisions)


def is_cancelled(run: Run) -> bool:
    return run.cancel_asked_at is not None


def finished_in(run: Run, jobs: Sequence[Job]) -> dict[str, Finished]:
    """The jobs of the file that are over, with all that a matrix made of them."""
    found: dict[str, Finished] = {}
    for name in run.workflow.jobs:
        rows = [job for job in jobs if job.job == name]
        if rows and all(job.is_over for job in rows):
            outputs = {key: value for job in rows for key, value in job.given.items() if value}
            found[name] = Finished(together([job.counted for job in rows]), outputs)  # type: ignore[misc]
    return found


def carry_out(work: Work, run: Run, decision: Decision, finished: Mapping[str, Finished], rows: Sequence[Job]) -> None:
    waiting = [job for job in rows if job.state == "waiting"]
    if decision.word == "run":
        definition = run.workflow.jobs[decision.job]
        try:
            hold(work, run, definition, {**run.known(), "needs": needs_context(definition, finished)}, waiting)
        except Refused as broken:
            end_all(work, run, waiting, "failure", broken)
        return
    state = "failure" if decision.word == "fail" else "cancelled" if is_cancelled(run) else "skipped"
    for job in waiting:
        end_job(work, run, job, state, decision.why)


def end_all(work: Work, run: Run, jobs: Sequence[Job], state: str, broken: Refused) -> None:
    for job in jobs:
        end_job(work, run, job, state, broken.text)


def hold(work: Work, run: Run, definition: JobInFile, contexts: Mapping[str, Any], waiting: Sequence[Job]) -> None:
    """Make of a job of the file what its matrix says. A repeated run finds its rows again by their keys."""
    instances = expand(definition, contexts)
    filled = [(instance, filled_in(definition, instance, contexts, run)) for instance in instances]
    by_key = {job.key: job for job in waiting}
    spare = [job for job in waiting if job.key not in {instance.key for instance in instances}]
    for instance, values in filled:
        job = by_key.get(instance.key) or (spare.pop(0) if spare else None)
        if job is None:
            first = waiting[0]
            row = Job(run_id=run.id, project_id=run.project_id, job=definition.id, position=first.position, **values)
            row.attempt, row.needs, row.state = first.attempt, first.needs, "held"
            work.add(row)
            continue
        for name, value in values.items():
            setattr(job, name, value)
        job.state, job.why = "held", ""
    for job in spare:
        end_job(work, run, job, "skipped", GONE)


def filled_in(definition: JobInFile, instance: JobInstance, contexts: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """The columns of one job, now that everything its expressions ask about is known."""
    known = {**contexts, **instance_contexts(instance)}
    group = definition.concurrency
    minutes = as_number(definition.timeout_minutes, known)
    return {
        "key": instance.key,
        "name": instance.name.replace("\0", "")[:NAME_LIMIT_CHARACTERS],
        "matrix": "" if instance.matrix is None else msgspec.json.encode(instance.matrix).decode(),
        "place": msgspec.json.encode(known["strategy"]).decode(),
        "labels": ",".join(sorted({label.strip().lower() for label in runner_labels(definition, known)})),
        "group_name": f"{run.project_id}/{interpolate(group.group, known)}" if group else "",
        "forgiven": as_flag(definition.continue_on_error, known),
        "timeout_minutes": min(max(minutes, 0.1), TIMEOUT_MINUTES_MAX),
    }
