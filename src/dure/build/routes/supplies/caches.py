"""Caches for runners: what `dure.wire.caches` describes."""

from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, get, put
from litestar.enums import MediaType
from litestar.params import QueryParameter
from litestar.response import Stream

from dure.build.leaving import TooLarge
from dure.build.routes.asked import KEYS, blobs_of, settings_of
from dure.build.routes.runner import JOB, Attempt, holding, received
from dure.build.runners import cache_to_fetch, cache_to_keep, cache_wanted, note_cache_wanted, own_cache_of
from dure.kit import Invalid, say
from dure.shell import By, Number, read, write
from dure.wire import ARTIFACT_BYTES_MAX, CACHE_KEYS_MAX, CacheCard, CacheKept, CacheKey, CacheVersion

Words = Annotated[str, QueryParameter(max_length=600)]
Keys = Annotated[list[str] | None, QueryParameter(max_items=CACHE_KEYS_MAX)]
Expected = Annotated[str, QueryParameter(max_length=100)]
Mine = Annotated[bool, QueryParameter()]


@get(f"{JOB}/caches", opt=KEYS, include_in_schema=False)
async def cache(
    request: By, job: Number, attempt: Attempt, key: Words, version: Words, restore: Keys = None, mine: Mine = False
) -> Response[bytes]:
    """The best there is for these keys; with `mine` only what this run would write itself."""
    held = await holding(request, job, attempt)
    keys = [cache_key(each) for each in (key, *(restore or ()))]
    known = cache_version(version)
    if mine:
        found = await read(request, partial(own_cache_of, held=held, key=keys[0], version=known))
    else:
        found = await read(request, partial(cache_wanted, held=held, keys=keys, version=known))
    if found is None:
        return Response(b"", status_code=204)
    await write(request, partial(note_cache_wanted, held=held, cache_id=found.id))
    card = CacheCard(id=found.id, key=found.key, size=found.size, digest=found.digest)
    return Response(msgspec.json.encode(card), status_code=200, media_type=MediaType.JSON)


@get(f"{JOB}/caches/{{cache_id:int}}", opt=KEYS, include_in_schema=False)
async def cache_bytes(request: By, job: Number, cache_id: Number, attempt: Attempt) -> Stream:
    held = await holding(request, job, attempt)
    found = await read(request, partial(cache_to_fetch, held=held, cache_id=cache_id))
    return Stream(
        blobs_of(request).send(found.digest),
        media_type="application/octet-stream",
        headers={"Content-Length": str(found.size)},
    )


@put(f"{JOB}/caches", opt=KEYS, include_in_schema=False, request_max_body_size=ARTIFACT_BYTES_MAX)
async def new_cache(
    request: By, job: Number, attempt: Attempt, key: Words, version: Words, digest: Expected = ""
) -> CacheKept:
    """Whether it may be written at all is asked before any of it is received."""
    held, bytes_max = await holding(request, job, attempt), settings_of(request).cache_bytes_max
    key, version = cache_key(key), cache_version(version)
    there = await read(request, partial(own_cache_of, held=held, key=key, version=version))
    if there is not None:
        return CacheKept(id=there.id, fresh=False)
    if int(request.headers.get("content-length") or 0) > bytes_max:
        raise TooLarge(say("A project's caches may have {count:,} bytes; this one alone has more.", count=bytes_max))
    sent = await received(request, ARTIFACT_BYTES_MAX, digest)
    keep = partial(cache_to_keep, held=held, key=key, version=version, sent=sent, bytes_max=bytes_max)
    kept = await write(request, keep)
    return CacheKept(id=kept.cache.id, fresh=kept.fresh)


def cache_key(said: str) -> str:
    try:
        return msgspec.convert(said, CacheKey)
    except msgspec.ValidationError as problem:
        raise Invalid({"key": say("A key has up to 512 characters, and no comma.")}) from problem


def cache_version(said: str) -> str:
    try:
        return msgspec.convert(said, CacheVersion)
    except msgspec.ValidationError as problem:
        raise Invalid({"version": say("This is not a version of a cache.")}) from problem


handlers = [cache, cache_bytes, new_cache]
