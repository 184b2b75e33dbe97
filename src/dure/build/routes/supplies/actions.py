"""Actions for runners: what `dure.wire.actions` describes."""

import asyncio
from concurrent.futures import Future
from functools import partial
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter
from litestar.response import Stream

from dure.build.actions import (
    ActionRules,
    OutOfReach,
    Pin,
    Place,
    Tree,
    Upstream,
    UsesWords,
    from_repository,
    packed_tree,
    uses_words,
)
from dure.build.routes.asked import KEYS, blobs_of, repositories_of, settings_of
from dure.build.routes.runner import JOB, Attempt, holding
from dure.build.runners import action_for, keep_for_job, pinned_for
from dure.kit import Invalid, say
from dure.shell import By, Name, Number, read, write
from dure.wire import ActionPin, ActionSource

UPSTREAM = "actions_upstream"
Said = Annotated[str, QueryParameter(max_length=500)]


@get(f"{JOB}/actions", opt=KEYS, include_in_schema=False)
async def action_pin(request: By, job: Number, attempt: Attempt, uses: Said) -> ActionPin:
    """What `owner/repo@ref` stands for in this run. Asked the first time, it is found out."""
    held, words = await holding(request, job, attempt), uses_words(uses)
    looked = await read(request, partial(action_for, held=held, words=words, rules=rules_of(request)))
    if looked.pin is not None:
        return told(looked.pin)
    place = looked.place
    tree = place.tree or await found(request, place)
    keep = partial(keep_for_job, held=held, words=words, tree=tree, source=place.source)
    return told(await write(request, keep))


@get(f"{JOB}/actions/{{digest:str}}", opt=KEYS, include_in_schema=False)
async def action_tree(request: By, job: Number, digest: Name, attempt: Attempt) -> Stream:
    """The tree of an action that this run has pinned."""
    held = await holding(request, job, attempt)
    pin = await read(request, partial(pinned_for, held=held, digest=digest))
    return Stream(
        blobs_of(request).send(pin.digest),
        media_type="application/gzip",
        headers={"Content-Length": str(pin.size)},
    )


async def found(request: By, place: Place) -> Tree:
    """Packed from a repository of ours, or fetched."""
    words = place.words
    if place.repository_id is None:
        try:
            return await fetched(upstream_of(request).fetch(blobs_of(request), words))
        except OutOfReach:
            if place.before is None:
                raise
            return place.before
    repositories = repositories_of(request)
    sha = await asyncio.to_thread(repositories.resolve, place.repository_id, words.ref)
    if sha is None:
        raise Invalid({"uses": say("The project {name} has nothing called {ref}.", name=words.name, ref=words.ref)})
    packed = await read(request, partial(packed_tree, words=UsesWords(words.name, sha)))
    pack = partial(from_repository, repositories, blobs_of(request), place.repository_id, sha)
    return await asyncio.to_thread(pack) if packed is None else packed


async def fetched(future: Future[Tree]) -> Tree:
    """Who goes away in the middle takes it from nobody else who waits for the same."""
    return await asyncio.shield(asyncio.wrap_future(future))


def told(pin: Pin) -> ActionPin:
    source = msgspec.convert(pin.source, ActionSource)
    return ActionPin(uses=pin.uses, sha=pin.sha, digest=pin.digest, size=pin.size, source=source)


def upstream_of(request: By) -> Upstream:
    """One for the whole house, since it remembers what did not answer."""
    state = request.app.state
    if UPSTREAM not in state:
        state[UPSTREAM] = Upstream(settings_of(request).actions_upstream)
    upstream = state[UPSTREAM]
    assert isinstance(upstream, Upstream)
    return upstream


def rules_of(request: By) -> ActionRules:
    settings = settings_of(request)
    return ActionRules(settings.actions_owners, settings.actions_only_pinned)


handlers = [action_pin, action_tree]
