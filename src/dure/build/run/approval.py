"""Approvals: a job that waits for a yes because of its environment, or a whole run because of who caused it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit
from dure.build.run.job import Job
from dure.build.run.run import Run
from dure.kit import now, say
from dure.ledger import BIG, Event, Moment, Table, Work

THE_RUN = 0
YES, NO = "yes", "no"


class Approval(Table):
    """A question to those who may say yes, and who answered it."""

    __tablename__ = "build_approval"
    __table_args__ = (UniqueConstraint("run_id", "job_id", "attempt"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    run_id: Mapped[int] = mapped_column(BIG)
    job_id: Mapped[int] = mapped_column(BIG)
    """0: it is about the run itself."""
    attempt: Mapped[int]
    environment: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(Moment)
    said: Mapped[str] = mapped_column(default="")
    """yes, no, or nothing yet"""
    said_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    by: Mapped[str] = mapped_column(default="")
    by_name: Mapped[str] = mapped_column(default="")


@dataclass(frozen=True, kw_only=True)
class JobAwaitsApproval(Event, kind="build.job_awaits_approval"):
    project: int
    run: int
    number: int
    job: int
    name: str
    environment: str

    def sentence(self) -> kit.Text:
        return say(
            "asked for a yes to {name} of run {number} ({environment})",
            name=self.name,
            number=self.number,
            environment=self.environment,
        )


@dataclass(frozen=True, kw_only=True)
class RunAwaitsApproval(Event, kind="build.run_awaits_approval"):
    project: int
    run: int
    number: int
    workflow: str

    def sentence(self) -> kit.Text:
        return say("asked for a yes to run {number} of {workflow}", number=self.number, workflow=self.workflow)


@dataclass(frozen=True, kw_only=True)
class ApprovalSaid(Event, kind="build.approval_said"):
    project: int
    run: int
    number: int
    job: int
    name: str
    yes: bool

    def sentence(self) -> kit.Text:
        if self.yes:
            return say("said yes to {name} of run {number}", name=self.name, number=self.number)
        return say("said no to {name} of run {number}", name=self.name, number=self.number)


# open: called with a run that the caller has locked and asked policy about.
def ask(work: Work, run: Run, job: Job | None, environment: str = "") -> Approval:
    """Put the question, once for each try."""
    job_id, attempt = (THE_RUN, 1) if job is None else (job.id, job.attempt)
    found = approval_of(work, run, job)
    if found is not None:
        return found
    asked = work.add(Approval(run_id=run.id, job_id=job_id, attempt=attempt, environment=environment, asked_at=now()))
    if job is None:
        waiting = RunAwaitsApproval(project=run.project_id, run=run.id, number=run.number, workflow=run.workflow_name)
        work.record(waiting, about=run.about, within=run.scope)
        return asked
    event = JobAwaitsApproval(
        project=run.project_id, run=run.id, number=run.number, job=job.id, name=job.name, environment=environment
    )
    work.record(event, about=[*run.about, job.ref], within=run.scope)
    return asked


# open: called with a run that the caller has locked and asked policy about.
def approval_of(work: Work, run: Run, job: Job | None) -> Approval | None:
    job_id, attempt = (THE_RUN, 1) if job is None else (job.id, job.attempt)
    same = Approval.run_id == run.id, Approval.job_id == job_id, Approval.attempt == attempt
    return work.session.scalars(select(Approval).where(*same)).one_or_none()


# open: only with a run in hand that was asked for under its policy.
def approvals_of(work: Work, run: Run) -> Sequence[Approval]:
    """All questions about a run, the oldest first."""
    return work.session.scalars(select(Approval).where(Approval.run_id == run.id).order_by(Approval.id)).all()
