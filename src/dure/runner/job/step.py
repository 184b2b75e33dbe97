"""One step of a job: whether it runs, what it runs, and what it leaves behind."""

import time
from contextlib import suppress
from dataclasses import dataclass, field

from dure.kit import Refused, Text, say
from dure.runner.job import actions
from dure.runner.job.desk import Desk, StepFailed, Stopped, at
from dure.runner.job.environment import FILES, OURS, environment_of, too_large
from dure.runner.job.shell import shell_of
from dure.runner.place import is_full
from dure.runner.record import read_pairs
from dure.runner.sandbox import CellLost
from dure.wire import StepEnded, StepOrder, StepResult, StepStarted, Summary
from dure.workflow import ExpressionBroken

PAIRS_BYTES_MAX = 8 << 20
SUMMARY_BYTES_MAX = 1 << 20
NAME_MAX = 300


@dataclass
class Done:
    """How a step went."""

    outcome: StepResult
    code: int | None = None
    why: Text | None = None
    outputs: dict[str, str] = field(default_factory=dict)


def do_step(desk: Desk, step: StepOrder) -> None:
    """From the question whether it runs to what later steps know of it."""
    scope = desk.scope
    desk.step = step.index
    env: dict[str, str] = {}
    name = shown_name(desk, step, env)
    try:
        env = scope.texts(step.env)
        name = shown_name(desk, step, env)
        runs = scope.runs(step, env)
    except Refused as refusal:
        begin(desk, step, name)
        finish(desk, step, name, failed(desk, refusal.text), env)
        return
    except Stopped as stop:
        begin(desk, step, name)
        finish(desk, step, name, stopped(desk, step, stop), env)
        return
    if not runs:
        finish(desk, step, name, Done("skipped", why=reason_to_skip(desk, step)), env)
        return
    begin(desk, step, name)
    desk.said_outputs = {}
    for kind in FILES.values():
        desk.commands.put(f"{kind}_{step.index}", b"")
    try:
        done = tried(desk, step, env)
    except (CellLost, OSError) as error:
        why = say("The disk of the runner is full.") if is_full(error) else say("The sandbox of the job ended.")
        with suppress(OSError):
            desk.watch.drain()
        finish(desk, step, name, Done("failure", why=why), env)
        raise
    try:
        read_files(desk, step, done)
    except Refused as refusal:
        done = failed(desk, refusal.text)
    finish(desk, step, name, done, env)


def tried(desk: Desk, step: StepOrder, env: dict[str, str]) -> Done:
    scope = desk.scope
    try:
        if step.timeout_minutes is not None:
            desk.until = time.monotonic() + 60 * scope.number(step.timeout_minutes, env)
        if step.uses is not None:
            return Done("success", outputs=actions.do(desk, step, environment(desk, step, env), env))
        code = run_lines(desk, step, env)
    except Stopped as stop:
        return stopped(desk, step, stop)
    except Refused as refusal:
        return failed(desk, refusal.text)
    finally:
        desk.until = None
    if code == 0:
        return Done("success", code)
    desk.log.tell(f"##[error]Process completed with exit code {code}.")
    return Done("failure", code)


def begin(desk: Desk, step: StepOrder, name: str) -> None:
    desk.journal.add(StepStarted(index=step.index, name=name, log_offset=desk.log.offset, at=at()))


def finish(desk: Desk, step: StepOrder, name: str, done: Done, env: dict[str, str]) -> None:
    conclusion = done.outcome
    if conclusion == "failure":
        try:
            if desk.scope.flag(step.continue_on_error, env):
                conclusion = "success"
        except Refused as refusal:
            done.why = failed(desk, refusal.text).why
    desk.scope.remember(step, done.outputs, done.outcome, conclusion)
    with suppress(OSError):  # A full disk is said by the journal, for which there is room.
        desk.log.settle()
    desk.journal.add(
        StepEnded(
            index=step.index,
            name=name,
            conclusion=conclusion,
            outcome=done.outcome,
            log_offset=desk.log.offset,
            at=at(),
            exit_code=done.code,
            why=desk.log.masked(str(done.why)) if done.why else "",
        )
    )


def failed(desk: Desk, why: Text) -> Done:
    desk.log.tell(f"##[error]{why}")
    desk.annotate("error", str(why))
    return Done("failure", why=why)


def stopped(desk: Desk, step: StepOrder, stop: Stopped) -> Done:
    if stop.why == "step_time":
        minutes = desk.scope.number(step.timeout_minutes or 0, desk.scope.env)
        return failed(desk, say("This step took longer than its {minutes:g} minutes and was ended.", minutes=minutes))
    if stop.why == "job_time":
        minutes = desk.scope.order.timeout_minutes
        why = say("The job took longer than its {minutes:g} minutes; this step was ended.", minutes=minutes)
        desk.watch.obey(stop.why)
        desk.scope.status = "failure"
        return failed(desk, why)
    desk.watch.obey(stop.why)
    desk.scope.status = "cancelled"
    desk.log.tell("##[error]The run was cancelled; this step was ended.")
    return Done("cancelled", why=say("The run was cancelled; this step was ended."))


def reason_to_skip(desk: Desk, step: StepOrder) -> Text:
    if step.condition:
        return say("Skipped: its condition {condition} does not hold.", condition=step.condition)
    if desk.scope.status == "cancelled":
        return say("Skipped: the run was cancelled.")
    return say("Skipped: a step before it failed.")


def shown_name(desk: Desk, step: StepOrder, env: dict[str, str]) -> str:
    template = step.name or (f"Run {step.uses}" if step.uses else f"Run {first_line(step.run or '')}")
    try:
        name = desk.scope.text(template, env)
    except ExpressionBroken:
        name = template
    return desk.log.masked(" ".join(name.split()))[:NAME_MAX]


def first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def environment(desk: Desk, step: StepOrder, env: dict[str, str]) -> dict[str, str]:
    home = desk.cell.view.python.parent
    here = environment_of(desk.scope, step.index, env, "" if str(home).startswith("/usr/") else str(home))
    if name := too_large(here):
        raise StepFailed(say("The variable {name} is too large for any program: it has more than 128 KiB.", name=name))
    return {**desk.environment, **here}


def run_lines(desk: Desk, step: StepOrder, env: dict[str, str]) -> int:
    """What `run:` says, by its shell."""
    scope = desk.scope
    lines = scope.text(step.run or "", env)
    shell = shell_of(scope.text(step.shell or scope.order.defaults.shell or "", env))
    where = scope.text(step.working_directory or scope.order.defaults.working_directory or "", env)
    directory = where if where.startswith("/") else f"{scope.workspace}/{where}".rstrip("/")
    name = f"step_{step.index}{shell.ending}"
    desk.commands.put(name, lines.encode("utf-8", "surrogateescape") + b"\n")
    argv = shell.argv(f"{scope.room}/commands/{name}")
    opening = [f"##[group]Run {first_line(lines)}", lines.rstrip(), f"shell: {' '.join(shell.words)}"]
    if env:
        opening += ["env:", *(f"  {key}: {value}" for key, value in env.items())]
    desk.log.tell("\n".join([*opening, "##[endgroup]"]))
    try:
        return desk.run(argv, environment(desk, step, env), directory)
    finally:
        desk.commands.drop(name)


def read_files(desk: Desk, step: StepOrder, done: Done) -> None:
    """What the step wrote for later steps, for the job and for people."""
    scope, number = desk.scope, step.index

    def written(kind: str, bytes_max: int = PAIRS_BYTES_MAX) -> str:
        return desk.commands.read(f"{kind}_{number}", bytes_max).decode("utf-8", "replace")

    try:
        if summary := written("summary", SUMMARY_BYTES_MAX).strip():
            desk.journal.add(Summary(step=number, markdown=desk.log.masked(summary)[:SUMMARY_BYTES_MAX]))
        done.outputs = {**done.outputs, **desk.said_outputs, **dict(read_pairs(written("output"), "GITHUB_OUTPUT"))}
        for name, value in read_pairs(written("env"), "GITHUB_ENV"):
            if OURS.match(name) or name == "NODE_OPTIONS":
                desk.log.tell(f"##[warning]{name} cannot be set by GITHUB_ENV.")
            else:
                scope.env[name] = value
        for line in written("path").splitlines():
            if line.strip():
                scope.paths.insert(0, line.strip())
    finally:
        desk.commands.drop(*(f"{kind}_{number}" for kind in FILES.values()))
