"""A merge request with all that its page shows of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from dure import policy
from dure.code.check import Check, checks_by_sha, checks_of, overall
from dure.code.request import MergeRequest, Protection, blockers, find_request, protections_of, requests_of
from dure.code.request.request import PAGE
from dure.kit import Text
from dure.ledger import Work
from dure.plan import Project


@dataclass(frozen=True)
class RequestPage:
    project: Project
    request: MergeRequest
    checks: Sequence[Check]
    blockers: Sequence[Text]
    may_edit: bool
    may_merge: bool


@dataclass(frozen=True)
class RequestsPage:
    project: Project
    rows: Sequence[MergeRequest]
    states: dict[str, str | None]
    """What the checks of each head come to."""
    older: int | None
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
    )


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
        shown[-1].number if len(rows) > limit else None,
        policy.may(work, "code.request", project.scope),
        policy.may(work, "code.protect", project.scope),
    )


def protection_page(work: Work, project: Project) -> ProtectionPage:
    return ProtectionPage(project, protections_of(work, project), policy.may(work, "code.protect", project.scope))
