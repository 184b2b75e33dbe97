"""What happens to an issue is told as it happens, and only to those who may read it."""

import asyncio
from contextlib import suppress

from dure import plan, policy
from dure.ledger import Entry, Rounds, Stream
from dure.people import Caller
from tests.plan.conftest import Village


async def heard_by(stream: Stream, village: Village, caller: Caller, about: str, enough: asyncio.Event) -> list[str]:
    """The kinds of what a reader is told, until it is told that the end has come."""
    readable = await village.house.read(caller, policy.readable)
    heard: list[str] = []
    entries = stream.follow(after=None, about=frozenset({about, "project:2"}), readable=readable)
    async for entry in entries:
        assert isinstance(entry, Entry)
        heard.append(f"{entry.kind} {entry.within}")
        if entry.kind == "plan.issue_opened" and entry.within == "project:2":
            enough.set()
            break
    return heard


def test_a_stranger_hears_nothing_of_a_private_project(village: Village) -> None:
    village.house.write_now(village.ada, lambda work: plan.make_project(work, owner="ada", name="open", everyone=True))

    async def listen() -> tuple[list[str], list[str]]:
        stream = Stream(village.house)
        await stream.start()
        ends = [asyncio.Event(), asyncio.Event()]
        readers = [
            asyncio.create_task(heard_by(stream, village, caller, "project:1", end))
            for caller, end in zip((village.bob, village.carl), ends, strict=True)
        ]
        while len(stream.readers) < 2:  # noqa: ASYNC110 - nothing rings when a reader has come
            await asyncio.sleep(0.001)
        await asyncio.to_thread(village.open, "Private")
        await asyncio.to_thread(village.open, "Public", None, "ada/open")
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.gather(*readers), 60)
        await stream.stop()
        return readers[0].result(), readers[1].result()

    rounds = Rounds(village.house, "test")
    rounds.start()
    try:
        bob, carl = asyncio.run(listen())
    finally:
        rounds.stop()
    assert "plan.issue_opened project:1" in bob
    assert "plan.issue_opened project:2" in carl
    assert not [line for line in carl if line.endswith("project:1")]
