"""Issues and what is said of them: `issues` and `issue_comment`."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from dure import plan
from dure.build.hearing.place import project_within
from dure.build.planning import Happened, is_heard, raise_event
from dure.build.planning.happened import moment_told, person_told
from dure.kit import Missing
from dure.ledger import Actor, Entry, Event, Work, on_entry
from dure.plan import (
    Assigned,
    Comment,
    CommentDeleted,
    Commented,
    CommentEdited,
    IssueClosed,
    IssueEdited,
    IssueOpened,
    IssueReopened,
    Label,
    LabelsChanged,
    Planned,
    Project,
    Whole,
)

REASONS = {"done": "completed", "not planned": "not_planned", "duplicate": "duplicate"}
Told: TypeAlias = list[tuple[str, dict[str, Any]]]
"""For each type of the event what is told beside the issue."""


def hear_issue(work: Work, entry: Entry) -> None:
    """Something happened to an issue: one event for each label and each person."""
    project = project_within(work, entry)
    if not is_heard(work, project, "issues"):
        return
    event = entry.event()
    assert isinstance(event, ISSUE_EVENTS)
    whole = plan.whole_issue(work, project, plan.find_issue(work, project, event.number))
    told = {"issue": issue_told(whole, project)}
    for number, (kind, more) in enumerate(TYPES[type(event)](event)):
        key = f"entry:{entry.id}/{number}"
        happened = Happened(name="issues", type=kind, key=key, title=whole.row.title, payload={**told, **more})
        raise_event(work, project, happened, by=Actor(entry.actor, entry.actor_name), at=entry.at)


def hear_comment(work: Work, entry: Entry) -> None:
    """Something was said about an issue, or taken back."""
    project = project_within(work, entry)
    if not is_heard(work, project, "issue_comment"):
        return
    event = entry.event()
    assert isinstance(event, COMMENT_EVENTS)
    issue = plan.find_issue(work, project, event.number)
    try:
        said = comment_told(plan.find_comment(work, project, issue, event.comment), project, event.number)
    except Missing:
        # Its words are gone, and what is left is that it was there.
        said = {"id": event.comment, "body": ""}
    whole = plan.whole_issue(work, project, issue)
    happened = Happened(
        name="issue_comment",
        type=COMMENT_TYPES[type(event)],
        key=f"entry:{entry.id}",
        title=whole.row.title,
        payload={"issue": issue_told(whole, project), "comment": said},
    )
    raise_event(work, project, happened, by=Actor(entry.actor, entry.actor_name), at=entry.at)


def edited(event: Event) -> Told:
    assert isinstance(event, IssueEdited)
    return [("edited", {"changes": {} if event.before == event.title else {"title": {"from": event.before}}})]


def labeled(event: Event) -> Told:
    assert isinstance(event, LabelsChanged)
    gone = [("unlabeled", {"label": {"name": name}}) for name in event.removed]
    return gone + [("labeled", {"label": {"name": name}}) for name in event.added]


def assigned(event: Event) -> Told:
    assert isinstance(event, Assigned)
    gone = [("unassigned", {"assignee": {"login": handle}}) for handle in event.removed]
    return gone + [("assigned", {"assignee": {"login": handle}}) for handle in event.added]


def planned(event: Event) -> Told:
    assert isinstance(event, Planned)
    gone = [("demilestoned", {"milestone": {"title": event.before}})] if event.before else []
    return gone + ([("milestoned", {"milestone": {"title": event.milestone}})] if event.milestone else [])


TYPES: Mapping[type[Event], Callable[[Event], Told]] = {
    IssueOpened: lambda _: [("opened", {})],
    IssueEdited: edited,
    IssueClosed: lambda _: [("closed", {})],
    IssueReopened: lambda _: [("reopened", {})],
    LabelsChanged: labeled,
    Assigned: assigned,
    Planned: planned,
}
ISSUE_EVENTS = (IssueOpened, IssueEdited, IssueClosed, IssueReopened, LabelsChanged, Assigned, Planned)
COMMENT_TYPES: Mapping[type[Event], str] = {
    Commented: "created",
    CommentEdited: "edited",
    CommentDeleted: "deleted",
}
COMMENT_EVENTS = (Commented, CommentEdited, CommentDeleted)


def issue_told(whole: Whole, project: Project) -> dict[str, Any]:
    """`github.event.issue`."""
    row, issue = whole.row, whole.issue
    return {
        "id": issue.id,
        "number": issue.number,
        "title": issue.title,
        "body": issue.body,
        "user": person_told(issue.author, issue.author_name),
        "state": "open" if issue.is_open else "closed",
        "state_reason": None if issue.is_open else REASONS.get(issue.reason or "", issue.reason),
        "labels": [label_told(label) for label in row.labels],
        "assignee": {"login": row.assignees[0]} if row.assignees else None,
        "assignees": [{"login": handle} for handle in row.assignees],
        "milestone": {"title": row.milestone} if row.milestone else None,
        "comments": issue.comments,
        "locked": False,
        "created_at": moment_told(issue.opened_at),
        "updated_at": moment_told(issue.updated_at),
        "closed_at": moment_told(issue.closed_at),
        "html_url": f"/{project.path}/issues/{issue.number}",
        "url": f"/api/v1/projects/{project.path}/issues/{issue.number}",
    }


def label_told(label: Label) -> dict[str, Any]:
    return {"id": label.id, "name": label.name, "color": label.colour, "description": label.description or None}


def comment_told(said: Comment, project: Project, number: int) -> dict[str, Any]:
    return {
        "id": said.id,
        "body": said.body,
        "user": person_told(said.author, said.author_name),
        "created_at": moment_told(said.at),
        "updated_at": moment_told(said.edited_at or said.at),
        "html_url": f"/{project.path}/issues/{number}#comment-{said.id}",
    }


reactions = [
    *(on_entry(event, hear_issue) for event in TYPES),
    *(on_entry(event, hear_comment) for event in COMMENT_TYPES),
]
