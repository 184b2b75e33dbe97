"""What waits for somebody's yes: jobs because of their environment, a run because of who caused it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dure import policy
from dure.build.run import APPROVING, Approval, Job, Run, approvals_of, find_job_environment
from dure.kit import Text, say
from dure.ledger import Work
from dure.people import Role

WHO: Mapping[Role, Text] = {
    Role.DEVELOPER: say("Developers may say so."),
    Role.MAINTAINER: say("Maintainers may say so."),
    Role.OWNER: say("Owners may say so."),
}


@dataclass(frozen=True)
class Question:
    """`job`: which one waits; None: the run itself."""

    job: Job | None
    environment: str
    asked_at: datetime
    who: Text
    may_answer: bool


@dataclass(frozen=True)
class Answer:
    """What somebody said to one."""

    name: str
    environment: str
    yes: bool
    said_at: datetime | None
    by_name: str


# open: only with a run in hand that was asked for under its policy.
def questions_of(work: Work, run: Run, jobs: Sequence[Job]) -> tuple[list[Question], list[Answer]]:
    """Those that wait, and those that were answered, the oldest first."""
    by_id = {job.id: job for job in jobs}
    waiting: list[Question] = []
    answered: list[Answer] = []
    for asked in approvals_of(work, run):
        job = by_id.get(asked.job_id)
        if asked.said:
            name = run.workflow_name if job is None else job.name
            answered.append(Answer(name, asked.environment, asked.said == "yes", asked.said_at, asked.by_name))
        elif still_waits(run, job, asked):
            waiting.append(question(work, run, job, asked))
    return waiting, answered


def still_waits(run: Run, job: Job | None, asked: Approval) -> bool:
    if job is None:
        return asked.job_id == 0 and not run.is_over
    return job.state == "held" and job.attempt == asked.attempt


def question(work: Work, run: Run, job: Job | None, asked: Approval) -> Question:
    if job is None:
        return Question(None, "", asked.asked_at, WHO[Role.DEVELOPER], policy.may(work, "build.start", run.scope))
    place = find_job_environment(work, run.project_id, job.environment)
    role = (place.approver if place is not None else None) or Role.DEVELOPER
    name = asked.environment or job.environment
    return Question(job, name, asked.asked_at, WHO[role], policy.may(work, APPROVING[role], run.scope))
