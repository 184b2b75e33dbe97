"""The jobs of a run at a glance: just enough of each to tell what comes next.

A run has up to thousands of jobs, and each word of a runner makes the house look at them all. So what is looked at is
small, and whole rows are fetched only of those that change.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select

from dure.build.run.job import OVER, UNDER_WAY, Job
from dure.build.run.run import Run
from dure.build.run.variable import known_variables
from dure.ledger import Work
from dure.workflow import Finished, Permissions, Planned, Result, together

DEBUG = "ACTIONS_STEP_DEBUG"


class Glance(NamedTuple):
    """One job."""

    id: int
    parent_id: int | None
    job: str
    state: str
    forgiven: bool
    at_once: int
    calls: str

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def counted(self) -> str:
        return "success" if self.forgiven and self.state == "failure" else self.state


@dataclass(frozen=True)
class Scene:
    """All jobs of a run: by the caller of their workflow (None: the one that began), then by their name in its file."""

    scopes: Mapping[int | None, Mapping[str, list[Glance]]]
    rows: Mapping[int, Glance]

    def open(self) -> list[int | None]:
        """The workflows that are under way."""
        return [parent for parent in self.scopes if parent is None or self.rows[parent].state == "calling"]

    def results(self, parent: int | None) -> dict[str, Result]:
        """How those jobs of one workflow have ended of which nothing is left to do."""
        return {
            name: together([row.counted for row in rows])  # type: ignore[misc]
            for name, rows in self.scopes.get(parent, {}).items()
            if all(row.state in OVER for row in rows)
        }

    def undecided(self, parent: int | None) -> dict[str, list[Glance]]:
        """The jobs of one workflow of which it is not decided yet whether they run, or run again."""
        scope = self.scopes.get(parent, {})
        return {name: rows for name, rows in scope.items() if any(row.state == "waiting" for row in rows)}

    def held(self) -> Iterable[Glance]:
        """Those that are held back, as far as `max-parallel` lets them go, in order."""
        for scope in self.scopes.values():
            for rows in scope.values():
                held = [row for row in rows if row.state == "held"]
                room = (held[0].at_once or len(rows)) if held else 0
                yield from held[: max(room - sum(row.state in UNDER_WAY for row in rows), 0)]

    @property
    def is_over(self) -> bool:
        return all(row.state in OVER for row in self.rows.values())


# open: called with a run that the caller has locked and asked policy about.
def look(work: Work, run: Run) -> Scene:
    columns = Job.id, Job.parent_id, Job.job, Job.state, Job.forgiven, Job.at_once, Job.calls
    query = select(*columns).where(Job.run_id == run.id).order_by(Job.position, Job.id)
    scopes: dict[int | None, dict[str, list[Glance]]] = {}
    rows: dict[int, Glance] = {}
    work.session.flush()
    for found in work.session.execute(query):
        row = Glance(*found)
        rows[row.id] = row
        scopes.setdefault(row.parent_id, {}).setdefault(row.job, []).append(row)
    return Scene(scopes, rows)


# open: called with a run that the caller has asked policy about.
def outputs_of(work: Work, run: Run, parent: int | None, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """What these jobs of one workflow gave, all of a matrix together."""
    wanted = sorted(set(names))
    found: dict[str, dict[str, str]] = {name: {} for name in wanted}
    if not wanted:
        return found
    here = Job.parent_id.is_(None) if parent is None else Job.parent_id == parent
    query = select(Job.job, Job.outputs).where(Job.run_id == run.id, here, Job.outputs != "{}")
    for name, outputs in work.session.execute(query.order_by(Job.position, Job.id)):
        if name in found:
            given = msgspec.json.decode(outputs, type=dict[str, str])
            found[name].update({key: value for key, value in given.items() if value})
    return found


# open: called with a run that the caller has asked policy about.
def finished_in(work: Work, run: Run, scene: Scene, parent: int | None, names: Iterable[str]) -> dict[str, Finished]:
    """These jobs of one workflow, as far as they have ended."""
    results, outputs = scene.results(parent), outputs_of(work, run, parent, names)
    return {name: Finished(results[name], given) for name, given in outputs.items() if name in results}


# open: called with a run that the caller has asked policy about.
def planned_in(run: Run, parent: Job | Glance | None) -> Planned:
    """The workflow that a job calls; the one that began, where there is none."""
    return run.plan.at("" if parent is None else parent.calls)


# open: called with a run that the caller has asked policy about.
def contexts_in(work: Work, run: Run, parent: int | None) -> dict[str, Any]:
    """What the expressions of one workflow of a run may ask about: `github`, `inputs`, `vars`."""
    return {**known_in(work, run, parent), "vars": variables_in(work, run)}


def known_in(work: Work, run: Run, parent: int | None) -> dict[str, Any]:
    return run.known() if parent is None else {**run.known(), "inputs": work.session.get_one(Job, parent).handed}


def variables_in(work: Work, run: Run, environment: str = "") -> dict[str, str]:
    """As they are now, not as they were when the run began."""
    found = known_variables(work, run.project_id, environment)
    return {**found, DEBUG: "true"} if run.debug else found


# open: called with a job in hand that was asked for under its policy.
def contexts_of(work: Work, run: Run, job: Job) -> dict[str, Any]:
    """What the expressions of one job may ask about, when it begins."""
    definition = planned_in(run, above(work, job)).workflow.jobs[job.job]
    needs: dict[str, Any] = {}
    if definition.needs:
        ended = finished_in(work, run, look(work, run), job.parent_id, definition.needs)
        needs = {name: {"result": each.result, "outputs": dict(each.outputs)} for name, each in ended.items()}
    return {
        **known_in(work, run, job.parent_id),
        "vars": variables_in(work, run, job.environment),
        "matrix": job.values,
        "strategy": job.strategy,
        "needs": needs,
    }


# open: called with a run that the caller has asked policy about.
def permissions_said(work: Work, run: Run, name: str, caller: Job | None) -> list[Permissions | None]:
    """What is said of the rights of a job: last by itself or its workflow, before that by its callers or theirs."""
    outer = [] if caller is None else permissions_said(work, run, caller.job, above(work, caller))
    workflow = planned_in(run, caller).workflow
    return [*outer, workflow.jobs[name].permissions or workflow.permissions]


# open: only with a job in hand that was asked for under its policy.
def above(work: Work, job: Job) -> Job | None:
    """Who calls the workflow that a job stands in."""
    return None if job.parent_id is None else work.session.get_one(Job, job.parent_id)
