"""What may begin now: needs first, then the condition, then the matrix."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from dure.build.run.course.ending import end_job
from dure.build.run.course.filling import hold
from dure.build.run.job import Job
from dure.build.run.run import Run
from dure.build.run.scene import Glance, Scene, contexts_in, outputs_of
from dure.kit import Refused, Text
from dure.ledger import Work
from dure.workflow import Decision, Finished, Planned, Result, decide, needs_context, together


def decide_all(work: Work, run: Run, scene: Scene) -> bool:
    """Decide whatever can be decided in each workflow that is under way. False when there was nothing."""
    moved = False
    for parent in scene.open():
        undecided = scene.undecided(parent)
        if undecided:
            planned = run.plan.at("" if parent is None else scene.rows[parent].calls)
            moved |= Deciding(work, run, scene, parent, planned, undecided).go()
    return moved


class Deciding:
    """One workflow's jobs, decided one after another: what one comes to may decide the next."""

    def __init__(
        self,
        work: Work,
        run: Run,
        scene: Scene,
        parent: int | None,
        planned: Planned,
        undecided: dict[str, list[Glance]],
    ) -> None:
        self.work, self.run, self.parent, self.planned = work, run, parent, planned
        self.workflow, self.undecided = planned.workflow, undecided
        self.finished = {name: Finished(result) for name, result in scene.results(parent).items()}
        self.cancelled = run.cancel_asked_at is not None
        self.rows: dict[int, Job] = {}

    def go(self) -> bool:
        due = deque(name for name in self.undecided if self.is_due(name))
        if not due:
            return False
        self.fetch_outputs({need for name in due for need in self.workflow.jobs[name].needs})
        contexts = contexts_in(self.work, self.run, self.parent)
        # All rows at once: asked for one by one, each question would first write down the last answer.
        self.rows = self.fetch_rows(due)
        while due:
            name = due.popleft()
            definition = self.workflow.jobs[name]
            decision = decide(self.workflow, definition, self.finished, contexts, cancelled=self.cancelled)
            needs = needs_context(definition, self.finished)
            result = self.carry_out(decision, {**contexts, "needs": needs}, self.undecided.pop(name))
            if result is None:
                continue
            self.finished[name] = Finished(result)
            due.extend(other for other in self.undecided if name in self.workflow.jobs[other].needs)
            due = deque(dict.fromkeys(other for other in due if self.is_due(other)))
            self.rows |= self.fetch_rows(other for other in due if self.undecided[other][0].id not in self.rows)
        return True

    def is_due(self, name: str) -> bool:
        return all(need in self.finished for need in self.workflow.jobs[name].needs)

    def fetch_outputs(self, names: set[str]) -> None:
        for name, given in outputs_of(self.work, self.run, self.parent, names).items():
            if given:
                self.finished[name] = Finished(self.finished[name].result, given)

    def carry_out(self, decision: Decision, contexts: dict[str, Any], glances: Sequence[Glance]) -> Result | None:
        """Returns how it has ended, if it has."""
        rows = [self.rows[glance.id] for glance in glances]
        if decision.word == "run":
            try:
                hold(self.work, self.run, self.planned, decision.job, contexts, rows)
            except Refused as broken:
                return self.end(rows, "failure", broken.text)
            return None
        if decision.word == "fail":
            return self.end(rows, "failure", decision.why)
        return self.end(rows, "cancelled" if self.cancelled else "skipped", decision.why)

    def fetch_rows(self, names: Iterable[str]) -> dict[int, Job]:
        wanted = [glance.id for name in names for glance in self.undecided[name]]
        return {job.id: job for job in self.work.session.scalars(select(Job).where(Job.id.in_(wanted)))}

    def end(self, rows: Sequence[Job], state: Result, why: Text) -> Result | None:
        """Those that have not begun; others of the same matrix may be under way."""
        for job in rows:
            if job.state == "waiting":
                end_job(self.work, self.run, job, state, why)
        return together([job.counted for job in rows]) if all(job.is_over for job in rows) else None  # type: ignore[misc]
