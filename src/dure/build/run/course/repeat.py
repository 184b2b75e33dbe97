"""Doing it again, by request: a whole run, what failed in it, or single jobs, each with what needs it."""

from collections.abc import Collection, Iterable, Sequence

from dure import policy
from dure.build.run.course.advance import advance, enter_group, show_check
from dure.build.run.course.attempts import again
from dure.build.run.group import leave
from dure.build.run.job import WITH_RUNNER, Job, jobs_of
from dure.build.run.run import Run, RunRepeated, locked_run
from dure.kit import Refused, say
from dure.ledger import Work

ATTEMPTS_MAX = 100
UNSUCCESSFUL = frozenset({"failure", "cancelled"})


class CannotRepeat(Refused):
    """There is nothing that could be done again."""


def rerun(work: Work, run: Run, *, failed_only: bool = False, only: Collection[int] = (), debug: bool = False) -> Run:
    """Do it all again, or only what did not end well, or only these jobs, and whatever needs those.

    What is left out keeps what it gave. Single jobs, and what failed, may be repeated while others are under way.
    """
    policy.require(work, "build.start", run.scope)
    run = locked_run(work, run.id)
    check(run, partly=failed_only or bool(only))
    tree = Tree(run, jobs_of(work, run))
    chosen = tree.with_what_needs(first(run, tree, failed_only=failed_only, only=only))
    busy = next((job for job in chosen if job.state in WITH_RUNNER), None)
    if busy is not None:
        raise CannotRepeat(say("The job {name} is under way. Cancel it first, or wait.", name=busy.name))
    leave(work, run, [job.id for job in chosen])
    for job in chosen:
        again(work, job)
    for job in tree.opened(chosen):
        job.state, job.why, job.outputs, job.ended_at = "calling", "", "{}", None
    begin_again(work, run, debug=debug)
    return run


def check(run: Run, *, partly: bool) -> None:
    if not run.definition:
        raise CannotRepeat(say("Its workflow could not be read. Push a file that can, and a new run begins."))
    if not run.is_over and (not partly or run.cancel_asked_at is not None):
        raise CannotRepeat(say("Run {number} is not over yet. Cancel it first, or wait.", number=run.number))
    if run.attempt >= ATTEMPTS_MAX:
        raise CannotRepeat(say("A run is repeated {count} times at most.", count=ATTEMPTS_MAX))


def first(run: Run, tree: "Tree", *, failed_only: bool, only: Collection[int]) -> Sequence[Job]:
    """Where it begins, before what needs those."""
    if only:
        chosen = [job for job in tree.jobs if job.id in only]
        left = next((job for job in chosen if not job.is_over), None)
        if left is not None:
            raise CannotRepeat(say("The job {name} is not over yet. Cancel it first, or wait.", name=left.name))
        return chosen
    if not failed_only:
        return tree.jobs
    chosen = [job for job in tree.jobs if job.counted in UNSUCCESSFUL and not tree.below(job)]
    if not chosen:
        raise CannotRepeat(say("Nothing failed in run {number}.", number=run.number))
    return chosen


def begin_again(work: Work, run: Run, *, debug: bool) -> None:
    was_over = run.is_over
    run.attempt += 1
    run.debug, run.why = debug, ""
    if was_over:
        run.state, run.cancel_asked_at, run.ended_at, run.started_at = "queued", None, None, None
    repeated = RunRepeated(
        project=run.project_id, run=run.id, number=run.number, workflow=run.workflow_name, attempt=run.attempt
    )
    work.record(repeated, about=run.about, within=run.scope)
    show_check(work, run)
    if was_over:
        enter_group(work, run)
    advance(work, run)


class Tree:
    """The jobs of a run as they hang together: who calls whom, and who needs whom."""

    def __init__(self, run: Run, jobs: Sequence[Job]) -> None:
        self.run, self.jobs = run, jobs
        self.by_id = {job.id: job for job in jobs}
        self.children: dict[int | None, list[Job]] = {}
        for job in jobs:
            self.children.setdefault(job.parent_id, []).append(job)

    def below(self, job: Job) -> Sequence[Job]:
        """The jobs of the workflow that it calls."""
        return self.children.get(job.id, ())

    def with_what_needs(self, chosen: Iterable[Job]) -> list[Job]:
        """These, all that they call, and all that needs them, in their own workflow and in those that call it."""
        found: dict[int, Job] = {}
        left = list(chosen)
        opened: set[int] = set()
        while left:
            job = left.pop()
            if job.id in found:
                continue
            found[job.id] = job
            left.extend(self.below(job))
            left.extend(self.needing(job))
            # A caller is not called again for the sake of one of its jobs, but what needs it is.
            parent = job.parent_id
            while parent is not None and parent not in opened:
                opened.add(parent)
                left.extend(self.needing(self.by_id[parent]))
                parent = self.by_id[parent].parent_id
        return [job for job in self.jobs if job.id in found]

    def needing(self, job: Job) -> list[Job]:
        beside = self.children.get(job.parent_id, [])
        return [other for other in beside if job.job in other.needed]

    def opened(self, chosen: Sequence[Job]) -> list[Job]:
        """The callers that go on because some of their jobs are repeated."""
        ids = {job.id for job in chosen}
        above: dict[int, Job] = {}
        for job in chosen:
            parent = job.parent_id
            while parent is not None and parent not in ids and parent not in above:
                above[parent] = self.by_id[parent]
                parent = above[parent].parent_id
        return list(above.values())
