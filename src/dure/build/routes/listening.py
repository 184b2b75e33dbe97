"""Waiting for a bell at the web edge, without holding a thread or the database meanwhile."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from dure.ledger import STOPPING, Stream
from dure.shell import By, house_of


class Rung:
    """Whether a topic was rung since one last looked."""

    def __init__(self, stream: Stream) -> None:
        self._event, self._stream = asyncio.Event(), stream
        self._ended = False

    @property
    def over(self) -> bool:
        """Nobody needs the answer any more, or the house is about to stop, and whoever waits lets it."""
        return self._ended or self._stream.stopped

    def end(self) -> None:
        self._ended = True
        self._event.set()

    def mark(self) -> None:
        self._event.set()

    def look(self) -> None:
        """From here on only later rings count. Look for work after this, not before."""
        self._event.clear()

    async def wait(self, seconds: float) -> bool:
        """Until it rings, or until the time is up; whether it rang."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        return True


@asynccontextmanager
async def listening(request: By, *topics: str) -> AsyncGenerator[Rung]:
    """Hear these topics for as long as the block lasts. It is over when the house stops."""
    bell, stream = house_of(request).bell, request.app.state["stream"]
    assert isinstance(stream, Stream)
    loop, rung = asyncio.get_running_loop(), Rung(stream)

    def to(act: Callable[[], None]) -> Callable[[], None]:
        def hear() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(act)

        return hear

    ends = [bell.hear(STOPPING, to(rung.end)), *(bell.hear(topic, to(rung.mark)) for topic in topics)]
    try:
        yield rung
    finally:
        for end in ends:
            end()
