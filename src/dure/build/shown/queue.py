"""The queue as its pages show it: for each job why it waits, for each set of labels who could take them."""

from collections.abc import Sequence
from dataclasses import dataclass

from dure import policy
from dure.build.runners import Runner, runners_of
from dure.build.shown.runners import RunnerSeen, seen_runners
from dure.build.shown.waiting import Queued, QueuePart, Waiting, queue_of, whole_queue
from dure.build.shown.words import runner_words
from dure.kit import Text, say
from dure.ledger import Work
from dure.plan import Project


@dataclass(frozen=True)
class Place:
    """A job that waits, and why."""

    what: Queued
    why: Text


@dataclass(frozen=True)
class Line:
    """Jobs that wait for the same labels, and the runners that have them."""

    waiting: Waiting
    runners: int
    free: int
    """How many jobs they could take at this moment."""


@dataclass(frozen=True)
class QueueShown:
    project: Project | None
    places: Sequence[Place]
    next: int | None
    lines: Sequence[Line]


def project_queue(work: Work, project: Project, *, after: int = 0, limit: int = 50) -> QueueShown:
    policy.require(work, "build.read", project.scope)
    found = queue_of(work, project, after=after, limit=limit)
    return shown(found, project, seen_runners(work, runners_of(work, project.id)))


# open: `whole_queue` keeps what others may not see.
def house_queue(work: Work, *, after: int = 0, limit: int = 50) -> QueueShown:
    found = whole_queue(work, after=after, limit=limit)
    return shown(found, None, seen_runners(work, runners_of(work)))


def shown(found: QueuePart, project: Project | None, seen: Sequence[RunnerSeen]) -> QueueShown:
    runners = [one.runner for one in seen]
    free = {one.runner.id: max(0, one.runner.capacity - one.busy) for one in seen}
    lines = []
    for waiting in found.waiting:
        fitting = [runner for runner in runners if runner.has.issuperset(waiting.labels)]
        ready = [runner for runner in fitting if not (runner.is_away or runner.takes_none)]
        lines.append(Line(waiting, len(fitting), sum(free[runner.id] for runner in ready)))
    places = [Place(one, why(one, runners, free)) for one in found.jobs]
    return QueueShown(project, places, found.next, lines)


def why(one: Queued, runners: Sequence[Runner], free: dict[int, int]) -> Text:
    """Why it waits, in a sentence."""
    job = one.job
    if job.reason is not None:
        return job.reason
    if job.state == "held":
        return say("It is held back.")
    ready = [
        runner
        for runner in runners
        if runner.serves(job.wanted_labels, job.project_id) and not (runner.is_away or runner.takes_none)
    ]
    if ready and not any(free[runner.id] for runner in ready):
        return say("All runners with the labels {labels} are busy.", labels=", ".join(job.wanted_labels))
    return runner_words(job, runners)
