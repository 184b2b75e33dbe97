"""Pushes: `push`, and `delete` where a branch or a tag has gone. `create` follows when the files are known."""

from typing import Any

from dure import plan
from dure.build.planning import Happened, raise_event, tags_pushed
from dure.build.planning.happened import commit_told
from dure.code import Pushed
from dure.ledger import Actor, Entry, Work, on_entry

HEADS, TAGS = "refs/heads/", "refs/tags/"
TAGS_OF_ONE_PUSH_MAX = 3
"""Whoever brings a whole history of tags does not want all of them built."""


def hear_push(work: Work, entry: Entry) -> None:
    """A branch or a tag moved."""
    pushed = entry.event()
    assert isinstance(pushed, Pushed)
    take_push(work, pushed, Actor(entry.actor, entry.actor_name))


# open: the house's own reaction to a push; whoever pushed was asked then.
def take_push(work: Work, pushed: Pushed, by: Actor) -> None:
    """See which workflows it begins. Told twice, it is planned once."""
    if not pushed.ref.startswith((HEADS, TAGS)):
        return
    project = plan.project_of(work, pushed.project)
    if pushed.deleted:
        raise_event(work, project, deletion(pushed), by=by, at=pushed.received_at)
        return
    is_tag = pushed.ref.startswith(TAGS)
    if is_tag and tags_pushed(work, project, pushed.received_at) >= TAGS_OF_ONE_PUSH_MAX:
        return
    raise_event(work, project, push(pushed, by), by=by, at=pushed.received_at)


def push(pushed: Pushed, by: Actor) -> Happened:
    commits = [commit_told(each, pushed.path) for each in reversed(pushed.commits)]
    told: dict[str, Any] = {
        "ref": pushed.ref,
        "before": pushed.before,
        "after": pushed.after,
        "created": pushed.created,
        "deleted": False,
        "forced": pushed.forced,
        "base_ref": None,
        "compare": f"/{pushed.path}/code/commit/{pushed.after}",
        "commits": commits,
        "head_commit": commits[-1] if commits else None,
        "pusher": {"name": by.name},
    }
    return Happened(
        name="push",
        key=f"push:{pushed.received_at.isoformat()}/{pushed.ref}/{pushed.after}",
        ref=pushed.ref,
        sha=pushed.after,
        before=pushed.before,
        after=pushed.after,
        payload=told,
    )


def deletion(pushed: Pushed) -> Happened:
    """What is gone has no workflows any more: those of the default branch are asked."""
    is_tag = pushed.ref.startswith(TAGS)
    name = pushed.ref.removeprefix(HEADS).removeprefix(TAGS)
    return Happened(
        name="delete",
        key=f"delete:{pushed.received_at.isoformat()}/{pushed.ref}",
        payload={"ref": name, "ref_type": "tag" if is_tag else "branch", "pusher_type": "user"},
    )


reactions = [on_entry(Pushed, hear_push)]
