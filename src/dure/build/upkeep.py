"""What is looked after by the clock: jobs that nobody takes, jobs that run for ever, groups that nobody let go on."""

from datetime import timedelta

from sqlalchemy import select

from dure.build.actions import tidy_actions
from dure.build.leaving import drop_expired, drop_unused
from dure.build.planning import forget_plannings, look_again
from dure.build.reuse import forget_results
from dure.build.run import (
    IS_WITH_RUNNER,
    Job,
    Run,
    above,
    advance,
    contexts_of,
    empty_groups,
    end_job,
    in_state,
    locked_run,
    planned_in,
    sit_down,
    stop_job,
)
from dure.build.run.group import SITS
from dure.build.runners import end_ephemeral, forget_invitations, forget_needs
from dure.kit import Refused, now, say
from dure.ledger import Every, Work, every
from dure.workflow import cancel_minutes

QUEUE_HOURS_MAX = 24
GRACE_MINUTES = 10
"""So much longer than its own limit a job may take, since the runner sees to that limit."""
AT_ONCE_MAX = 500
NOBODY_TOOK_IT = say("No runner took it for {count} hours.", count=QUEUE_HOURS_MAX)
TOO_LONG = say("It ran longer than it may.")


def timers(cache_days: int) -> list[Every]:
    def let_go(work: Work) -> None:
        drop_expired(work)
        drop_unused(work, cache_days)
        tidy_actions(work)
        forget_results(work)

    return [
        every("build.overdue", "* * * * *", look_after),
        every("build.default_branches", "*/5 * * * *", look_again),
        every("build.expired", "*/10 * * * *", let_go),
        every("build.plannings", "10 4 * * *", forget_plannings),
    ]


# open: the house's own doing, by the clock.
def look_after(work: Work) -> None:
    end_unclaimed(work)
    stop_endless(work)
    wake_groups(work)
    end_ephemeral(work)
    forget_invitations(work)
    forget_needs(work)


def end_unclaimed(work: Work) -> None:
    """Nobody took it in time: better a failure that says so than a run that waits for ever."""
    since = now() - timedelta(hours=QUEUE_HOURS_MAX)
    waiting = select(Job).where(in_state("queued"), Job.queued_at < since).order_by(Job.id).limit(AT_ONCE_MAX)
    for found in work.session.scalars(waiting).all():
        run = locked_run(work, found.run_id)
        work.session.refresh(found)
        if found.state == "queued":
            end_job(work, run, found, "failure", NOBODY_TOOK_IT)
            advance(work, run)


def stop_endless(work: Work) -> None:
    """A runner that lives but does not keep to the limit is told by force."""
    running = select(Job).where(IS_WITH_RUNNER, Job.cancel != "force").order_by(Job.id).limit(AT_ONCE_MAX)
    for found in work.session.scalars(running).all():
        limit = timedelta(minutes=found.timeout_minutes + GRACE_MINUTES)
        took = timedelta(0) if found.started_at is None else now() - found.started_at
        if took > limit:
            run = locked_run(work, found.run_id)
            work.session.refresh(found)
            if took > limit + last_steps(work, run, found):
                stop_job(work, run, found, TOO_LONG, by_force=True)


def last_steps(work: Work, run: Run, job: Job) -> timedelta:
    """So long the steps may take that run although the job's time is over: its order has said so to the runner."""
    definition = planned_in(run, above(work, job)).workflow.jobs[job.job]
    try:
        return timedelta(minutes=cancel_minutes(definition, contexts_of(work, run, job)))
    except Refused:
        # It asks for what has another value by now.
        return timedelta(0)


def wake_groups(work: Work) -> None:
    """Whoever waits for a group in which nobody is left goes on."""
    for seat in empty_groups(work, AT_ONCE_MAX):
        run = locked_run(work, seat.run_id)
        seat.state = SITS
        sit_down(work, run, seat)
