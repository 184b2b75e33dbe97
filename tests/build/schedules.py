"""Schedules for the kill-point trials: a time that was missed is made up for, once, whoever dies in between."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dure import build, people, plan
from dure.build.planning import Planning, Schedule
from dure.build.planning.schedule import WAITING
from dure.code import Ref, create_repository
from dure.ledger import House, Reconciler, Work, begin, database_time
from tests.parts.killpoints import Pause, Scenario

YEARLY = "0 0 1 1 *"
MISSED_DAYS = 400


def rounds(house: House, world: Path, owner: str, lease_seconds: float, pause: Pause) -> list[Reconciler[Any]]:  # noqa: ARG001
    return [build.schedules().reconciler(house, owner, lease_seconds=lease_seconds, pause=pause)]


def submit(work: Work, world: Path) -> None:
    """A project of the world's own, with one schedule that is long overdue."""
    if not people.people_by_handle(work, ["ada"]):
        people.make_account(work, handle="ada", name="Ada", admin=True)
    project = plan.make_project(work, owner="ada", name=world.name, title="")
    repository = create_repository(work, project)
    time = database_time(work.session)
    sha = "a" * 40
    work.add(Ref(repository_id=repository.id, name="refs/heads/main", target=sha, sha=sha, moved_at=time))
    row = begin(
        work,
        Schedule(phase=WAITING, project_id=project.id, cron=YEARLY, zone="", actor="person:1", actor_name="ada"),
    )
    row.wake_at = time - timedelta(days=MISSED_DAYS)


def unfinished(work: Work) -> bool:
    due = select(Schedule.id).where(Schedule.wake_at <= database_time(work.session)).limit(1)
    return work.session.execute(due).first() is not None


def check(work: Work, world: Path) -> None:
    project = plan.find_project(work, f"ada/{world.name}")
    raised = work.session.scalars(select(Planning).where(Planning.project_id == project.id)).all()
    assert [(each.name, each.happened.cron, each.actor_name) for each in raised] == [("schedule", YEARLY, "ada")]


scenario = Scenario(rounds=rounds, submit=submit, unfinished=unfinished, check=check)
