"""Mirrors of actions for programs, under /api/v1: an admin keeps them, and every project's jobs may use them."""

import asyncio
from functools import partial
from typing import Annotated

from litestar import delete, get, post, put
from litestar.params import JSONBody, QueryParameter

from dure.build.actions import actions_kept, drop_action, from_bytes, keep_action, uses_words
from dure.build.routes.asked import blobs_of, settings_of
from dure.build.routes.supplies.actions import fetched, upstream_of
from dure.build.routes.told import action_told
from dure.people import require_admin
from dure.shell import By, Name, read, refusals, write
from dure.wire import ACTION_BYTES_MAX, ActionFrom, ActionInfo, ActionList

TAGS = ["runs"]
ACTIONS = "/api/v1/actions"
ACTION = f"{ACTIONS}/{{publisher:str}}/{{action:str}}"

Ref = Annotated[str, QueryParameter(max_length=255, description="A tag, a branch or the sha of a commit.")]


@get(ACTIONS, responses=refusals(), tags=TAGS, summary="Actions kept here")
async def actions(request: By) -> ActionList:
    """Mirrors that an admin keeps, and what the house has fetched from upstream."""
    return ActionList(actions=[action_told(each) for each in await read(request, actions_kept)])


@put(
    ACTION,
    responses=refusals(409, 422, more={413: "More than 512 MiB."}),
    tags=TAGS,
    summary="Keep an action",
    request_max_body_size=ACTION_BYTES_MAX,
)
async def put_action(request: By, publisher: Name, action: Name, ref: Ref) -> ActionInfo:
    """The body is a .tar.gz of its files. Jobs that say `publisher/action@ref` get them from now on."""
    await read(request, require_admin)
    words, blobs = uses_words(f"{publisher}/{action}@{ref}"), blobs_of(request)
    digest = await blobs.receive(request.stream(), bytes_max=ACTION_BYTES_MAX)
    tree = await asyncio.to_thread(from_bytes, blobs, digest)
    return action_told(await write(request, partial(keep_action, words=words, tree=tree)))


@post(ACTIONS, responses=refusals(409, 422), tags=TAGS, summary="Keep an action from a repository")
async def keep_from(request: By, data: JSONBody[ActionFrom]) -> ActionInfo:
    """Fetched by git at once: the tag, branch or commit that `uses` says."""
    await read(request, require_admin)
    words = uses_words(data.uses)
    url = data.url or f"{settings_of(request).actions_upstream}/{words.name}"
    tree = await fetched(upstream_of(request).fetch_from(blobs_of(request), url, words.ref))
    return action_told(await write(request, partial(keep_action, words=words, tree=tree)))


@delete(ACTION, responses=refusals(422), tags=TAGS, summary="Keep an action no longer")
async def remove_action(request: By, publisher: Name, action: Name, ref: Ref) -> None:
    """Runs that have begun go on with what they have."""
    await write(request, partial(drop_action, words=uses_words(f"{publisher}/{action}@{ref}")))


handlers = [actions, put_action, keep_from, remove_action]
