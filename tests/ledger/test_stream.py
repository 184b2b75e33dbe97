"""The live stream: everything that may be read, in order, once; and an honest word to who fell behind."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest

from dure.ledger import Entry, FellBehind, House, Stream, Work
from dure.ledger.stream import BATCH_MAX, WAITING_MAX
from tests.ledger.conftest import OpenHouse
from tests.ledger.notes import ADA, EVENTUALLY_SECONDS, NoteWritten, entries, eventually, seal_all, write_note

Follow = AsyncGenerator[Entry, None]


@asynccontextmanager
async def streaming(house: House) -> AsyncIterator[Stream]:
    stream = Stream(house)
    await stream.start()
    try:
        yield stream
    finally:
        await stream.stop()


def follow(stream: Stream, *about: str, after: int | None = None, scopes: str = "project:1") -> Follow:
    followed = stream.follow(after=after, about=frozenset(about), readable=lambda scope: scope in scopes)
    assert isinstance(followed, AsyncGenerator)
    return followed


async def write(house: House, *words: str, within: str = "project:1") -> None:
    for each in words:
        await house.write(ADA, partial(write_note, words=each, within=within))
    await asyncio.to_thread(seal_all, house)


def many(work: Work, count: int) -> None:
    for number in range(count):
        work.record(NoteWritten(note=number, words=str(number)), about=["pile:1"], within="project:1")


async def following(stream: Stream, readers: int = 1) -> None:
    """Waits until this many readers have been let in."""
    await asyncio.to_thread(eventually, lambda: len(stream.readers) >= readers)


async def take(followed: Follow, count: int) -> list[str]:
    async with asyncio.timeout(EVENTUALLY_SECONDS):
        return [str((await anext(followed)).sentence()).removeprefix("wrote ") for _ in range(count)]


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def within_limits() -> None:
        async with asyncio.timeout(2 * EVENTUALLY_SECONDS):
            await test()

    asyncio.run(within_limits())


def test_a_reader_hears_what_happens_from_now_on_in_order(house: House) -> None:
    async def test() -> None:
        await write(house, "before")
        async with streaming(house) as stream:
            heard = asyncio.create_task(take(follow(stream), 3))
            await following(stream)
            await write(house, "one", "two")
            await write(house, "three")
            assert await heard == ["one", "two", "three"]

    run(test)


def test_a_reader_resumes_after_the_last_entry_seen(house: House) -> None:
    async def test() -> None:
        await write(house, "one", "two", "three")
        seen = (await house.read(ADA, entries))[0].id
        async with streaming(house) as stream:
            followed = follow(stream, after=seen)
            assert await take(followed, 2) == ["two", "three"]
            await write(house, "four")
            assert await take(followed, 1) == ["four"]
            await followed.aclose()
            assert not stream.readers

    run(test)


def test_nothing_is_told_twice_when_the_stream_lags_behind_the_reader(house: House) -> None:
    """The reader saw an entry through another house; this one has not handed it round yet."""

    async def test() -> None:
        async with streaming(house) as stream:
            await write(house, "one", "two")
            first, second = await house.read(ADA, entries)
            place, stream._place = stream._place, stream._place.__class__(0, 0)
            followed = follow(stream, after=second.id)
            told = asyncio.create_task(take(followed, 1))
            await following(stream)
            for entry in (first, second):
                for reader in stream.readers:
                    reader.offer(entry)
            stream._place = place
            await write(house, "three")
            assert await told == ["three"]

    run(test)


def test_a_reader_hears_only_what_it_may_and_wants(house: House) -> None:
    async def test() -> None:
        async with streaming(house) as stream:
            everything = asyncio.create_task(take(follow(stream, scopes="project:1 project:2"), 4))
            one_project = asyncio.create_task(take(follow(stream), 2))
            one_note = asyncio.create_task(take(follow(stream, "note:b", "note:nothing"), 1))
            await following(stream, 3)
            await write(house, "a", "b")
            await write(house, "secret", "hidden", within="project:2")
            assert await everything == ["a", "b", "secret", "hidden"]
            assert await one_project == ["a", "b"]
            assert await one_note == ["b"]

    run(test)


def test_who_resumes_hears_only_what_it_may_and_wants_too(house: House) -> None:
    async def test() -> None:
        await write(house, "start")
        seen = (await house.read(ADA, entries))[0].id
        await write(house, "secret", within="project:2")
        await write(house, "a", "b")
        async with streaming(house) as stream:
            assert await take(follow(stream, after=seen), 2) == ["a", "b"]
            assert await take(follow(stream, "note:b", after=seen), 1) == ["b"]

    run(test)


def test_a_slow_reader_is_told_that_it_fell_behind(house: House) -> None:
    async def test() -> None:
        async with streaming(house) as stream:
            followed = follow(stream)
            first = asyncio.create_task(take(followed, 1))
            quick = follow(stream)
            heard = asyncio.create_task(take(quick, WAITING_MAX + 50))
            await following(stream, 2)
            await house.write(ADA, partial(many, count=WAITING_MAX + 50))
            await asyncio.to_thread(seal_all, house)
            # One that listens all the while hears everything.
            assert len(set(await heard)) == WAITING_MAX + 50
            assert await first == ["0"]
            with pytest.raises(FellBehind):
                await take(followed, WAITING_MAX + 50)

    run(test)


def test_who_was_away_too_long_is_told_so(house: House) -> None:
    async def test() -> None:
        await write(house, "start")
        seen = (await house.read(ADA, entries))[0].id
        for number in range(BATCH_MAX + 1):
            await house.write(ADA, partial(write_note, words=str(number)))
        await asyncio.to_thread(seal_all, house)
        async with streaming(house) as stream:
            with pytest.raises(FellBehind):
                await take(follow(stream, after=seen), 1)
            assert not stream.readers

    run(test)


@pytest.mark.parametrize("after", [0, 999_999])
def test_a_place_that_nobody_knows_is_behind(house: House, after: int) -> None:
    async def test() -> None:
        async with streaming(house) as stream:
            with pytest.raises(FellBehind):
                await take(follow(stream, after=after), 1)

    run(test)


def test_many_readers_hear_the_same(house: House) -> None:
    async def test() -> None:
        async with streaming(house) as stream:
            heard = [asyncio.create_task(take(follow(stream), 5)) for _ in range(100)]
            await following(stream, 100)
            await write(house, *"abcde")
            assert set(map(tuple, await asyncio.gather(*heard))) == {tuple("abcde")}

    run(test)


def test_the_end_of_the_house_ends_its_readers(house: House) -> None:
    async def test() -> None:
        stream = Stream(house)
        await stream.start()

        async def listen() -> list[Entry]:
            return [entry async for entry in follow(stream)]

        readers = [asyncio.create_task(listen()) for _ in range(3)]
        await following(stream, 3)
        await stream.stop()
        assert await asyncio.gather(*readers) == [[], [], []]

    run(test)


def test_what_happens_in_one_house_is_heard_in_the_other(open_house: OpenHouse) -> None:
    here, there = open_house(), open_house()
    if here.database.engine.dialect.name == "sqlite":
        pytest.skip("only one house at a time runs on SQLite")

    async def test() -> None:
        async with streaming(there) as stream:
            heard = asyncio.create_task(take(follow(stream), 2))
            await following(stream)
            await write(here, "one", "two")
            assert await heard == ["one", "two"]

    run(test)
