"""What is said of a merge request, and how it is sorted: `issue_comment`, and `pull_request` with its labels.

On GitHub each pull request is an issue as well, and the event of a comment says by `issue.pull_request` that it is one.
"""

from collections.abc import Mapping
from typing import Any

from dure import code, plan
from dure.build.hearing.issues import label_told
from dure.build.hearing.place import project_within
from dure.build.hearing.requests import request_told, tell
from dure.build.planning import Happened, is_heard, raise_event
from dure.build.planning.happened import moment_told, person_told
from dure.code import (
    MergeRequest,
    RequestCommentDeleted,
    RequestCommented,
    RequestCommentEdited,
    RequestLabelsChanged,
)
from dure.kit import Missing
from dure.ledger import Actor, Entry, Event, Work, on_entry
from dure.plan import Project

COMMENT_TYPES: Mapping[type[Event], str] = {
    RequestCommented: "created",
    RequestCommentEdited: "edited",
    RequestCommentDeleted: "deleted",
}
OF_AN_ISSUE = (
    *("id", "number", "title", "body", "user", "state", "labels", "locked"),
    *("created_at", "updated_at", "closed_at", "html_url", "url"),
)
"""What a merge request is told with, where it is told as an issue."""


def hear_comment(work: Work, entry: Entry) -> None:
    """Something was said about a merge request, or taken back."""
    project, event = project_within(work, entry), entry.event()
    assert isinstance(event, RequestCommented | RequestCommentEdited | RequestCommentDeleted)
    request = code.request_with(work, event.request)
    if request is None or not is_heard(work, project, "issue_comment"):
        return
    happened = Happened(
        name="issue_comment",
        type=COMMENT_TYPES[type(event)],
        key=f"entry:{entry.id}",
        title=request.title,
        payload={
            "issue": issue_told(work, request, project),
            "comment": comment_told(work, project, request, event.comment),
        },
    )
    raise_event(work, project, happened, by=Actor(entry.actor, entry.actor_name), at=entry.at)


def hear_labels(work: Work, entry: Entry) -> None:
    """One event for each label."""
    event = entry.event()
    assert isinstance(event, RequestLabelsChanged)
    by, turns = Actor(entry.actor, entry.actor_name), [("unlabeled", name) for name in event.removed]
    known = {label.name: label for label in plan.labels_of(work, project_within(work, entry))}
    for place, (kind, name) in enumerate([*turns, *(("labeled", name) for name in event.added)]):
        told = label_told(known[name]) if name in known else {"name": name}
        tell(work, entry, event.request, kind, by, more={"label": told}, place=f"/{place}")


# open: the house's own reaction.
def issue_told(work: Work, request: MergeRequest, project: Project) -> dict[str, Any]:
    """`github.event.issue` of a merge request."""
    whole = request_told(work, request, project, merge="", head=request.head_sha, base=request.target_sha)
    told = whole["pull_request"]
    address = {"url": told["url"], "html_url": told["html_url"], "merged_at": told["merged_at"]}
    return {**{name: told[name] for name in OF_AN_ISSUE}, "assignees": [], "milestone": None, "pull_request": address}


# open: the house's own reaction.
def comment_told(work: Work, project: Project, request: MergeRequest, comment_id: int) -> dict[str, Any]:
    try:
        said = code.find_comment(work, project, request, comment_id)
    except Missing:
        # Its words are gone, and what is left is that it was there.
        return {"id": comment_id, "body": ""}
    return {
        "id": said.id,
        "body": said.body,
        "user": person_told(said.author, said.author_name),
        "created_at": moment_told(said.at),
        "updated_at": moment_told(said.edited_at or said.at),
        "html_url": f"/{project.path}/requests/{request.number}#comment-{said.id}",
    }


reactions = [*(on_entry(event, hear_comment) for event in COMMENT_TYPES), on_entry(RequestLabelsChanged, hear_labels)]
