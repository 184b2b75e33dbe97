"""Pages that live: a stream of what happens, from where the browser stopped listening."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import msgspec
from litestar.response import Stream

from dure.ledger import Entry, FellBehind
from dure.shell.viewer import Asked, language_of

HEARTBEAT_SECONDS = 15.0
"""Proxies close a connection that says nothing for a minute; some do after half of one."""

RETRY_MILLISECONDS = 2000


def live(request: Asked, entries: AsyncIterator[Entry], *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> Stream:
    """Server-sent events for as long as the browser listens. Closing the page ends `entries` too.

    Whether the reader may see them is asked before. A reader who fell behind is told to load anew, and is then
    followed no further: it comes back by itself, without a place to resume from.
    """
    return Stream(
        frames(entries, language_of(request), heartbeat_seconds),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def resume_after(request: Asked) -> int | None:
    """The last entry the browser has seen, when it comes back. None: it comes for the first time."""
    for word in (request.headers.get("last-event-id"), request.query_params.get("after")):
        if word and word.isascii() and word.isdigit() and len(word) < 19:
            return int(word)
    return None


async def frames(entries: AsyncIterator[Entry], language: str, heartbeat_seconds: float) -> AsyncGenerator[bytes, None]:
    yield b"retry: %d\n\n" % RETRY_MILLISECONDS
    coming: asyncio.Task[Entry] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(following(entries))
            done, _ = await asyncio.wait({coming}, timeout=heartbeat_seconds)
            if not done:
                yield b":\n\n"
                continue
            finished, coming = coming, None
            try:
                entry = finished.result()
            except FellBehind:
                yield b"event: behind\nid\ndata: {}\n\n"
                return
            except StopAsyncIteration:
                return
            yield frame(entry, language)
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        if isinstance(entries, AsyncGenerator):
            await entries.aclose()


async def following(entries: AsyncIterator[Entry]) -> Entry:
    return await anext(entries)


def frame(entry: Entry, language: str) -> bytes:
    sentence = entry.sentence().into(language)
    told = {"kind": entry.kind, "about": entry.refs, "by": entry.actor_name, "sentence": sentence}
    return b"id: %d\ndata: %s\n\n" % (entry.id, msgspec.json.encode(told))
