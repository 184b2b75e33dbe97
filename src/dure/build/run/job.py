"""A job of a run: what one runner does in one go, and what came of its earlier tries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, ForeignKey, Index, Text, UniqueConstraint, literal, select, text
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit
from dure.build.run.run import Run
from dure.kit import Missing, kept, say
from dure.ledger import BIG, Moment, Table, Work

JOB_STATES = (
    "waiting",
    "held",
    "queued",
    "offered",
    "running",
    "calling",
    "success",
    "failure",
    "cancelled",
    "skipped",
)
"""
waiting  what it needs has not ended, so nothing is decided yet
held     it will run, once its group or `max-parallel` lets it
queued   a runner with its labels may take it
offered  given to a runner that has not said yet that it took it
running
calling  the jobs of the workflow that it calls are under way; no runner has this one itself
success, failure, cancelled, skipped: over
"""
OVER = frozenset({"success", "failure", "cancelled", "skipped"})
WITH_RUNNER = frozenset({"offered", "running"})
UNDER_WAY = frozenset({"queued", "offered", "running", "calling"})


def where(condition: str) -> dict[str, Any]:
    """Says of an index that it covers some rows only, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Job(Table):
    __tablename__ = "build_job"
    __table_args__ = (
        UniqueConstraint("run_id", "key"),
        # Whoever asks for work walks through these (run/wanted.py), however many jobs there ever were. None of them
        # begins with the state, or SQLite would take that one for every question.
        Index("ix_build_job_queue", "labels", "project_id", "id", **where("state = 'queued'")),
        Index("ix_build_job_held", "group_name", "id", **where("state = 'held'")),
        Index("ix_build_job_busy", "project_id", "runner_id", **where("state IN ('offered', 'running')")),
        Index("ix_build_job_parent", "parent_id"),
        Index("ix_build_job_linked", "project_id", "id", **where("environment_url != ''")),
        Index("ix_build_job_offered", "project_id", "offered_at", **where("offered_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    run_id: Mapped[int] = mapped_column(BIG, ForeignKey("build_run.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    job: Mapped[str]
    """Its name in its file; several are made of one by a matrix."""
    key: Mapped[str]
    """Which of those it is; the same in each repetition of the run."""
    name: Mapped[str]
    position: Mapped[int]
    parent_id: Mapped[int | None] = mapped_column(BIG, default=None)
    """The job that calls the workflow in which this one stands; none in the workflow that began."""
    calls: Mapped[str] = mapped_column(Text, default="")
    """Which workflow of the plan it calls itself; empty when it has steps."""
    inputs: Mapped[str] = mapped_column(Text, default="{}")
    """What it hands to the workflow that it calls, as JSON."""
    needs: Mapped[str] = mapped_column(Text, default="[]")
    matrix: Mapped[str] = mapped_column(Text, default="")
    """Its values, as JSON; empty without a matrix."""
    place: Mapped[str] = mapped_column(Text, default="{}")
    """Its place among those of one matrix, as JSON: the context `strategy`."""
    at_once: Mapped[int] = mapped_column(default=0)
    """So many of its matrix may be under way at a time; 0: all of them."""
    labels: Mapped[str] = mapped_column(default="")
    """What its runner has to have, sorted and joined by commas."""
    group_name: Mapped[str] = mapped_column(default="", index=True)
    """Those of one group go one after another."""
    cache_key: Mapped[str] = mapped_column(default="")
    """Under this its work is kept (`x-cache`); a word instead of a key while that is being found out."""
    cache_globs: Mapped[str] = mapped_column(Text, default="[]")
    """The files it depends on, as patterns."""
    reused_from: Mapped[int | None] = mapped_column(default=None)
    """The number of the run that did its work; 0: it was done elsewhere."""
    reused_job: Mapped[int | None] = mapped_column(BIG, default=None)
    """The job of that run, whose log tells how."""
    reused_by: Mapped[str] = mapped_column(default="")
    """Who brought what was done elsewhere."""
    environment: Mapped[str] = mapped_column(default="")
    """Where it deploys to, as its file names that place."""
    environment_url: Mapped[str] = mapped_column(Text, default="")
    """Where people see what it has put up."""
    forgiven: Mapped[bool] = mapped_column(default=False)
    """Its failure does not count: continue-on-error."""
    state: Mapped[str] = mapped_column(default="waiting")
    attempt: Mapped[int] = mapped_column(default=1)
    lost: Mapped[int] = mapped_column(default=0)
    """How often a runner was lost with it before its first step."""
    happened: Mapped[int] = mapped_column(default=0)
    """How many happenings of this attempt the house has been told."""
    cancel: Mapped[str] = mapped_column(default="no")
    why: Mapped[str] = mapped_column(Text, default="")
    outputs: Mapped[str] = mapped_column(Text, default="{}")
    runner_id: Mapped[int | None] = mapped_column(ForeignKey("build_runner.id"), default=None)
    skew_seconds: Mapped[float] = mapped_column(default=0.0)
    """So much the clock of its runner goes wrong: added to the times that it tells."""
    isolation: Mapped[str] = mapped_column(Text, default="")
    timeout_minutes: Mapped[float] = mapped_column(default=360.0)
    queued_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    offered_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """When it was last given to a runner. Projects take turns by it."""
    started_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, default=None)

    @property
    def ref(self) -> str:
        return job_ref(self.id)

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def counted(self) -> str:
        """What it counts as for those that need it and for its run."""
        return "success" if self.forgiven and self.state == "failure" else self.state

    @property
    def reason(self) -> kit.Text | None:
        return kept(self.why)

    @property
    def needed(self) -> list[str]:
        return msgspec.json.decode(self.needs, type=list[str])

    @property
    def values(self) -> dict[str, Any] | None:
        return msgspec.json.decode(self.matrix, type=dict[str, Any]) if self.matrix else None

    @property
    def strategy(self) -> dict[str, Any]:
        return msgspec.json.decode(self.place, type=dict[str, Any])

    @property
    def given(self) -> dict[str, str]:
        return msgspec.json.decode(self.outputs, type=dict[str, str])

    @property
    def handed(self) -> dict[str, Any]:
        return msgspec.json.decode(self.inputs, type=dict[str, Any])

    @property
    def wanted_labels(self) -> list[str]:
        return self.labels.split(",") if self.labels else []

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


def in_state(*states: str) -> ColumnElement[bool]:
    """A condition whose states stand in the question itself: only then SQLite uses an index over some of the rows."""
    said = [literal(state, literal_execute=True) for state in states]
    return Job.state == said[0] if len(said) == 1 else Job.state.in_(said)


IS_WITH_RUNNER = in_state("offered", "running")


class Attempt(Table):
    """What came of an earlier try of a job."""

    __tablename__ = "build_attempt"

    job_id: Mapped[int] = mapped_column(BIG, ForeignKey("build_job.id"), primary_key=True)
    attempt: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    why: Mapped[str] = mapped_column(Text)
    runner_id: Mapped[int | None]
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)

    @property
    def reason(self) -> kit.Text | None:
        return kept(self.why)


def job_ref(job_id: int) -> str:
    return f"job:{job_id}"


# open: only with a run in hand that was asked for under its policy.
def jobs_of(work: Work, run: Run) -> Sequence[Job]:
    """The jobs of a run in the order of its file."""
    query = select(Job).where(Job.run_id == run.id).order_by(Job.position, Job.id)
    return work.session.scalars(query).all()


# open: only with a run in hand that was asked for under its policy.
def jobs_named(work: Work, run: Run, words: Sequence[str]) -> list[Job]:
    """Those with these names, keys or numbers. The name of a job of the file stands for all of its matrix."""
    jobs = jobs_of(work, run)
    found: dict[int, Job] = {}
    for word in words:
        fitting = [job for job in jobs if word in (job.name, job.key, str(job.id))]
        fitting = fitting or [job for job in jobs if job.parent_id is None and job.job == word]
        if not fitting:
            raise Missing(say("Run {number} has no job {name}.", number=run.number, name=word[:300]))
        found.update({job.id: job for job in fitting})
    return list(found.values())
