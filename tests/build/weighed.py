"""Weighing for the kill-point trials: a run with a job whose work is done already, and one whose work is not."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dure import build, people, plan
from dure.build.planning import Cause, Reading, start_runs
from dure.build.reuse import put_result
from dure.build.run import Job, Run, Weighing
from dure.code import create_repository
from dure.ledger import House, Reconciler, Work
from dure.workflow import KeyFacts, job_key, parse_workflow
from tests.build.killed import committed, repositories
from tests.parts.killpoints import Pause, Scenario

WORKFLOW = """
on: push
jobs:
  done: {runs-on: ubuntu-latest, x-cache: {inputs: [none]}, steps: [{run: a}]}
  new: {runs-on: ubuntu-latest, x-cache: {inputs: [none]}, steps: [{run: b}]}
"""


def rounds(house: House, world: Path, owner: str, lease_seconds: float, pause: Pause) -> list[Reconciler[Any]]:
    machine = build.weighings(repositories(world), build.ActionRules())
    return [machine.reconciler(house, owner, lease_seconds=lease_seconds, pause=pause)]


def submit(work: Work, world: Path) -> None:
    if not people.people_by_handle(work, ["ada"]):
        people.make_account(work, handle="ada", name="Ada", admin=True)
    project = plan.make_project(work, owner="ada", name=world.name, title="")
    repository = create_repository(work, project)
    sha = committed(world, repositories(world).path(repository.id))
    workflow = parse_workflow(WORKFLOW, "ci.yml")
    key = job_key(KeyFacts(workflow.jobs["done"], labels=["ubuntu-latest"]))
    put_result(work, project, key, {"when": str(datetime.now(UTC).year)})
    cause = Cause("push", sha, "refs/heads/main", "house", "dure", "", "http://127.0.0.1", 90)
    start_runs(work, project, cause, [Reading("ci.yml", workflow)])


def unfinished(work: Work) -> bool:
    return work.session.scalars(select(Weighing.id).where(Weighing.wake_at.is_not(None)).limit(1)).first() is not None


def check(work: Work, world: Path) -> None:
    project = plan.find_project(work, f"ada/{world.name}")
    [run] = work.session.scalars(select(Run).where(Run.project_id == project.id)).all()
    jobs = work.session.scalars(select(Job).where(Job.run_id == run.id).order_by(Job.id)).all()
    assert [(job.job, job.state, job.reused_from, len(job.cache_key)) for job in jobs] == [
        ("done", "success", 0, 64),
        ("new", "queued", None, 64),
    ]


scenario = Scenario(rounds=rounds, submit=submit, unfinished=unfinished, check=check)
