"""Drained runners: they take no new job, end those that they have, and leave."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from dure import kit
from dure.build.run import IS_WITH_RUNNER, Job
from dure.build.runners.runner import Runner, end, managed_runner, registration_of
from dure.kit import now, say
from dure.ledger import Event, Work

SPENT_MINUTES_MAX = 10
"""An ephemeral runner whose job is over, and that did not say good-bye, is gone by then."""
UNUSED_HOURS_MAX = 24
AT_ONCE_MAX = 500


@dataclass(frozen=True, kw_only=True)
class RunnerDrained(Event, kind="build.runner_drained"):
    runner: int
    name: str

    def sentence(self) -> kit.Text:
        return say("drained the runner {name}", name=self.name)


@dataclass(frozen=True, kw_only=True)
class RunnerResumed(Event, kind="build.runner_resumed"):
    runner: int
    name: str

    def sentence(self) -> kit.Text:
        return say("let the runner {name} take jobs again", name=self.name)


# open: asks for whoever manages this runner.
def drain(work: Work, name: str) -> None:
    runner = managed_runner(work, name)
    if runner.drained_at is None:
        runner.drained_at, runner.drained_by = now(), work.actor.name
        work.record(RunnerDrained(runner=runner.id, name=name), about=[runner.ref], within=runner.within)
        work.ring(registration_of(runner.id))


# open: asks for whoever manages this runner.
def resume(work: Work, name: str) -> None:
    runner = managed_runner(work, name)
    if runner.drained_at is not None:
        runner.drained_at, runner.drained_by = None, ""
        work.record(RunnerResumed(runner=runner.id, name=name), about=[runner.ref], within=runner.within)
        work.ring(registration_of(runner.id))


# open: the house's own bookkeeping, by the clock.
def end_ephemeral(work: Work) -> None:
    """Those that took their one job, or never came for one, and said no good-bye."""
    time = now()
    ephemeral = Runner.ephemeral.is_(True), Runner.ended_at.is_(None)
    busy = select(Job.runner_id).where(IS_WITH_RUNNER, Job.runner_id.is_not(None))
    spent = Runner.spent_at < time - timedelta(minutes=SPENT_MINUTES_MAX)
    unused = Runner.spent_at.is_(None) & (Runner.made_at < time - timedelta(hours=UNUSED_HOURS_MAX))
    found = select(Runner).where(*ephemeral, spent | unused, Runner.id.not_in(busy)).limit(AT_ONCE_MAX)
    for runner in work.session.scalars(found).all():
        if runner.spent_at is not None or runner.is_away:
            end(work, runner)
