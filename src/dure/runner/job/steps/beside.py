"""Steps in the background: each in a thread of its own, in the same sandbox, with lines of its own in the job's log.

What they set, and whether they failed, counts from the moment at which somebody waits for them; at the latest after
the last step of the job.
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dure.kit import say
from dure.runner.job.desk import Desk, Done, SideWatch, Stopped, at
from dure.runner.job.saying import Matching, Remarks
from dure.runner.job.steps.performing import Prepared, conclude, performed, prepare
from dure.runner.job.steps.step import begin, finish
from dure.wire import StepEnded, StepOrder, StepResult

AT_ONCE_MAX = 10
END_SECONDS_MAX = 30.0


@dataclass
class Beside:
    """One of them."""

    step: StepOrder
    before: Prepared
    desk: Desk
    thread: threading.Thread | None = None
    done: Done | None = None
    fault: BaseException | None = None
    env: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    """The variables and paths as they were when it began."""
    conclusion: StepResult | None = None
    """Once it counts."""
    log_start: int = 0
    is_looked_over: bool = False

    @property
    def is_over(self) -> bool:
        return self.thread is None or not self.thread.is_alive()

    @property
    def watch(self) -> SideWatch:
        assert isinstance(self.desk.watch, SideWatch)
        return self.desk.watch


class Besides:
    """Those of one job."""

    def __init__(self, desk: Desk, matching: Matching) -> None:
        self.desk = desk
        self.matching = matching
        self.slots = threading.BoundedSemaphore(AT_ONCE_MAX)
        self.all: list[Beside] = []
        self.is_over = False
        """Nothing more is written down."""

    def start(self, step: StepOrder) -> Beside | None:
        """None: its condition does not hold."""
        desk = self.desk
        with desk.at_step(step.index):
            desk.step = step.index
            before = prepare(desk, step)
            if not before.runs:
                done = performed(desk, step, before)
                finish(desk, step.index, before.name, done, conclude(desk, step, done, before.env))
                return None
            start = desk.log.offset
            begin(desk, step.index, before.name, "background")
            side = desk.aside(step.index)
            side.name = before.name
        one = Beside(step, before, side, env=dict(side.scope.env), paths=list(side.scope.paths), log_start=start)
        side.log.heed = Remarks(side, self.matching).heed
        one.thread = threading.Thread(target=self.run, args=(one,), name=f"step {step.index}", daemon=True)
        self.all.append(one)
        one.thread.start()
        return one

    def run(self, one: Beside) -> None:
        try:
            one.done = self.performed(one)
            self.write_down(one)
        except BaseException as error:
            one.fault = error
        finally:
            one.watch.close()

    def performed(self, one: Beside) -> Done:
        try:
            while not self.slots.acquire(timeout=0.1):
                if why := one.watch.reason(None):
                    raise Stopped(why)
            try:
                return performed(one.desk, one.step, one.before)
            finally:
                self.slots.release()
        except Stopped:
            return Done("cancelled", why=say("The run was cancelled; this step was ended."))

    def named(self, ids: Iterable[str]) -> list[Beside]:
        wanted = set(ids)
        return [one for one in self.all if one.step.id in wanted]

    @property
    def waited_for_by_nobody(self) -> list[Beside]:
        return [one for one in self.all if one.conclusion is None]

    def wait(self, those: Sequence[Beside]) -> StepResult:
        """Until they are over; the worst of how they went."""
        desk = self.desk
        while not all(one.is_over for one in those):
            if desk.watch.wait(lambda: all(one.is_over for one in those)) is not None:
                # They have heard it too, and end. What is to run nevertheless, runs after them.
                desk.heed()
        return self.count(those)

    def count(self, those: Sequence[Beside]) -> StepResult:
        worst: StepResult = "success"
        for one in those:
            if one.fault is not None:
                raise one.fault
            if one.conclusion is None:
                self.take_over(one)
            if one.conclusion == "failure" or (one.conclusion == "cancelled" and not one.watch.is_cancelled):
                worst = "failure" if "failure" in (worst, one.conclusion) else "cancelled"
        return worst

    def take_over(self, one: Beside) -> None:
        """What it has set, the later steps see."""
        desk, scope = self.desk, one.desk.scope
        assert one.done is not None
        for name, value in scope.env.items():
            if one.env.get(name) != value:
                desk.scope.env[name] = value
        for path in reversed([path for path in scope.paths if path not in one.paths]):
            desk.scope.paths.insert(0, path)
        desk.later += one.desk.later
        desk.environment |= one.desk.environment
        one.conclusion = conclude(desk, one.step, one.done, one.before.env)

    def cancel(self, those: Sequence[Beside]) -> None:
        for one in those:
            one.watch.is_cancelled = True
        self.wait(those)

    def write_down(self, one: Beside) -> None:
        """As soon as it is over, whatever else runs at that moment."""
        log, done = one.desk.log, one.done
        assert done is not None
        with log.lock:
            if self.is_over:
                return
            log.close()
            self.desk.journal.add(
                StepEnded(
                    index=one.step.index,
                    name=one.before.name,
                    conclusion="success" if done.outcome == "failure" and self.is_lenient(one) else done.outcome,
                    outcome=done.outcome,
                    log_offset=log.offset,
                    at=at(),
                    exit_code=done.code,
                    why=log.masked(str(done.why)) if done.why else "",
                )
            )

    def look_over(self) -> None:
        """For problems, what those said that are over: patterns are asked in the main thread alone."""
        desk = self.desk
        for one in self.all:
            if one.is_over and not one.is_looked_over:
                one.is_looked_over = True
                desk.step = one.step.index
                for words in desk.log.words_of(one.step.index, one.log_start) if desk.log.looks else ():
                    desk.log.look(words)

    def is_lenient(self, one: Beside) -> bool:
        try:
            return one.desk.scope.flag(one.step.continue_on_error, one.before.env)
        except Exception:
            return False

    def end(self) -> None:
        """Nothing of them is left, however the job ends."""
        for one in self.all:
            one.watch.is_cancelled = True
        for one in self.all:
            if one.thread is not None:
                one.thread.join(END_SECONDS_MAX)
        with self.desk.log.lock:
            self.is_over = True
            for one in self.all:
                one.desk.log.close()


def do_control(besides: Besides, step: StepOrder) -> None:
    """wait, wait-all, cancel, and the steps of a group."""
    desk = besides.desk
    desk.step = step.index
    with desk.at_step(step.index):
        before = prepare(desk, step)
        if not before.runs or before.fault is not None:
            done = performed(desk, step, before)
        else:
            begin(desk, step.index, before.name)
            done = controlled(besides, step)
        finish(desk, step.index, before.name, done, conclude(desk, step, done, before.env))


def controlled(besides: Besides, step: StepOrder) -> Done:
    desk = besides.desk
    if step.cancel:
        those = besides.named(step.cancel)
        desk.log.tell(f"Cancelling: {names(those)}")
        besides.cancel(those)
        return Done("success")
    if step.parallel:
        those = [one for inner in step.parallel if (one := besides.start(inner)) is not None]
    else:
        those = besides.waited_for_by_nobody if step.wait_all else besides.named(step.wait)
    desk.step = step.index
    desk.log.tell(f"Waiting for: {names(those)}")
    outcome = besides.wait(those)
    if outcome == "success":
        return Done("success")
    return Done(outcome, why=say("A step that this one waited for did not go well."))


def names(those: Sequence[Beside]) -> str:
    return ", ".join(one.before.name for one in those) or "nothing"
