"""Opening, editing, closing and reopening a merge request."""

from sqlalchemy import func, select

from dure import policy
from dure.code.push import head_of
from dure.code.repository import Repository, repository_of
from dure.code.request.happened import (
    MergeRequestClosed,
    MergeRequestEdited,
    MergeRequestOpened,
    MergeRequestReopened,
)
from dure.code.request.request import CLOSED, MERGED, MERGING, TRYING, UNDER_WAY, MergeRequest
from dure.kit import Invalid, Missing, Refused, Text, now, say
from dure.ledger import Event, Work, begin, wake
from dure.plan import Project, Wording

TITLE_LIMIT_CHARACTERS = 200
BODY_LIMIT_CHARACTERS = 60_000


class RequestOver(Refused):
    """It is merged or closed, so this cannot be done with it."""


class AlreadyAsked(Refused):
    """A merge request that is open brings the same branch into the same."""

    def __init__(self, known: MergeRequest) -> None:
        super().__init__(say("!{number} asks for this already. Push to its branch.", number=known.number))
        self.source = known.source


def open_request(
    work: Work, project: Project, *, source: str, target: str = "", title: str = "", body: str = ""
) -> MergeRequest:
    """Ask for a branch to be merged into another, the default branch if none is named."""
    policy.require(work, "code.request", project.scope)
    repository = locked(work, project)
    source, target = source.strip(), target.strip() or repository.default_branch
    heads = {name: head_of(work, project, name) for name in (source, target)}
    wrong = {field: NO_BRANCH for field, name in (("source", source), ("target", target)) if heads[name] is None}
    if not wrong and source == target:
        wrong = {"source": say("A branch cannot be merged into itself. Choose another.")}
    if wrong:
        raise Invalid(wrong)
    same = MergeRequest.project_id == project.id, MergeRequest.source == source, MergeRequest.target == target
    other = work.session.scalars(select(MergeRequest).where(*same, MergeRequest.phase.in_(UNDER_WAY))).first()
    if other is not None:
        raise AlreadyAsked(other)
    title, body = worded(title or source, body)
    head, time = heads[source] or "", now()
    last = work.session.execute(select(func.max(MergeRequest.number)).where(MergeRequest.project_id == project.id))
    request = MergeRequest(
        phase=TRYING,
        project_id=project.id,
        repository_id=repository.id,
        number=(last.scalar() or 0) + 1,
        title=title,
        body=body,
        source=source,
        target=target,
        author=work.actor.ref,
        author_name=work.actor.name,
        opened_at=time,
        updated_at=time,
        head_sha=head,
        before_sha=head,
        target_sha=heads[target] or "",
        action="opened",
    )
    begin(work, request)
    opened = MergeRequestOpened(
        project=project.id, request=request.id, number=request.number, title=title, source=source, target=target
    )
    note(work, request, opened)
    return request


def merges_now(request: MergeRequest) -> Text:
    return say("!{number} is being merged at this moment.", number=request.number)


NO_BRANCH = say("There is no branch of this name here. Push it first.")


def locked(work: Work, project: Project) -> Repository:
    """Numbers are given one at a time, and nobody asks twice for the same at the same moment."""
    found = repository_of(work, project)
    if found is None:
        raise Missing(say("This project has no code yet."))
    return work.session.scalars(select(Repository).where(Repository.id == found.id).with_for_update()).one()


def edit_request(
    work: Work, project: Project, request: MergeRequest, *, title: str | None = None, body: str | None = None
) -> MergeRequest:
    policy.require(work, "code.request", project.scope)
    if request.phase == MERGING:
        # Its words go into the commit that is being made.
        raise RequestOver(merges_now(request))
    title, body = worded(request.title if title is None else title, request.body if body is None else body)
    if (title, body) != (request.title, request.body):
        request.title, request.body = title, body
        edited = MergeRequestEdited(project=project.id, request=request.id, number=request.number, title=title)
        note(work, request, edited)
    return request


def close_request(work: Work, project: Project, request: MergeRequest) -> MergeRequest:
    """It shall not be merged. What is closed stays as it is."""
    policy.require(work, "code.request", project.scope)
    if request.phase == MERGED:
        raise RequestOver(say("!{number} is merged already.", number=request.number))
    if request.phase == MERGING:
        raise RequestOver(merges_now(request))
    if request.phase != CLOSED:
        request.phase, request.closed_at = CLOSED, now()
        request.ended_by, request.ended_by_name = work.actor.ref, work.actor.name
        note(work, request, closed_event(request))
    return request


def reopen_request(work: Work, project: Project, request: MergeRequest) -> MergeRequest:
    policy.require(work, "code.request", project.scope)
    if request.phase != CLOSED:
        return request
    head, target = head_of(work, project, request.source), head_of(work, project, request.target)
    if head is None or target is None:
        raise Refused(say("One of its branches is gone. Push it again first."))
    request.phase, request.closed_at, request.action = TRYING, None, "reopened"
    request.before_sha, request.head_sha, request.target_sha = request.head_sha, head, target
    request.ended_by = request.ended_by_name = ""
    reopened = MergeRequestReopened(project=project.id, request=request.id, number=request.number, title=request.title)
    note(work, request, reopened)
    wake(work, request)
    return request


def closed_event(request: MergeRequest) -> MergeRequestClosed:
    return MergeRequestClosed(
        project=request.project_id, request=request.id, number=request.number, title=request.title
    )


# open: the callers have asked.
def note(work: Work, request: MergeRequest, event: Event) -> None:
    """Put it in the ledger, and the request among those lately changed."""
    if request.phase != MERGING:
        # Else it is the moment of the commit that is being made.
        request.updated_at = now()
    work.record(event, about=request.about, within=request.scope)


def worded(title: str, body: str) -> tuple[str, str]:
    """Both as they are kept, cleaned as the words of issues are."""
    wording = Wording()
    title = wording.line("title", title, TITLE_LIMIT_CHARACTERS)
    body = wording.text("body", body, BODY_LIMIT_CHARACTERS)
    wording.settle()
    return title, body
