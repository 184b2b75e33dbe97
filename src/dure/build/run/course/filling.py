"""From a job of a file to jobs of a run: rows for its matrix, with everything worked out that its expressions ask."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dure.build.run.course.ending import end_job
from dure.build.run.course.weighing import WANTED
from dure.build.run.group import want_seat
from dure.build.run.job import Job
from dure.build.run.run import Run
from dure.build.run.scene import above, permissions_said
from dure.kit import keep, say
from dure.ledger import Work
from dure.workflow import (
    CallBroken,
    Concurrency,
    JobInstance,
    Level,
    Planned,
    as_flag,
    as_number,
    cache_globs,
    call_inputs,
    expand,
    granted_by,
    instance_contexts,
    interpolate,
    not_reusable,
    runner_labels,
)
from dure.workflow import Job as JobInFile

TIMEOUT_MINUTES_MAX = 43_200.0
NAME_LIMIT_CHARACTERS = 300
GROUP_LIMIT_CHARACTERS = 400
FEWER_AT_A_TIME = say("It waits because of max-parallel.")
GONE = say("The matrix no longer has it.")
NOT_REUSED = {"reused_from": None, "reused_job": None, "reused_by": ""}


def hold(work: Work, run: Run, planned: Planned, name: str, contexts: Mapping[str, Any], rows: Sequence[Job]) -> None:
    """Make of a job of a file what its matrix says. A repeated run finds its rows again by their keys, and leaves
    those alone that are not to be repeated."""
    waiting, left = [job for job in rows if job.state == "waiting"], {job.key for job in rows if job.state != "waiting"}
    definition, first = planned.workflow.jobs[name], waiting[0]
    caller = above(work, first)
    instances = expand(definition, contexts)
    rights = granted_by(permissions_said(work, run, name, caller))
    every = [Filling(run, planned, definition, instance, contexts, caller, rights) for instance in instances]
    filled = [filling for filling in every if filling.key not in left]
    values = [(filling, filling.columns()) for filling in filled]
    by_key = {job.key: job for job in waiting}
    wanted = {filling.key for filling in filled}
    spare = [job for job in waiting if job.key not in wanted]
    # Only a row that was never one of a matrix may become one; what others did stays under their own names.
    blank = [job for job in spare if not job.strategy]
    for filling, columns in values:
        job = by_key.get(filling.key) or (blank.pop(0) if blank else None)
        if job is None:
            job = work.add(beside(first, columns))
        else:
            for column, value in columns.items():
                setattr(job, column, value)
            job.state = "held"
        for group in filling.groups:
            want_seat(work, run, job.id, group.group, ends_others=group.ends_others, keeps_all=group.keeps_all)
    for job in spare:
        if job.state == "waiting":
            end_job(work, run, job, "skipped", GONE)


def beside(first: Job, columns: dict[str, Any]) -> Job:
    """One more of the same matrix."""
    return Job(
        run_id=first.run_id,
        project_id=first.project_id,
        job=first.job,
        position=first.position,
        parent_id=first.parent_id,
        needs=first.needs,
        attempt=first.attempt,
        state="held",
        **columns,
    )


class Group(msgspec.Struct, frozen=True):
    """A group with its expressions worked out."""

    group: str
    ends_others: bool
    keeps_all: bool


def group_in(said: Concurrency, contexts: Mapping[str, Any]) -> Group:
    name = interpolate(said.group, contexts).replace("\0", "")[:GROUP_LIMIT_CHARACTERS]
    return Group(name, as_flag(said.cancel_in_progress, contexts), said.queue == "max")


class Filling:
    """The columns of one job, now that everything its expressions ask about is known."""

    def __init__(
        self,
        run: Run,
        planned: Planned,
        definition: JobInFile,
        instance: JobInstance,
        contexts: Mapping[str, Any],
        above: Job | None,
        rights: Mapping[str, Level],
    ) -> None:
        self.run, self.definition, self.instance = run, definition, instance
        self.contexts: dict[str, Any] = {**contexts, **instance_contexts(instance)}
        self.above = above
        self.calls = planned.calls.get(definition.id, "")
        self.key = f"{above.key}/{instance.key}" if above else instance.key
        self.groups: list[Group] = []
        self.rights = rights

    def columns(self) -> dict[str, Any]:
        if self.definition.concurrency is not None:
            self.groups.append(group_in(self.definition.concurrency, self.contexts))
        own = self.called() if self.calls else self.worked()
        name = f"{self.above.name} / {self.instance.name}" if self.above else self.instance.name
        matrix, at_once = self.instance.matrix, self.instance.max_parallel
        limited = at_once < self.instance.total
        return {
            "key": self.key,
            "name": name.replace("\0", "")[:NAME_LIMIT_CHARACTERS],
            "matrix": "" if matrix is None else msgspec.json.encode(matrix).decode(),
            "place": msgspec.json.encode(self.contexts["strategy"]).decode(),
            "at_once": at_once if limited else 0,
            "why": keep(FEWER_AT_A_TIME) if limited else "",
            "group_name": ", ".join(group.group for group in self.groups),
            **own,
        }

    def worked(self) -> dict[str, Any]:
        """What only a job with steps has."""
        labels = {label.strip().lower() for label in runner_labels(self.definition, self.contexts)}
        minutes = as_number(self.definition.timeout_minutes, self.contexts)
        return {
            "labels": ",".join(sorted(labels)),
            "environment": self.environment(),
            **self.cached(),
            "forgiven": as_flag(self.definition.continue_on_error, self.contexts),
            "timeout_minutes": min(max(minutes, 0.1), TIMEOUT_MINUTES_MAX),
        }

    def cached(self) -> dict[str, Any]:
        """Whether it is to be found out if its work was done already, and on which files that depends."""
        if not_reusable(self.definition, self.rights) is not None:
            return {"cache_key": "", "cache_globs": "[]", **NOT_REUSED}
        globs = cache_globs(self.definition, self.contexts)
        return {"cache_key": WANTED, "cache_globs": msgspec.json.encode(globs).decode(), **NOT_REUSED}

    def environment(self) -> str:
        said = self.definition.environment
        return "" if said is None else interpolate(said.name, self.contexts).replace("\0", "").strip()[:255]

    def called(self) -> dict[str, Any]:
        """What only a job has that calls a workflow: what it hands over, and that workflow's own group."""
        workflow = self.run.plan.at(self.calls).workflow
        if workflow.triggers.call is None:
            raise CallBroken(say("{path} cannot be called: its `on` does not name workflow_call.", path=workflow.path))
        inside = {name: self.contexts.get(name) for name in ("github", "vars")}
        handed = call_inputs(workflow.triggers.call, self.definition, self.contexts, inside)
        if workflow.concurrency is not None:
            self.groups.append(group_in(workflow.concurrency, {**inside, "inputs": handed}))
        return {"calls": self.calls, "inputs": msgspec.json.encode(handed).decode().replace("\\u0000", "")}
