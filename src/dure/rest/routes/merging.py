"""Merging a pull request. GitHub answers when it is done, so the answer here waits for the machine that does it."""

import asyncio
import time
from collections.abc import Callable
from typing import Literal

from litestar import Response
from msgspec import Struct

from dure.code import MergeRequest, find_request, merge_request
from dure.kit import Forbidden, Missing, Refused, say
from dure.ledger import Work
from dure.plan import Project
from dure.rest.grant import WRITE, Wanted
from dure.rest.routes.asked import Asked, Id, Shape, Word, act, body_of, reads, see, sets, told, within
from dure.rest.routes.pulls import PULL, READS
from dure.rest.routes.refusing import no

MERGES = Wanted("contents", WRITE)
TRYING, MERGING = "trying", "merging"
SECONDS_MAX = 30.0
PAUSE_SECONDS = 0.1


class Merge(Struct):
    sha: str | None = None
    merge_method: Literal["merge", "squash", "rebase"] = "merge"


class Moved(Exception):
    """Its head is not what whoever asks has seen."""


@reads(f"{PULL}/merge", status=204)
async def is_merged(request: Asked, owner: Word, repo: Word, number: Id) -> None:
    def find(work: Work, project: Project) -> None:
        if not find_request(work, project, number).merged_sha:
            raise Missing

    await see(request, READS, within(owner, repo, find))


@sets(f"{PULL}/merge")
async def merge(request: Asked, owner: Word, repo: Word, number: Id) -> Response[Shape]:
    """Its words are those of the merge request."""
    said = await body_of(request, Merge)
    manner = said.merge_method
    if manner == "rebase":
        return no(405, "Rebase merges are not allowed on this repository.")
    await until(request, owner, repo, number, lambda one: one.phase != TRYING)

    def do(work: Work, project: Project) -> None:
        found = find_request(work, project, number, to_change=True)
        if said.sha and said.sha != found.head_sha:
            raise Moved
        merge_request(work, project, found, manner)

    try:
        await act(request, MERGES, within(owner, repo, do))
    except Moved:
        return no(409, "Head branch was modified. Review and try the merge again.")
    except Forbidden:
        raise
    except Refused as refused:
        return no(405, str(refused.text))
    one = await until(request, owner, repo, number, lambda one: one.phase not in (TRYING, MERGING))
    if not one.merged_sha:
        return no(409, str(say("It was not merged: one of its branches has moved, or it takes longer than usual.")))
    return told({"sha": one.merged_sha, "merged": True, "message": "Pull Request successfully merged"})


async def until(request: Asked, owner: str, repo: str, number: int, so: Callable[[MergeRequest], bool]) -> MergeRequest:
    """It, once it is so, or as it is when that takes too long."""
    give_up_at = time.monotonic() + SECONDS_MAX

    def find(work: Work, project: Project) -> MergeRequest:
        return find_request(work, project, number)

    while True:
        one = await see(request, MERGES, within(owner, repo, find))
        if so(one) or time.monotonic() > give_up_at:
            return one
        await asyncio.sleep(PAUSE_SECONDS)


handlers = [is_merged, merge]
