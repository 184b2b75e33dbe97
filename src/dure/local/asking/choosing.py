"""Which workflows the event begins, and with what they are begun."""

from collections.abc import Sequence
from dataclasses import dataclass

from dure.kit import say
from dure.local.asking.asked import Asked
from dure.local.asking.finding import Found
from dure.local.asking.happened import Happened, changed_paths, happened, within
from dure.local.ground import Ground
from dure.workflow import Event, Verdict, Workflow, triggered

DISPATCH = "workflow_dispatch"
BY_NAME = say("You named it.")


@dataclass(frozen=True)
class Choice:
    """One workflow, and whether the event begins it."""

    found: Found
    verdict: Verdict


def event_here(asked: Asked, ground: Ground, found: Sequence[Found]) -> Happened:
    """The event that was named, else push, else the only one that the workflows begin at."""
    name = asked.event
    if not name:
        begun_by = {word for each in found for word in events_of(each.workflow)}
        name = "push" if "push" in begun_by or len(begun_by) != 1 else begun_by.pop()
    return happened(asked, ground, name)


def events_of(workflow: Workflow) -> list[str]:
    triggers = workflow.triggers
    others = {DISPATCH: triggers.dispatch, "workflow_call": triggers.call, "schedule": triggers.schedules or None}
    return [*triggers.events, *(name for name, said in others.items() if said is not None)]


def choices(asked: Asked, ground: Ground, found: Sequence[Found], event: Happened) -> list[Choice]:
    """One for each file. Whoever names a file or a job wants it, so its filters are not asked; the event still is."""
    by_name = asked.job is not None or (asked.workflow is not None and len(found) == 1)
    changed: Sequence[str] | None = None
    if not by_name and any(has_paths(each.workflow) for each in found):
        changed = changed_paths(ground, event)
    made = []
    for each in found:
        if event.name not in events_of(each.workflow):
            verdict = Verdict(False, say("`on` does not name {event}.", event=event.name))
        elif asked.job is not None and asked.job not in each.workflow.jobs:
            verdict = Verdict(False, say("It has no job {job}.", job=asked.job))
        elif by_name:
            verdict = Verdict(True, BY_NAME)
        else:
            verdict = triggered_here(each.workflow, event, changed)
        made.append(Choice(each, verdict))
    return made


def has_paths(workflow: Workflow) -> bool:
    return any(
        wanted.paths is not None or wanted.paths_ignore is not None for wanted in workflow.triggers.events.values()
    )


def triggered_here(workflow: Workflow, event: Happened, changed: Sequence[str] | None) -> Verdict:
    if event.name == "workflow_call":
        return Verdict(True, say("`on` names {event}.", event=event.name))
    return triggered(
        workflow,
        Event(
            event.name,
            event.ref,
            type=str(event.payload.get("action") or ""),
            before=event.before,
            # What is not committed yet is about to be, so it is never a push that only removes a branch.
            after=event.sha if event.sha.strip("0") else "1",
            base=event.base,
            changed_paths=changed,
            workflow=str(within(event.payload, "workflow_run", "name") or ""),
            payload=event.payload,
        ),
    )
