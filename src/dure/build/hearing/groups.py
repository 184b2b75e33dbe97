"""Merge queues: `merge_group`, on what a branch comes to with all that its queue wants to put into it."""

from contextlib import suppress
from typing import Any

from dure import plan
from dure.build.hearing.place import project_within
from dure.build.planning import Happened, end_plannings, raise_event
from dure.build.planning.happened import moment_told
from dure.build.run import AlreadyOver, cancel_run, runs_of
from dure.code import MergeGroupEnded, MergeGroupMade
from dure.kit import say
from dure.ledger import Actor, Entry, Work, on, on_entry

NOBODY_WAITS = say("The merge queue waits for it no more.")


def hear_made(work: Work, entry: Entry) -> None:
    """A queue asks for the checks of a commit."""
    event = entry.event()
    assert isinstance(event, MergeGroupMade)
    happened = Happened(
        name="merge_group",
        type="checks_requested",
        key=f"entry:{entry.id}",
        ref=event.ref,
        sha=event.head,
        base=event.target,
        payload={"merge_group": group_told(event)},
    )
    raise_event(work, project_within(work, entry), happened, by=Actor(entry.actor, entry.actor_name), at=entry.at)


def hear_ended(work: Work, event: MergeGroupEnded) -> None:
    """Its runs would only keep others waiting. What was merged may be tested to its end."""
    if event.reason == "merged":
        return
    # First: where one is about to begin its runs, this waits for it, and sees them.
    end_plannings(work, event.project, "merge_group", event.head, NOBODY_WAITS)
    for run in runs_of(work, plan.project_of(work, event.project), sha=event.head):
        if run.event == "merge_group":
            with suppress(AlreadyOver):
                cancel_run(work, run, NOBODY_WAITS)


def group_told(event: MergeGroupMade) -> dict[str, Any]:
    """`github.event.merge_group`."""
    by = {"name": event.author, "email": event.email}
    return {
        "head_sha": event.head,
        "head_ref": event.ref,
        "base_sha": event.base,
        "base_ref": f"refs/heads/{event.target}",
        "head_commit": {
            "id": event.head,
            "tree_id": event.tree,
            "message": event.message.rstrip("\n"),
            "timestamp": moment_told(event.authored_at),
            "author": by,
            "committer": by,
        },
    }


reactions = [on_entry(MergeGroupMade, hear_made), on(MergeGroupEnded, hear_ended)]
