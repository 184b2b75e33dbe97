"""One step, wherever it stands, in a job or in an action: whether it runs, what it runs, and what it leaves behind."""

import time
from dataclasses import dataclass

from dure.kit import Refused, Text, say
from dure.runner.job import actions
from dure.runner.job.desk import Desk, Done, Stopped
from dure.runner.job.given import shown_name
from dure.runner.job.saying import heard
from dure.runner.job.steps.lines import run_lines
from dure.wire import StepOrder, StepResult


@dataclass
class Prepared:
    """What is known of a step before it begins."""

    name: str
    env: dict[str, str]
    runs: bool = True
    fault: Refused | Stopped | None = None
    """Why it could not even be asked whether it runs."""


def prepare(desk: Desk, step: StepOrder) -> Prepared:
    scope = desk.scope
    here = Prepared(shown_name(desk, step, {}), {})
    try:
        here.env = scope.texts(step.env)
        here.name = shown_name(desk, step, here.env)
        here.runs = scope.holds(step.condition, here.env)
    except (Refused, Stopped) as fault:
        here.fault = fault
    return here


def perform(desk: Desk, step: StepOrder) -> Done:
    """A step of an action, up to what the steps after it know of it."""
    before = prepare(desk, step)
    done = performed(desk, step, before)
    conclude(desk, step, done, before.env)
    return done


def performed(desk: Desk, step: StepOrder, before: Prepared) -> Done:
    if not before.runs:
        return Done("skipped", why=reason_to_skip(desk, step))
    try:
        if before.fault is not None:
            raise before.fault
        return heard(desk, before.env, lambda: tried(desk, step, before.env))
    except Stopped as stop:
        return stopped(desk, step, stop)
    except Refused as refusal:
        return failed(desk, refusal.text)


def tried(desk: Desk, step: StepOrder, env: dict[str, str]) -> Done:
    until = desk.until
    try:
        if step.timeout_minutes is not None:
            desk.until = time.monotonic() + 60 * desk.scope.number(step.timeout_minutes, env)
        if step.uses is not None:
            return actions.use(desk, step, env, perform)
        return run_lines(desk, step, env)
    except Stopped as stop:
        return stopped(desk, step, stop)
    except Refused as refusal:
        return failed(desk, refusal.text)
    finally:
        desk.until = until


def conclude(desk: Desk, step: StepOrder, done: Done, env: dict[str, str]) -> StepResult:
    """What counts, after continue-on-error."""
    conclusion = done.outcome
    if conclusion == "failure":
        try:
            if desk.scope.flag(step.continue_on_error, env):
                conclusion = "success"
        except Refused as refusal:
            done.why = failed(desk, refusal.text).why
    desk.scope.remember(step, done.outputs, done.outcome, conclusion)
    return conclusion


def failed(desk: Desk, why: Text) -> Done:
    desk.log.tell(f"##[error]{why}")
    desk.annotate("error", str(why))
    return Done("failure", why=why)


def stopped(desk: Desk, step: StepOrder, stop: Stopped) -> Done:
    if stop.why == "step_time":
        minutes = desk.scope.number(step.timeout_minutes or 0, desk.scope.env)
        if not minutes:
            # It is the time of the step that uses the action we are in.
            raise stop
        return failed(desk, say("This step took longer than its {minutes:g} minutes and was ended.", minutes=minutes))
    if stop.why == "job_time":
        minutes = desk.scope.order.timeout_minutes
        why = say("The job took longer than its {minutes:g} minutes; this step was ended.", minutes=minutes)
        desk.watch.obey(stop.why)
        desk.scope.mark("failure")
        return failed(desk, why)
    desk.watch.obey(stop.why)
    desk.scope.mark("cancelled")
    desk.log.tell("##[error]The run was cancelled; this step was ended.")
    return Done("cancelled", why=say("The run was cancelled; this step was ended."))


def reason_to_skip(desk: Desk, step: StepOrder) -> Text:
    if step.condition:
        return say("Skipped: its condition {condition} does not hold.", condition=step.condition)
    if desk.scope.status == "cancelled":
        return say("Skipped: the run was cancelled.")
    return say("Skipped: a step before it failed.")
