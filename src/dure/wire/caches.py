"""Caches of jobs, between a runner and the house, and as people look after them.

For runners, under /api/runner/v1 like the rest of `dure.wire.runner`:

    GET  /jobs/{job}/caches?attempt&version&key&restore...    -> 200 CacheCard | 204: there is none
    GET  /jobs/{job}/caches/{id}?attempt                      its bytes, streamed
    PUT  /jobs/{job}/caches?attempt&version&key               bytes, streamed -> CacheKept
    POST /jobs/{job}/id-tokens?attempt     IdTokenWanted      -> IdToken
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

CACHE_KEY_CHARACTERS_MAX = 512
CACHE_KEYS_MAX = 10

CacheKey = Annotated[
    str, Meta(min_length=1, max_length=CACHE_KEY_CHARACTERS_MAX, pattern=r"^[^,\x00-\x1f\x7f]+(?![\s\S])")
]
CacheVersion = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._-]+(?![\s\S])")]


class CacheCard(Struct, kw_only=True):
    """A cache that a job may read."""

    id: int
    key: str
    size: int
    digest: str


class CacheKept(Struct, kw_only=True):
    id: int
    fresh: bool
    """Whether it is kept now; not, where there is one of this key already, which is never changed."""
    why: str = ""


class IdTokenWanted(Struct, kw_only=True):
    """A job wants to say who it is to somebody outside of this house."""

    audience: Annotated[str, Meta(max_length=1000)] = ""


class IdToken(Struct, kw_only=True):
    value: str


class CacheInfo(Struct, kw_only=True):
    """A cache, as people see it."""

    id: int
    key: str
    ref: str
    """Jobs of this ref wrote it; who may read it follows from that."""
    version: str
    size: int
    made_at: datetime
    used_at: datetime


class CacheList(Struct, kw_only=True):
    caches: list[CacheInfo]
    bytes: int
    """Of all caches of the project together."""
    bytes_max: int
