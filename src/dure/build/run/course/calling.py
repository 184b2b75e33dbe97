"""Calls: a job in whose place another workflow runs. Its jobs are rows of the same run, below the one that calls."""

import msgspec
from sqlalchemy import func, select

from dure.build.run.course.ending import end_job
from dure.build.run.job import Job
from dure.build.run.run import Run
from dure.build.run.scene import Scene, contexts_in, outputs_of
from dure.kit import Refused, now, say
from dure.ledger import Work
from dure.workflow import Finished, Planned, call_outputs, together

JOBS_MAX = 3_000
"""Of one run, with all that its workflows call."""
TOO_MANY = say("The run would have more than {count} jobs. Call less.", count=JOBS_MAX)


# open: called with a run that the caller has locked and asked policy about.
def placeholders(run: Run, planned: Planned, above: Job | None) -> list[Job]:
    """A row for each job of a workflow, before anything of it is decided."""
    return [
        Job(
            run_id=run.id,
            project_id=run.project_id,
            job=job.id,
            key=f"{above.key}/{job.id}" if above else job.id,
            name=placeholder_name(above, job.id if job.name is None or "${{" in job.name else job.name),
            position=position if above is None else above.position,
            parent_id=above.id if above else None,
            calls=planned.calls.get(job.id, ""),
            needs=msgspec.json.encode(list(job.needs)).decode(),
        )
        for position, job in enumerate(planned.workflow.jobs.values())
    ]


def placeholder_name(above: Job | None, name: str) -> str:
    """One line without anything that a database or a terminal could stumble over."""
    words = "".join(sign for sign in " ".join(name.split()) if sign.isprintable())[:200]
    return f"{above.name} / {words}"[:300] if above else words


def begin_call(work: Work, run: Run, job: Job) -> None:
    """From now on the jobs of the workflow that it calls are decided. A repeated run finds them there."""
    job.state, job.started_at, job.why = "calling", job.started_at or now(), ""
    there = select(Job.id).where(Job.parent_id == job.id).limit(1)
    if work.session.scalars(there).first() is not None:
        return
    planned = run.plan.at(job.calls)
    count = work.session.execute(select(func.count()).where(Job.run_id == run.id)).scalar_one()
    if count + len(planned.workflow.jobs) > JOBS_MAX:
        end_job(work, run, job, "failure", TOO_MANY)
        return
    for row in placeholders(run, planned, job):
        work.add(row)


def end_calls(work: Work, run: Run, scene: Scene) -> bool:
    """Those of which every job is over are over as well, with what their workflow gives."""
    ended = [
        parent
        for parent in scene.open()
        if parent is not None and all(row.is_over for rows in scene.scopes[parent].values() for row in rows)
    ]
    for parent in ended:
        end_call(work, run, scene, parent)
    return bool(ended)


def end_call(work: Work, run: Run, scene: Scene, parent: int) -> None:
    job = work.session.get_one(Job, parent)
    results = scene.results(parent)
    state = together(results.values())
    call = run.plan.at(job.calls).workflow.triggers.call
    outputs: dict[str, str] = {}
    if call is not None and call.outputs:
        given = outputs_of(work, run, parent, results)
        jobs = {name: Finished(result, given.get(name, {})) for name, result in results.items()}
        try:
            outputs = call_outputs(call, jobs, contexts_in(work, run, parent))
        except Refused as broken:
            end_job(work, run, job, "failure", broken.text, quietly=True)
            return
    end_job(
        work, run, job, state, None, {name: value.replace("\0", "") for name, value in outputs.items()}, quietly=True
    )
