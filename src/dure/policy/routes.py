"""The live stream: one address for all rooms, and nobody hears what they may not read."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Stream as StreamedAnswer

from dure.kit import Invalid, say
from dure.ledger import Bell, Entry, House, Stream
from dure.people import ACCESS, Caller
from dure.policy.gate import readable
from dure.shell import live, resume_after

THINGS_MAX = 20
REF_LIMIT_CHARACTERS = 100

By = Request[Caller, None, State]


@get("/live", include_in_schema=False)
async def live_stream(request: By) -> StreamedAnswer:
    """What happens to the things named by `about`, to be repeated; to everything one may read when none is named."""
    about = frozenset(request.query_params.getall("about", []))
    if len(about) > THINGS_MAX or not all(len(ref) <= REF_LIMIT_CHARACTERS and ref.isprintable() for ref in about):
        raise Invalid({"about": say("At most {count} things can be followed at once.", count=THINGS_MAX)})
    house, stream = request.app.state["house"], request.app.state["stream"]
    assert isinstance(house, House)
    assert isinstance(stream, Stream)
    rung = house.bell.rung(ACCESS)
    may_read = await house.read(request.user, readable)
    entries = stream.follow(after=resume_after(request), about=about, readable=may_read)
    return live(request, until_access_changes(house.bell, rung, entries))


async def until_access_changes(bell: Bell, rung: int, entries: AsyncIterator[Entry]) -> AsyncGenerator[Entry, None]:
    """Ends as soon as anybody may do less than before. A browser comes back by itself, and is asked again who it is."""
    loop, changed = asyncio.get_running_loop(), asyncio.Event()

    def hear() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(changed.set)

    stop_hearing = bell.hear(ACCESS, hear)
    if bell.rung(ACCESS) != rung:  # It happened since we asked what may be read.
        changed.set()
    change = asyncio.ensure_future(changed.wait())
    coming: asyncio.Future[Entry] | None = None
    try:
        while True:
            coming = asyncio.ensure_future(following(entries))
            await asyncio.wait({coming, change}, return_when=asyncio.FIRST_COMPLETED)
            if change.done():
                return
            try:
                yield coming.result()
            except StopAsyncIteration:
                return
    finally:
        stop_hearing()
        change.cancel()
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
        if isinstance(entries, AsyncGenerator):
            await entries.aclose()


async def following(entries: AsyncIterator[Entry]) -> Entry:
    return await anext(entries)


handlers = [live_stream]
