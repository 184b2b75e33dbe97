"""Judging: for each workflow of a commit, whether what happened begins it. Git is asked, so never inside a Work."""

from collections.abc import Sequence
from dataclasses import dataclass

from dure.build.planning.happened import Happened
from dure.build.planning.planning import Planning
from dure.build.planning.reading import Reading
from dure.code import Repositories
from dure.kit import say
from dure.workflow import Event, Verdict, Workflow, triggered

UNREADABLE = say("The workflow file could not be read.")
NOBODY_KNOWS = say("It could not be read, so nobody knows what it would have done.")
OTHER_TIME = say("Its schedule names other times.")


@dataclass(frozen=True)
class Judgement:
    """One workflow, and whether it begins."""

    reading: Reading
    verdict: Verdict


def judge(repositories: Repositories, row: Planning, readings: Sequence[Reading], message: str) -> list[Judgement]:
    """What is to be said of each. `message` is that of the commit which may say [skip ci]."""
    happened = row.happened
    changed = changed_between(repositories, row, readings)
    event = Event(
        name=happened.name,
        ref=happened.branch if happened.name == "workflow_run" else row.ref,
        type=happened.type,
        message=message,
        before=happened.before,
        after=happened.after,
        base=happened.base,
        changed_paths=changed,
        workflow=happened.workflow,
        payload=happened.payload,
    )
    return [Judgement(reading, verdict_on(reading, event, happened)) for reading in readings]


def verdict_on(reading: Reading, event: Event, happened: Happened) -> Verdict:
    """A file that cannot be read is shown by a push as a run that failed; it does not fail for each issue again."""
    if reading.workflow is None:
        return Verdict(True, NOBODY_KNOWS) if event.name == "push" else Verdict(False, UNREADABLE)
    verdict = triggered(reading.workflow, event)
    if verdict.yes and event.name == "schedule" and not is_scheduled(reading.workflow, happened):
        return Verdict(False, OTHER_TIME)
    return verdict


def is_scheduled(workflow: Workflow, happened: Happened) -> bool:
    return any(
        (each.cron, each.timezone or "") == (happened.cron, happened.zone) for each in workflow.triggers.schedules
    )


def changed_between(repositories: Repositories, row: Planning, readings: Sequence[Reading]) -> Sequence[str] | None:
    """The paths that changed, where a filter asks for them. None: unknown, or too many to tell."""
    happened = row.happened
    if not happened.after or not any(asks_for_paths(reading, happened.name) for reading in readings):
        return None
    before = happened.before if happened.before.strip("0") else None
    return repositories.changed_paths(row.repository_id, before, happened.after)


def asks_for_paths(reading: Reading, name: str) -> bool:
    wanted = reading.workflow.triggers.events.get(name) if reading.workflow is not None else None
    return wanted is not None and (wanted.paths is not None or wanted.paths_ignore is not None)
