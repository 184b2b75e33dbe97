"""Merge queues and protected branches for programs, under /api/v1."""

from functools import partial
from typing import Annotated

from litestar import delete, get, put
from litestar.params import JSONBody, QueryParameter

from dure.code.request import Protection, find_request, protect, queue_request, unprotect, unqueue_request
from dure.code.routes.asked import API
from dure.code.routes.request.api import HERE, TAGS, detail, place_told
from dure.code.whole import protection_page, queue_page
from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Number, Slug, read, refusals, write
from dure.wire import MergeQueueList, MergeRequestDetail, NewMerge, ProtectionInfo, ProtectionList, ProtectionWords

QUEUED = f"{HERE}/{{number:int}}/queue"
Pattern = Annotated[str, QueryParameter(min_length=1, max_length=200, description="As it was written.")]


@get(f"{API}/merge-queue", responses=refusals(), tags=TAGS, summary="Merge queues")
async def queues(request: By, owner: Slug, name: Slug) -> MergeQueueList:
    """Everybody who stands in one, of each branch the next first."""
    found = await read(request, in_project(owner, name, queue_page))
    return MergeQueueList(queued=[place_told(one) for queue in found.queues.values() for one in queue])


@put(QUEUED, responses=refusals(409, 422), tags=TAGS, summary="Merge it when it is ready", status_code=200)
async def queue(request: By, owner: Slug, name: Slug, number: Number, data: JSONBody[NewMerge]) -> MergeRequestDetail:
    """Put it into the queue of its target. Refused where the target has none."""

    def do(work: Work, project: Project) -> None:
        queue_request(work, project, find_request(work, project, number), data.manner)

    await write(request, in_project(owner, name, do))
    return await detail(request, owner, name, number)


@delete(QUEUED, responses=refusals(409, 422), tags=TAGS, summary="Take it out of the queue")
async def unqueue(request: By, owner: Slug, name: Slug, number: Number) -> None:
    """Those behind it are tested again without it."""

    def do(work: Work, project: Project) -> None:
        unqueue_request(work, project, find_request(work, project, number))

    await write(request, in_project(owner, name, do))


@get(f"{API}/protections", responses=refusals(), tags=TAGS, summary="Protected branches")
async def protections(request: By, owner: Slug, name: Slug) -> ProtectionList:
    found = await read(request, in_project(owner, name, protection_page))
    return ProtectionList(protections=[protection_told(one) for one in found.protections])


@put(f"{API}/protections", responses=refusals(422), tags=TAGS, summary="Protect a branch", status_code=200)
async def put_protection(request: By, owner: Slug, name: Slug, data: JSONBody[ProtectionWords]) -> ProtectionInfo:
    """Or change how it is protected."""

    def do(work: Work, project: Project) -> ProtectionInfo:
        made = protect(
            work,
            project,
            data.pattern,
            checks=data.checks,
            by_request=data.by_request,
            by_queue=data.by_queue,
            queue_minutes=data.queue_minutes,
        )
        return protection_told(made)

    return await write(request, in_project(owner, name, do))


@delete(f"{API}/protections", responses=refusals(422), tags=TAGS, summary="Protect a branch no more")
async def drop_protection(request: By, owner: Slug, name: Slug, pattern: Pattern) -> None:
    await write(request, in_project(owner, name, partial(unprotect, pattern=pattern)))


def protection_told(one: Protection) -> ProtectionInfo:
    return ProtectionInfo(
        pattern=one.pattern,
        checks=one.required,
        by_request=one.by_request,
        by_queue=one.by_queue,
        queue_minutes=one.queue_minutes,
    )


handlers = [queues, queue, unqueue, protections, put_protection, drop_protection]
