"""Merge requests: `pull_request`, on what both branches come to, and `pull_request_target`, on the default branch."""

from typing import Any, TypeAlias

from dure import code, plan
from dure.build.hearing.issues import label_told
from dure.build.planning import Happened, raise_event
from dure.build.planning.happened import moment_told, person_told
from dure.code import (
    MergeRequest,
    MergeRequestClosed,
    MergeRequestEdited,
    MergeRequestMerged,
    MergeRequestTried,
    request_with,
)
from dure.ledger import Actor, Entry, Work, on_entry, thread
from dure.plan import Project

Told: TypeAlias = dict[str, Any]
REOPENED = "code.request_reopened"
LOOKED_THROUGH = 1000


def hear_tried(work: Work, entry: Entry) -> None:
    """A request was opened, pushed to or reopened, and it is known what its branches come to."""
    event = entry.event()
    assert isinstance(event, MergeRequestTried)
    request, project = request_with(work, event.request), plan.project_of(work, event.project)
    if request is None:
        return
    more = {"before": event.before, "after": event.head} if event.action == "synchronize" else {}
    by = who_did(work, project, request, event)
    told = {**request_told(work, request, project, merge=event.merge, head=event.head, base=event.base), **more}
    key = f"entry:{entry.id}"
    if event.merge:
        # Where they conflict there is nothing that it could run on.
        raise_event(work, project, pull(key, request, event.action, event.merge, event.base, told), by=by)
    raise_event(work, project, pull_target(key, request, event.action, event.base, event.head, told), by=by)


def hear_edited(work: Work, entry: Entry) -> None:
    event = entry.event()
    assert isinstance(event, MergeRequestEdited)
    tell(work, entry, event.request, "edited", Actor(entry.actor, entry.actor_name))


def hear_closed(work: Work, entry: Entry) -> None:
    event = entry.event()
    assert isinstance(event, MergeRequestClosed)
    tell(work, entry, event.request, "closed", Actor(entry.actor, entry.actor_name))


def hear_merged(work: Work, entry: Entry) -> None:
    event = entry.event()
    assert isinstance(event, MergeRequestMerged)
    request = request_with(work, event.request)
    by = Actor(request.ended_by, request.ended_by_name) if request is not None and request.ended_by else None
    tell(work, entry, event.request, "closed", by or Actor(entry.actor, entry.actor_name))


# open: the house's own reactions.
def tell(
    work: Work, entry: Entry, request_id: int, kind: str, by: Actor, *, more: Told | None = None, place: str = ""
) -> None:
    """What needs no new try: on the commit that it came to, or on the one that was merged.

    `place` tells apart what one entry raises.
    """
    request = request_with(work, request_id)
    if request is None:
        return
    project = plan.project_of(work, request.project_id)
    known = request_told(
        work, request, project, merge=request.merge_sha, head=request.head_sha, base=request.target_sha
    )
    told, key = {**known, **(more or {})}, f"entry:{entry.id}{place}"
    sha = request.merged_sha or request.merge_sha
    if sha:
        raise_event(work, project, pull(key, request, kind, sha, request.target_sha, told), by=by)
    target = pull_target(key, request, kind, request.target_sha, request.head_sha, told)
    raise_event(work, project, target, by=by)


def pull(key: str, request: MergeRequest, kind: str, sha: str, base: str, told: Told) -> Happened:
    """On what both branches come to; of one that was merged, on the branch that it is now in."""
    merged = request.merged_sha and sha == request.merged_sha
    return Happened(
        name="pull_request",
        type=kind,
        key=key,
        ref=f"refs/heads/{request.target}" if merged else f"refs/pull/{request.number}/merge",
        sha=sha,
        base=request.target,
        head=request.source,
        before=base,
        after=sha,
        message_sha=str(told["pull_request"]["head"]["sha"]),
        title=request.title,
        payload=told,
    )


def pull_target(key: str, request: MergeRequest, kind: str, base: str, head: str, told: Told) -> Happened:
    """The workflows of the default branch, which whoever asks for a merge cannot have changed."""
    return Happened(
        name="pull_request_target",
        type=kind,
        key=f"{key}/target",
        base=request.target,
        head=request.source,
        before=base,
        after=head,
        title=request.title,
        payload=told,
    )


# open: the house's own reaction.
def who_did(work: Work, project: Project, request: MergeRequest, event: MergeRequestTried) -> Actor:
    """The house has tried it; what led to that was somebody's doing."""
    if event.action == "synchronize":
        for push in code.pushes_of(work, project, sha=event.head, limit=1):
            return Actor(push.actor, push.actor_name)
    if event.action == "reopened":
        for entry in reversed(thread(work, request.ref, limit=LOOKED_THROUGH)):
            if entry.kind == REOPENED:
                return Actor(entry.actor, entry.actor_name)
    return Actor(request.author, request.author_name)


# open: the house's own reactions.
def request_told(work: Work, request: MergeRequest, project: Project, *, merge: str, head: str, base: str) -> Told:
    """`github.event.pull_request`, and its number beside it."""
    labels = code.labels_by_request(work, project, [request.id]).get(request.id, [])
    repository = {"id": project.id, "name": project.name, "full_name": project.path, "fork": False}
    told = {
        "id": request.id,
        "number": request.number,
        "title": request.title,
        "body": request.body or None,
        "state": "open" if request.is_open else "closed",
        "draft": False,
        "locked": False,
        "merged": bool(request.merged_sha),
        "merged_at": moment_told(request.closed_at) if request.merged_sha else None,
        "merge_commit_sha": request.merged_sha or merge or None,
        "mergeable": bool(merge),
        "user": person_told(request.author, request.author_name),
        "head": {"ref": request.source, "sha": head, "label": f"{project.owner}:{request.source}", "repo": repository},
        "base": {"ref": request.target, "sha": base, "label": f"{project.owner}:{request.target}", "repo": repository},
        "labels": [label_told(label) for label in labels],
        "assignees": [],
        "requested_reviewers": [],
        "created_at": moment_told(request.opened_at),
        "updated_at": moment_told(request.updated_at),
        "closed_at": moment_told(request.closed_at),
        "html_url": f"/{project.path}/requests/{request.number}",
        "url": f"/api/v1/projects/{project.path}/merge-requests/{request.number}",
    }
    return {"number": request.number, "pull_request": told}


reactions = [
    on_entry(MergeRequestTried, hear_tried),
    on_entry(MergeRequestEdited, hear_edited),
    on_entry(MergeRequestClosed, hear_closed),
    on_entry(MergeRequestMerged, hear_merged),
]
