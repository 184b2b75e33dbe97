"""Reports: what a runner says of a job, applied once and in order, however often it is said."""

from datetime import datetime, timedelta
from functools import cached_property

import msgspec
from sqlalchemy import func, select

from dure import wire
from dure.build.reuse import keep_result
from dure.build.run import (
    ANNOTATIONS_MAX,
    Annotation,
    Job,
    JobStarted,
    Run,
    Step,
    Summary,
    advance,
    begin_running,
    end_job,
    lose_job,
)
from dure.build.runners.mine import NotYours, held_job, in_the_house, locked_job, orders_for
from dure.build.runners.runner import Runner
from dure.build.runners.watch import end_watch, is_worth_renewing, renew_watch
from dure.kit import Text, keep, now, say, web_link
from dure.ledger import Work
from dure.wire import Orders

SKEW_ALLOWED = timedelta(seconds=2)
"""So much clocks may differ before it is called wrong."""
OUTPUT_CHARACTERS_MAX = 1 << 20
TOO_MUCH = say("Its outputs are longer than {count} characters.", count=OUTPUT_CHARACTERS_MAX)


class Missed(Exception):
    """Something before this report has not arrived."""

    def __init__(self, wanted: int) -> None:
        super().__init__(f"happenings from {wanted} on are missing")
        self.wanted = wanted


# open: a runner speaks of its own job.
def taken(work: Work, runner_id: int, job_id: int, attempt: int) -> Orders:
    """The runner has it and begins. Said twice it begins once."""
    work = in_the_house(work)
    theirs = locked_job(work, runner_id, job_id, attempt)
    if theirs.job.is_over:
        raise NotYours
    start_job(work, theirs.run, theirs.job)
    renew_watch(work, job_id, attempt)
    return orders_for(theirs.job)


def start_job(work: Work, run: Run, job: Job) -> None:
    if job.state != "offered":
        return
    job.state, job.started_at = "running", now()
    runner = work.session.get(Runner, job.runner_id)
    if runner is not None and runner.ephemeral:
        runner.spent_at = job.started_at
    begin_running(work, run)
    started = JobStarted(project=run.project_id, run=run.id, number=run.number, job=job.id, name=job.name, sha=run.sha)
    work.record(started, about=[run.key, job.ref], within=run.scope)


# open: a runner speaks of its own job.
def sign_of_life(work: Work, runner_id: int, job_id: int, attempt: int) -> tuple[Orders, bool]:
    """What the house wants, and whether the lease is worth writing anew. Nothing is written here."""
    job = held_job(work, runner_id, job_id, attempt)
    return orders_for(job), is_worth_renewing(work, job_id, attempt)


# open: a runner speaks of its own job.
def note_lease(work: Work, runner_id: int, job_id: int, attempt: int) -> None:
    held_job(work, runner_id, job_id, attempt)
    renew_watch(work, job_id, attempt)


# open: a runner speaks of its own job.
def report(work: Work, runner_id: int, job_id: int, told: wire.Report, topic: str) -> Orders:
    """Take in what is new of it. `topic` is the bell of those who look at the job."""
    work = in_the_house(work)
    theirs = locked_job(work, runner_id, job_id, told.attempt)
    run, job = theirs.run, theirs.job
    if told.seq > job.happened:
        raise Missed(job.happened)
    fresh = told.happenings[job.happened - told.seq :]
    if fresh and not job.is_over:
        start_job(work, run, job)
        job.happened += len(fresh)
        steps = Steps(work, job)
        for happening in fresh:
            happen(work, run, job, steps, happening)
        work.ring(topic)
        if job.state == "running":
            renew_watch(work, job_id, told.attempt)
        else:
            end_watch(work, job_id, told.attempt)
            advance(work, run)
    return orders_for(job)


def happen(work: Work, run: Run, job: Job, steps: "Steps", happening: wire.Happening) -> None:
    match happening:
        case wire.Started():
            job.isolation = clean(happening.isolation)
            job.skew_seconds = skew(job, happening.at)
        case wire.StepStarted():
            step = steps.at(happening.index)
            step.name, step.state, step.started_at = clean(happening.name), "running", in_our_time(job, happening.at)
            step.log_start, step.kind = happening.log_offset, happening.kind
        case wire.StepEnded():
            end_step(job, steps, happening)
        case wire.Annotation():
            annotate(work, job, happening)
        case wire.Summary():
            summarize(work, job, happening)
        case wire.Ended():
            end(work, run, job, happening)


def skew(job: Job, at: datetime) -> float:
    """How wrong a runner's clock goes, as far as one can tell: nothing begins before it was given out, nor later."""
    began, moment = job.started_at or now(), now()
    if at > moment + SKEW_ALLOWED:
        return (moment - at).total_seconds()
    return (began - at).total_seconds() if at < began - SKEW_ALLOWED else 0.0


def in_our_time(job: Job, at: datetime) -> datetime:
    """A moment that a runner tells, by the house's clock, and within the time that the job has been with it."""
    shifted = at + timedelta(seconds=job.skew_seconds)
    return min(max(shifted, job.started_at or shifted), now())


class Steps:
    """The steps of an attempt, looked up once for all that a report says of them."""

    def __init__(self, work: Work, job: Job) -> None:
        self.work, self.job, self.attempt = work, job, job.attempt

    @cached_property
    def known(self) -> dict[int, Step]:
        mine = select(Step).where(Step.job_id == self.job.id, Step.attempt == self.attempt)
        return {step.number: step for step in self.work.session.scalars(mine)}

    def at(self, number: int) -> Step:
        if number not in self.known:
            step = Step(job_id=self.job.id, attempt=self.attempt, number=number, name="", state="running")
            self.known[number] = self.work.add(step)
        return self.known[number]


def end_step(job: Job, steps: Steps, told: wire.StepEnded) -> None:
    step = steps.at(told.index)
    step.name, step.state, step.outcome = clean(told.name), told.conclusion, told.outcome
    step.exit_code, step.ended_at = told.exit_code, in_our_time(job, told.at)
    step.why = keep(Text(clean(told.why))) if told.why else ""
    if told.log_start is not None:
        # Of a step in the background, written down at its end, as runners once did.
        step.log_start = told.log_start
    step.log_start = told.log_offset if step.log_start is None else step.log_start
    step.log_end = told.log_offset


def annotate(work: Work, job: Job, told: wire.Annotation) -> None:
    mine = Annotation.job_id == job.id, Annotation.attempt == job.attempt
    if work.session.execute(select(func.count()).where(*mine)).scalar_one() >= ANNOTATIONS_MAX:
        return
    work.add(
        Annotation(
            job_id=job.id,
            attempt=job.attempt,
            step=told.step,
            level=told.level,
            title=clean(told.title),
            message=clean(told.message),
            file=clean(told.file),
            line=told.line,
        )
    )


def summarize(work: Work, job: Job, told: wire.Summary) -> None:
    mine = Summary.job_id == job.id, Summary.attempt == job.attempt, Summary.step == told.step
    old = work.session.scalars(select(Summary).where(*mine)).one_or_none()
    if old is not None:
        old.markdown = clean(told.markdown)
    else:
        work.add(Summary(job_id=job.id, attempt=job.attempt, step=told.step, markdown=clean(told.markdown)))


def end(work: Work, run: Run, job: Job, told: wire.Ended) -> None:
    """The very last word of an attempt."""
    why = Text(clean(told.why)) if told.why else None
    outputs = {clean(name): clean(value) for name, value in told.outputs.items()}
    if told.conclusion == "lost":
        lose_job(work, run, job, *([why] if why else []), began=False)
    elif len(msgspec.json.encode(outputs)) > OUTPUT_CHARACTERS_MAX:
        end_job(work, run, job, "failure", TOO_MUCH)
    else:
        job.environment_url = web_link(clean(told.environment_url))
        end_job(work, run, job, told.conclusion, why, outputs)
        keep_result(work, run, job)


def clean(words: str) -> str:
    """Without the one letter that PostgreSQL cannot keep."""
    return words.replace("\0", "")
