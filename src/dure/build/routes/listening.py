"""Waiting for a bell at the web edge, without holding a thread or the database meanwhile."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from dure.ledger import Bell


class Rung:
    """Whether a topic was rung since one last looked."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

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
async def listening(bell: Bell, topic: str) -> AsyncGenerator[Rung]:
    """Hear a topic for as long as the block lasts."""
    loop, rung = asyncio.get_running_loop(), Rung()

    def hear() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(rung.mark)

    end = bell.hear(topic, hear)
    try:
        yield rung
    finally:
        end()
