"""What a project sorts its issues by: `label` and `milestone`."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from dure import plan
from dure.build.hearing.issues import label_told
from dure.build.hearing.place import project_within
from dure.build.planning import Happened, is_heard, raise_event
from dure.build.planning.happened import moment_told
from dure.kit import Missing
from dure.ledger import Actor, Entry, Event, Work, on_entry
from dure.plan import (
    LabelEdited,
    LabelMade,
    LabelRemoved,
    MilestoneClosed,
    MilestoneEdited,
    MilestoneMade,
    MilestoneReopened,
    Project,
)

LABEL_TYPES: Mapping[type[Event], str] = {LabelMade: "created", LabelEdited: "edited", LabelRemoved: "deleted"}
MILESTONE_TYPES: Mapping[type[Event], str] = {
    MilestoneMade: "created",
    MilestoneEdited: "edited",
    MilestoneClosed: "closed",
    MilestoneReopened: "opened",
}


def hear_label(work: Work, entry: Entry) -> None:
    event, project = entry.event(), project_within(work, entry)
    assert isinstance(event, LabelMade | LabelEdited | LabelRemoved)
    if not is_heard(work, project, "label"):
        return
    told: dict[str, Any] = {"label": {"id": event.label, "name": event.name}}
    # One that was removed, now or since, has no more than its name.
    with suppress(Missing):
        told["label"] = label_told(plan.find_label(work, project, event.label))
    if isinstance(event, LabelEdited) and event.before != event.name:
        told["changes"] = {"name": {"from": event.before}}
    happened = Happened(
        name="label", type=LABEL_TYPES[type(event)], key=f"entry:{entry.id}", title=event.name, payload=told
    )
    raise_event(work, project, happened, by=Actor(entry.actor, entry.actor_name), at=entry.at)


def hear_milestone(work: Work, entry: Entry) -> None:
    event, project = entry.event(), project_within(work, entry)
    assert isinstance(event, MilestoneMade | MilestoneEdited | MilestoneClosed | MilestoneReopened)
    if not is_heard(work, project, "milestone"):
        return
    told = milestone_told(work, project, event.milestone)
    happened = Happened(
        name="milestone",
        type=MILESTONE_TYPES[type(event)],
        key=f"entry:{entry.id}",
        title=event.title,
        payload={"milestone": told},
    )
    raise_event(work, project, happened, by=Actor(entry.actor, entry.actor_name), at=entry.at)


# open: the house's own reaction asks.
def milestone_told(work: Work, project: Project, milestone_id: int) -> dict[str, Any]:
    found = plan.find_milestone(work, project, milestone_id)
    return {
        "id": found.id,
        "number": found.id,
        "title": found.title,
        "description": found.description or None,
        "state": "open" if found.is_open else "closed",
        "open_issues": found.open_issues,
        "closed_issues": found.closed_issues,
        "due_on": None if found.due_on is None else f"{found.due_on.isoformat()}T00:00:00Z",
        "closed_at": moment_told(found.closed_at),
        "html_url": f"/{project.path}/milestones",
    }


reactions = [
    *(on_entry(event, hear_label) for event in LABEL_TYPES),
    *(on_entry(event, hear_milestone) for event in MILESTONE_TYPES),
]
