"""A run and a job with all that their pages show of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from dure import policy
from dure.build.badge import known_badge_key
from dure.build.leaving import Artifact, artifacts_of
from dure.build.run import (
    Annotation,
    Attempt,
    Job,
    Listing,
    Run,
    RunFilter,
    Step,
    Summary,
    annotations_of,
    jobs_of,
    run_of,
    runs_page,
    steps_of,
    summaries_of,
)
from dure.build.runners import Runner, runners_of
from dure.build.shown.failing import Failing, failing_in
from dure.build.shown.graph import BESIDE_MAX, how_many, worst_first
from dure.build.shown.questions import Answer, Question, questions_of
from dure.build.shown.words import waiting_words
from dure.kit import Missing, Text, say
from dure.ledger import Work
from dure.plan import Project


@dataclass(frozen=True)
class RunPage:
    project: Project
    run: Run
    jobs: Sequence[Job]
    reasons: dict[int, Text | None]
    """By job: why it waits, or how it came to its end."""
    annotations: Sequence[Annotation]
    summaries: Sequence[Summary]
    artifacts: Sequence[Artifact]
    may_act: bool
    every: Sequence[Job]
    """With those that call other workflows."""
    failing: Sequence[Failing]
    questions: Sequence[Question]
    answers: Sequence[Answer]

    @property
    def groups(self) -> list[tuple[Text | None, str, list[Job]]]:
        """The jobs in their order. Those of a large matrix stand together, the worst first."""
        found: dict[tuple[int | None, str], list[Job]] = {}
        for job in self.jobs:
            found.setdefault((job.parent_id, job.job), []).append(job)
        return [
            (how_many(rows), rows[0].job, sorted(rows, key=worst_first)) if len(rows) > BESIDE_MAX else (None, "", rows)
            for rows in found.values()
        ]

    @property
    def names(self) -> dict[int, str]:
        return {job.id: job.name for job in self.jobs}

    @property
    def may_cancel(self) -> bool:
        return self.may_act and not self.run.is_over

    @property
    def may_repeat(self) -> bool:
        return self.may_act and self.run.is_over and bool(self.run.definition)

    @property
    def may_repeat_jobs(self) -> bool:
        """Single ones, also while others are under way."""
        return self.may_act and bool(self.run.definition) and (self.run.is_over or self.run.cancel_asked_at is None)

    @property
    def has_failed(self) -> bool:
        return any(job.counted in ("failure", "cancelled") for job in self.jobs)

    @property
    def failed_more(self) -> int:
        """So many have failed beside those whose last words are shown."""
        return sum(job.counted == "failure" for job in self.jobs) - len(self.failing)


@dataclass(frozen=True)
class JobPage:
    project: Project
    run: Run
    job: Job
    attempt: int
    steps: Sequence[Step]
    reason: Text | None
    runner: Runner | None
    earlier: Sequence[Attempt]
    annotations: Sequence[Annotation] = field(default_factory=list)
    may_act: bool = False
    questions: Sequence[Question] = ()

    @property
    def may_cancel(self) -> bool:
        return self.may_act and self.is_latest and not self.job.is_over and not self.run.is_over

    @property
    def may_repeat(self) -> bool:
        waits = not self.run.is_over and self.run.cancel_asked_at is not None
        return self.may_act and self.is_latest and self.job.is_over and bool(self.run.definition) and not waits

    @property
    def is_latest(self) -> bool:
        return self.attempt == self.job.attempt

    @property
    def is_over(self) -> bool:
        return not self.is_latest or self.job.is_over

    @property
    def state(self) -> str:
        if self.is_latest:
            return self.job.state
        return next((one.state for one in self.earlier if one.attempt == self.attempt), "cancelled")


@dataclass(frozen=True)
class RunsShown:
    project: Project
    listing: Listing
    may_start: bool
    may_keep_secrets: bool
    badge_key: str | None


def runs_shown(work: Work, project: Project, *, wanted: RunFilter, before: int | None = None) -> RunsShown:
    """The list of runs, and what may be done beside it."""
    listing = runs_page(work, project, wanted=wanted, before=before)
    return RunsShown(
        project,
        listing,
        policy.may(work, "build.start", project.scope),
        policy.may(work, "build.secrets", project.scope),
        known_badge_key(work, project),
    )


def run_page(work: Work, project: Project, number: int) -> RunPage:
    run = run_of(work, project, number)
    every, runners = list(jobs_of(work, run)), list(runners_of(work))
    jobs = without_callers(every)
    waiting, answered = questions_of(work, run, every)
    return RunPage(
        project,
        run,
        jobs,
        {job.id: waiting_words(job, every, runners) for job in jobs},
        annotations_of(work, run),
        summaries_of(work, run),
        artifacts_of(work, run),
        policy.may(work, "build.start", project.scope),
        every,
        failing_in(work, jobs),
        waiting,
        answered,
    )


def without_callers(jobs: Sequence[Job]) -> list[Job]:
    """In the place of a job that calls a workflow stand the jobs of that one, as soon as there are any."""
    callers = {job.parent_id for job in jobs}
    return [job for job in jobs if job.id not in callers]


def find_job(work: Work, project: Project, number: int, job_id: int) -> tuple[Run, Job]:
    """A job of this run."""
    run = run_of(work, project, number)
    job = work.session.get(Job, job_id)
    if job is None or job.run_id != run.id:
        raise Missing(say("Run {number} has no such job.", number=number))
    return run, job


def job_page(work: Work, project: Project, number: int, job_id: int, attempt: int | None = None) -> JobPage:
    """One job, or one of its earlier tries."""
    run, job = find_job(work, project, number, job_id)
    attempt = attempt or job.attempt
    if not 1 <= attempt <= job.attempt:
        raise Missing(say("This job has no attempt {number}.", number=attempt))
    earlier = select(Attempt).where(Attempt.job_id == job.id).order_by(Attempt.attempt)
    runner = None if job.runner_id is None else work.session.get(Runner, job.runner_id)
    said = select(Annotation).where(Annotation.job_id == job.id, Annotation.attempt == attempt).order_by(Annotation.id)
    return JobPage(
        project,
        run,
        job,
        attempt,
        steps_of(work, job, attempt),
        waiting_words(job, list(jobs_of(work, run)), list(runners_of(work))),
        runner,
        work.session.scalars(earlier).all(),
        work.session.scalars(said).all(),
        policy.may(work, "build.start", project.scope),
        questions_of(work, run, [job])[0],
    )


def stage_counts(work: Work, project: Project) -> tuple[int, str | None]:
    """How many runs are under way, and how the last one that ended came out."""
    policy.require(work, "build.read", project.scope)
    mine = Run.project_id == project.id
    active = select(func.count()).where(mine, Run.state.in_(("queued", "running")))
    last = select(Run.state).where(mine, Run.ended_at.is_not(None)).order_by(Run.number.desc()).limit(1)
    return work.session.execute(active).scalar_one(), work.session.scalars(last).first()


def run_detail(work: Work, project: Project, number: int) -> tuple[RunPage, dict[int, list[Step]], dict[int, str]]:
    """A run with the steps of its jobs and the names of its runners, for programs."""
    found = run_page(work, project, number)
    query = select(Step).join(Job, (Job.id == Step.job_id) & (Job.attempt == Step.attempt))
    steps: dict[int, list[Step]] = {}
    for step in work.session.scalars(query.where(Job.run_id == found.run.id).order_by(Step.job_id, Step.number)):
        steps.setdefault(step.job_id, []).append(step)
    names = {runner.id: runner.name for runner in work.session.scalars(select(Runner))}
    return found, steps, names
