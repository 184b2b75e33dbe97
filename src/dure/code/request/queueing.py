"""Standing in a queue: merge when it is ready, after those that are ahead.

Whoever locks both locks the queue first and the request after it, as the machine of the queue does.
"""

from dataclasses import dataclass, replace

from sqlalchemy import func, select

from dure import policy
from dure.code.commit import commit_ref
from dure.code.push import HEADS, Pushed
from dure.code.queue import WATCHING, MergeQueue, Queued
from dure.code.repositories import QUEUE_REFS
from dure.code.repository import Repository
from dure.code.request.changing import RequestOver, locked, merges_now, note
from dure.code.request.happened import (
    Ending,
    MergeGroupEnded,
    MergeRequestClosed,
    MergeRequestMerged,
    MergeRequestQueued,
    MergeRequestTried,
    MergeRequestUnqueued,
)
from dure.code.request.merging import CannotMerge, blockers
from dure.code.request.protection import rules_for
from dure.code.request.request import CLOSED, MERGED, MERGING, Manner, MergeRequest
from dure.kit import Text, keep, now, say
from dure.ledger import Actor, Entry, Work, begin, wake
from dure.plan import Project

QUEUED_MAX = 200


@dataclass(frozen=True)
class Standing:
    """A merge request in its queue."""

    queued: Queued
    request: MergeRequest
    branch: str
    place: int
    """From 1, which is next. 0: something still stands in its way, and it has no place yet."""

    @property
    def ref(self) -> str:
        return group_ref(self.branch, self.request, self.queued.base_sha) if self.queued.group_sha else ""

    @property
    def words(self) -> Text:
        if not self.place:
            return say("Gets its place in the queue of {branch} when nothing stands in its way", branch=self.branch)
        return say("Place {place} in the queue of {branch}", place=self.place, branch=self.branch)


def group_ref(branch: str, request: MergeRequest, base: str) -> str:
    return f"{QUEUE_REFS}/{branch}/pr-{request.number}-{base}"


def queue_request(work: Work, project: Project, request: MergeRequest, manner: Manner = "merge") -> MergeRequest:
    """Merge it when it is ready and its turn has come. Asked twice, it stands there once."""
    policy.require(work, "code.merge", project.scope)
    queue = queue_for(work, locked(work, project), request.target)
    work.session.refresh(request, with_for_update=True)
    if request.phase in (MERGING, MERGED) or queued_of(work, request) is not None:
        return request
    if request.phase == CLOSED:
        raise RequestOver(say("!{number} is closed. Reopen it first.", number=request.number))
    if not rules_for(work, project, request.target).by_queue:
        raise CannotMerge(say("{target} has no queue. Merge it without one.", target=request.target))
    if request.conflicting:
        raise CannotMerge(blockers(work, project, request)[0])
    if len(standings_in(work, queue)) >= QUEUED_MAX:
        raise CannotMerge(say("{count} stand in the queue already. Wait until some have left.", count=QUEUED_MAX))
    work.add(
        Queued(
            queue_id=queue.id,
            request_id=request.id,
            head_sha=request.head_sha,
            manner=manner,
            by=work.actor.ref,
            by_name=work.actor.name,
            queued_at=now(),
        )
    )
    request.left_queue = ""
    queued = MergeRequestQueued(
        project=project.id, request=request.id, number=request.number, title=request.title, target=request.target
    )
    note(work, request, queued)
    wake(work, queue)
    return request


def unqueue_request(work: Work, project: Project, request: MergeRequest) -> MergeRequest:
    """It shall not be merged yet. Those behind it are tested again without it."""
    policy.require(work, "code.merge", project.scope)
    queue = queue_for(work, locked(work, project), request.target)
    work.session.refresh(request, with_for_update=True)
    queued = queued_of(work, request)
    if request.phase == MERGING:
        raise RequestOver(merges_now(request))
    if request.phase == MERGED:
        raise RequestOver(say("!{number} is merged already.", number=request.number))
    if queued is not None:
        leave(work, queued, request, say("{name} took it out.", name=work.actor.name))
        wake(work, queue)
    return request


# open: the callers have asked.
def queue_for(work: Work, repository: Repository, branch: str) -> MergeQueue:
    """The queue of a branch, locked; the first time somebody asks, it is made."""
    here = MergeQueue.project_id == repository.project_id, MergeQueue.branch == branch
    found = work.session.scalars(select(MergeQueue).where(*here).with_for_update()).one_or_none()
    made = MergeQueue(phase=WATCHING, project_id=repository.project_id, repository_id=repository.id, branch=branch)
    return begin(work, made) if found is None else found


# open: the callers have asked.
def queued_of(work: Work, request: MergeRequest) -> Queued | None:
    return work.session.scalars(select(Queued).where(Queued.request_id == request.id)).one_or_none()


# open: people who asked, and the machine of the queue.
def leave(work: Work, queued: Queued, request: MergeRequest, why: Text) -> None:
    """It leaves the queue without a merge, and its page says why."""
    end_group(work, queued, request, "dequeued")
    request.left_queue = keep(why)
    event = MergeRequestUnqueued(
        project=request.project_id,
        request=request.id,
        number=request.number,
        target=request.target,
        why=why,
    )
    note(work, request, event)
    work.session.delete(queued)


# open: the callers are this room's own.
def end_group(work: Work, queued: Queued, request: MergeRequest, reason: Ending) -> None:
    """Nobody waits for these checks any more."""
    if not queued.group_sha:
        return
    event = MergeGroupEnded(
        project=request.project_id,
        request=request.id,
        number=request.number,
        target=request.target,
        ref=group_ref(request.target, request, queued.base_sha),
        head=queued.group_sha,
        base=queued.base_sha,
        reason=reason,
    )
    about = [*request.about, commit_ref(request.project_id, queued.group_sha)]
    replace(work, actor=Actor(queued.by, queued.by_name)).record(event, about=about, within=request.scope)


# open: the machine of the queue, and pages that have asked for the project.
def standings_in(work: Work, queue: MergeQueue) -> list[Standing]:
    """Who stands there, the next first; those that are not ready come last, and have no place."""
    query = select(Queued, MergeRequest).join(MergeRequest, MergeRequest.id == Queued.request_id)
    rows = work.session.execute(query.where(Queued.queue_id == queue.id).order_by(Queued.id)).all()
    ready = sorted((row for row in rows if row[0].ready_at), key=lambda row: (row[0].ready_at, row[0].id))
    waiting = [row for row in rows if not row[0].ready_at]
    placed = [Standing(row[0], row[1], queue.branch, place) for place, row in enumerate(ready, 1)]
    return placed + [Standing(row[0], row[1], queue.branch, 0) for row in waiting]


def standing_of(work: Work, project: Project, request: MergeRequest) -> Standing | None:
    """Where it stands. None: in no queue."""
    policy.require(work, "code.read", project.scope)
    query = select(MergeQueue).join(Queued, Queued.queue_id == MergeQueue.id)
    queue = work.session.scalars(query.where(Queued.request_id == request.id)).one_or_none()
    standings = [] if queue is None else standings_in(work, queue)
    return next((each for each in standings if each.request.id == request.id), None)


def queues_of(work: Work, project: Project) -> dict[str, list[Standing]]:
    """The queues in which somebody stands, by their branch."""
    policy.require(work, "code.read", project.scope)
    taken = MergeQueue.id.in_(select(Queued.queue_id))
    query = select(MergeQueue).where(MergeQueue.project_id == project.id, taken).order_by(MergeQueue.branch)
    return {queue.branch: standings_in(work, queue) for queue in work.session.scalars(query).all()}


def count_queued(work: Work, project: Project) -> int:
    """How many stand in queues."""
    policy.require(work, "code.read", project.scope)
    query = select(func.count(Queued.id)).join(MergeQueue, MergeQueue.id == Queued.queue_id)
    return work.session.execute(query.where(MergeQueue.project_id == project.id)).scalar_one()


# open: the house's own reaction to a push.
def watch_push(work: Work, pushed: Pushed) -> None:
    """A branch moved: what its queue has tested may stand on something else now."""
    if pushed.ref.startswith(HEADS):
        here = MergeQueue.project_id == pushed.project, MergeQueue.branch == pushed.ref.removeprefix(HEADS)
        for queue in work.session.scalars(select(MergeQueue).where(*here)).all():
            wake(work, queue)


# open: the house's own reaction to what happens to a request.
def watch_request(work: Work, entry: Entry) -> None:
    event = entry.event()
    assert isinstance(event, WATCHED)
    query = select(MergeQueue).join(Queued, Queued.queue_id == MergeQueue.id)
    for queue in work.session.scalars(query.where(Queued.request_id == event.request)).all():
        wake(work, queue)


WATCHED = (MergeRequestTried, MergeRequestClosed, MergeRequestMerged)
