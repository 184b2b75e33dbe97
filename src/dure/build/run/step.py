"""The steps of a job, what they remarked on, and the words they left for the page of their run."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit
from dure.build.run.job import Job
from dure.build.run.run import Run
from dure.kit import kept
from dure.ledger import BIG, Moment, Table, Work

ANNOTATIONS_MAX = 200
"""Of one attempt; a compiler can have thousands of warnings, and nobody reads them here."""


class Step(Table):
    """What one step of one attempt came to, and where its words are in the log."""

    __tablename__ = "build_step"
    __table_args__ = (UniqueConstraint("job_id", "attempt", "number"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    job_id: Mapped[int] = mapped_column(BIG, ForeignKey("build_job.id"))
    attempt: Mapped[int]
    number: Mapped[int]
    """From 0, in the order of the file. Below 0 stands what actions do before the first step."""
    name: Mapped[str]
    state: Mapped[str]
    """running, success, failure, cancelled, skipped."""
    outcome: Mapped[str] = mapped_column(default="")
    """Before `continue-on-error`."""
    why: Mapped[str] = mapped_column(Text, default="")
    exit_code: Mapped[int | None] = mapped_column(default=None)
    log_start: Mapped[int | None] = mapped_column(BIG, default=None)
    log_end: Mapped[int | None] = mapped_column(BIG, default=None)
    started_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    kind: Mapped[str] = mapped_column(default="step")
    """step, background, before, after. Beside one in the background others ran: its lines bear its number."""

    @property
    def reason(self) -> kit.Text | None:
        return kept(self.why)

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


class Annotation(Table):
    """What a step remarked on, perhaps with a place in a file."""

    __tablename__ = "build_annotation"
    __table_args__ = (Index("ix_build_annotation_job", "job_id", "attempt"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    job_id: Mapped[int] = mapped_column(BIG, ForeignKey("build_job.id"))
    attempt: Mapped[int]
    step: Mapped[int]
    level: Mapped[str]
    title: Mapped[str]
    message: Mapped[str] = mapped_column(Text)
    file: Mapped[str] = mapped_column(Text, default="")
    line: Mapped[int | None] = mapped_column(default=None)


class Summary(Table):
    """Markdown that a step left for the page of its run."""

    __tablename__ = "build_summary"
    __table_args__ = (UniqueConstraint("job_id", "attempt", "step"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    job_id: Mapped[int] = mapped_column(BIG, ForeignKey("build_job.id"))
    attempt: Mapped[int]
    step: Mapped[int]
    markdown: Mapped[str] = mapped_column(Text)


# open: only with a job in hand that was asked for under its policy.
def steps_of(work: Work, job: Job, attempt: int | None = None) -> Sequence[Step]:
    """The steps of one try of a job, the last one if none is named."""
    query = select(Step).where(Step.job_id == job.id, Step.attempt == (attempt or job.attempt))
    return work.session.scalars(query.order_by(Step.number)).all()


# open: only with a run in hand that was asked for under its policy.
def annotations_of(work: Work, run: Run) -> Sequence[Annotation]:
    """What the last tries of a run's jobs remarked on, the errors first."""
    query = (
        select(Annotation)
        .join(Job, (Job.id == Annotation.job_id) & (Job.attempt == Annotation.attempt))
        .where(Job.run_id == run.id)
        .order_by(Annotation.level != "error", Annotation.level != "warning", Annotation.id)
        .limit(ANNOTATIONS_MAX)
    )
    return work.session.scalars(query).all()


# open: only with a run in hand that was asked for under its policy.
def summaries_of(work: Work, run: Run) -> Sequence[Summary]:
    query = (
        select(Summary)
        .join(Job, (Job.id == Summary.job_id) & (Job.attempt == Summary.attempt))
        .where(Job.run_id == run.id)
        .order_by(Job.position, Job.id, Summary.step)
    )
    return work.session.scalars(query).all()
