"""The queue as people look at it: which jobs wait, the oldest first, a page at a time, and for which labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from sqlalchemy import ColumnElement, func, select

from dure import policy
from dure.build.run import Job, Run, in_state
from dure.ledger import Work
from dure.plan import Project, readable_ids

WAITING = ("queued", "held")
LANES_MAX = 100


@dataclass(frozen=True)
class Queued:
    """One job that waits: in the queue, or held back from it."""

    job: Job
    run: Run
    project: Project

    @property
    def since(self) -> datetime:
        return self.job.queued_at or self.run.made_at

    @property
    def url(self) -> str:
        return f"/{self.project.path}/runs/{self.run.number}/jobs/{self.job.id}"


@dataclass(frozen=True)
class Waiting:
    """How many jobs wait for the same labels."""

    labels: Sequence[str]
    count: int
    since: datetime | None
    """The oldest of them."""


@dataclass(frozen=True)
class QueuePart:
    jobs: Sequence[Queued]
    next: int | None
    """The job after which to go on."""
    waiting: Sequence[Waiting]


def queue_of(work: Work, project: Project, *, after: int = 0, limit: int = 50, labels: str = "") -> QueuePart:
    """What waits in one project."""
    policy.require(work, "build.read", project.scope)
    return part(work, [Job.project_id == project.id], after, limit, labels)


# open: each sees what waits in the projects that they may read.
def whole_queue(work: Work, *, after: int = 0, limit: int = 50, labels: str = "") -> QueuePart:
    mine = readable_ids(work)
    return part(work, [] if mine is None else [Job.project_id.in_(mine)], after, limit, labels)


def part(work: Work, only: list[ColumnElement[bool]], after: int, limit: int, labels: str) -> QueuePart:
    """Of those that wait for exactly these labels, joined by commas, if any are said. All labels are counted."""
    these = [*only, Job.labels == labels] if labels else only
    # One question for each state, so that an index gives each in its order.
    found = merge(*(rows(work, state, these, after, limit + 1) for state in WAITING), key=lambda one: one.job.id)
    page = list(islice(found, limit + 1))
    following = page[limit - 1].job.id if len(page) > limit else None
    return QueuePart(page[:limit], following, waiting(work, only))


def rows(work: Work, state: str, only: list[ColumnElement[bool]], after: int, limit: int) -> list[Queued]:
    query = (
        select(Job, Run, Project)
        .join(Run, Run.id == Job.run_id)
        .join(Project, Project.id == Job.project_id)
        .where(in_state(state), Job.id > after, *only)
        .order_by(Job.id)
        .limit(limit)
    )
    return [Queued(job, run, project) for job, run, project in work.session.execute(query)]


def waiting(work: Work, only: list[ColumnElement[bool]]) -> list[Waiting]:
    counted = (
        select(Job.labels, func.count().label("count"), func.min(Job.id).label("first"))
        .where(in_state("queued"), *only)
        .group_by(Job.labels)
        .order_by(func.count().desc(), Job.labels)
        .limit(LANES_MAX)
        .subquery()
    )
    found = select(counted.c.labels, counted.c.count, Job.queued_at).join(Job, Job.id == counted.c.first)
    return [
        Waiting(labels.split(",") if labels else [], count, since)
        for labels, count, since in work.session.execute(found.order_by(counted.c.count.desc(), counted.c.labels))
    ]
