"""The queue as its pages show it: for each job why it waits, for each set of labels who could take them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dure import policy
from dure.build.runners import Runner, runners_of
from dure.build.shown.runners import RunnerSeen, seen_runners
from dure.build.shown.waiting import Queued, QueuePart, Waiting, queue_of, whole_queue
from dure.build.shown.words import runner_words, wanting_words
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
    away: int
    drained: int
    why: Text

    @property
    def address(self) -> str:
        return ",".join(self.waiting.labels)


@dataclass(frozen=True)
class QueueShown:
    project: Project | None
    places: Sequence[Place]
    next: int | None
    lines: Sequence[Line]

    @property
    def count(self) -> int:
        return sum(line.waiting.count for line in self.lines)


def project_queue(work: Work, project: Project, *, after: int = 0, limit: int = 50, labels: str = "") -> QueueShown:
    policy.require(work, "build.read", project.scope)
    found = queue_of(work, project, after=after, limit=limit, labels=labels)
    return shown(found, project, seen_runners(work, runners_of(work, project.id)))


# open: `whole_queue` keeps what others may not see.
def house_queue(work: Work, *, after: int = 0, limit: int = 50, labels: str = "") -> QueueShown:
    found = whole_queue(work, after=after, limit=limit, labels=labels)
    return shown(found, None, seen_runners(work, runners_of(work)))


def shown(found: QueuePart, project: Project | None, seen: Sequence[RunnerSeen]) -> QueueShown:
    runners = [one.runner for one in seen]
    free = {one.runner.id: max(0, one.runner.capacity - one.busy) for one in seen}
    lines = [line_of(waiting, runners, free) for waiting in found.waiting]
    places = [Place(one, why(one, runners, free)) for one in found.jobs]
    return QueueShown(project, places, found.next, lines)


def line_of(waiting: Waiting, runners: Sequence[Runner], free: Mapping[int, int]) -> Line:
    fitting = [runner for runner in runners if runner.has.issuperset(waiting.labels)]
    drained = [runner for runner in fitting if runner.takes_none]
    away = [runner for runner in fitting if runner.is_away and not runner.takes_none]
    ready = [runner for runner in fitting if not (runner.is_away or runner.takes_none)]
    return Line(
        waiting,
        len(fitting),
        sum(free[runner.id] for runner in ready),
        len(away),
        len(drained),
        wanting_words(waiting.labels, runners, free),
    )


def why(one: Queued, runners: Sequence[Runner], free: Mapping[int, int]) -> Text:
    """Why it waits, in a sentence."""
    if one.job.reason is not None:
        return one.job.reason
    return say("It is held back.") if one.job.state == "held" else runner_words(one.job, runners, free)
