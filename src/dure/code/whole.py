"""A merge request with all that its page shows of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from dure import plan, policy
from dure.code.check import Check, checks_by_sha, checks_of, overall
from dure.code.request import (
    MergeRequest,
    Protection,
    RequestComment,
    Standing,
    blockers,
    count_queued,
    find_request,
    labels_by_request,
    protections_of,
    queues_of,
    requests_of,
    rules_for,
    standing_of,
)
from dure.code.request.comment import PAGE_COMMENTS, latest_comments
from dure.code.request.request import PAGE
from dure.kit import Text
from dure.ledger import Work
from dure.plan import Label, Project


@dataclass(frozen=True)
class RequestPage:
    project: Project
    request: MergeRequest
    checks: Sequence[Check]
    blockers: Sequence[Text]
    may_edit: bool
    may_merge: bool
    by_queue: bool
    """Whether its target is merged through a queue."""
    queued: "InQueue | None"
    labels: Sequence[Label]


@dataclass(frozen=True)
class RequestTalk:
    project: Project
    request: MergeRequest
    comments: Sequence[RequestComment]
    earlier: int | None
    """There are more before this one."""
    before: int | None
    """Only those before this one are shown."""
    known: Sequence[Label]
    """All labels of the project."""
    may_comment: bool
    may_keep: bool


@dataclass(frozen=True)
class InQueue:
    """One that stands in a queue, and what is tested of it."""

    standing: Standing
    checks: Sequence[Check]


@dataclass(frozen=True)
class QueuePage:
    project: Project
    queues: dict[str, list[InQueue]]
    """By the name of the branch."""
    may_merge: bool


@dataclass(frozen=True)
class RequestsPage:
    project: Project
    rows: Sequence[MergeRequest]
    states: dict[str, str | None]
    """What the checks of each head come to."""
    labels: dict[int, list[Label]]
    """By the id of the request."""
    older: int | None
    queued: int
    """How many stand in queues."""
    may_open: bool
    may_protect: bool


@dataclass(frozen=True)
class ProtectionPage:
    project: Project
    protections: Sequence[Protection]
    may_protect: bool


def request_page(work: Work, project: Project, number: int) -> RequestPage:
    request = find_request(work, project, number)
    return RequestPage(
        project,
        request,
        checks_of(work, project, request.head_sha),
        blockers(work, project, request) if request.is_open else (),
        policy.may(work, "code.request", project.scope),
        policy.may(work, "code.merge", project.scope),
        rules_for(work, project, request.target).by_queue,
        in_queue(work, project, request),
        labels_by_request(work, project, [request.id]).get(request.id, []),
    )


def request_talk(work: Work, project: Project, number: int, before: int | None = None) -> RequestTalk:
    """The latest of it, or the latest before one comment."""
    request = find_request(work, project, number)
    said = latest_comments(work, project, request, before=before, limit=PAGE_COMMENTS + 1)
    return RequestTalk(
        project,
        request,
        said[-PAGE_COMMENTS:],
        said[-PAGE_COMMENTS].id if len(said) > PAGE_COMMENTS else None,
        before,
        plan.labels_of(work, project),
        policy.may(work, "code.comment", project.scope),
        policy.may(work, "code.comment.edit", project.scope),
    )


def in_queue(work: Work, project: Project, request: MergeRequest) -> InQueue | None:
    standing = standing_of(work, project, request) if request.is_open else None
    return None if standing is None else InQueue(standing, checks_of(work, project, standing.queued.group_sha))


def queue_page(work: Work, project: Project) -> QueuePage:
    """Everybody who stands in a queue of this project."""
    found = queues_of(work, project)
    shas = [each.queued.group_sha for standings in found.values() for each in standings if each.queued.group_sha]
    checks = checks_by_sha(work, project, shas)
    queues = {
        branch: [InQueue(each, checks.get(each.queued.group_sha, [])) for each in standings]
        for branch, standings in found.items()
    }
    return QueuePage(project, queues, policy.may(work, "code.merge", project.scope))


def requests_page(
    work: Work, project: Project, *, state: str | None = None, before: int | None = None, limit: int = PAGE
) -> RequestsPage:
    """One page of them, the latest first."""
    rows = requests_of(work, project, state=state, before=before, limit=limit + 1)
    shown = rows[:limit]
    checks = checks_by_sha(work, project, [request.head_sha for request in shown])
    return RequestsPage(
        project,
        shown,
        {sha: overall(each) for sha, each in checks.items()},
        labels_by_request(work, project, [request.id for request in shown]),
        shown[-1].number if len(rows) > limit else None,
        count_queued(work, project),
        policy.may(work, "code.request", project.scope),
        policy.may(work, "code.protect", project.scope),
    )


def protection_page(work: Work, project: Project) -> ProtectionPage:
    return ProtectionPage(project, protections_of(work, project), policy.may(work, "code.protect", project.scope))
