"""The caches of a project for people and programs, under /api/v1."""

from functools import partial

from litestar import delete, get

from dure.build.leaving import Cache, caches_of, drop_cache
from dure.build.routes.asked import API, settings_of
from dure.plan import in_project
from dure.shell import By, Number, Slug, read, refusals, write
from dure.wire import CacheInfo, CacheList

TAGS = ["runs"]
HERE = f"{API}/caches"


@get(HERE, responses=refusals(), tags=TAGS, summary="Caches of jobs")
async def caches(request: By, owner: Slug, name: Slug) -> CacheList:
    """What jobs keep to be faster next time, the last used first."""
    found = await read(request, in_project(owner, name, caches_of))
    return CacheList(
        caches=[cache_told(each) for each in found],
        bytes=sum(each.size for each in found),
        bytes_max=settings_of(request).cache_bytes_max,
    )


@delete(f"{HERE}/{{cache:int}}", responses=refusals(), tags=TAGS, summary="Drop a cache")
async def no_cache(request: By, owner: Slug, name: Slug, cache: Number) -> None:
    """Jobs make it anew."""
    await write(request, in_project(owner, name, partial(drop_cache, cache_id=cache)))


def cache_told(row: Cache) -> CacheInfo:
    return CacheInfo(
        id=row.id,
        key=row.key,
        ref=row.ref,
        version=row.version,
        size=row.size,
        made_at=row.made_at,
        used_at=row.used_at,
    )


handlers = [caches, no_cache]
