"""The runner protocol: what `dure.wire.runner` describes, each address a few lines over one verb."""

import asyncio
from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, post, put
from litestar.enums import MediaType
from litestar.params import JSONBody, QueryParameter

from dure.build.leaving import Gap
from dure.build.routes.asked import KEYS, blobs_of, keys_of, logs_of, runner_of, settings_of, shown_token
from dure.build.routes.listening import listening
from dure.build.run import BELL
from dure.build.runners import (
    Board,
    Desk,
    Holding,
    Missed,
    Runner,
    claim_for,
    hand_in_report,
    is_due_for_note,
    known_runner,
    note_lease,
    note_life,
    outlook,
    register,
    registration_of,
    report,
    sign_of_life,
    taken,
)
from dure.kit import Invalid, say
from dure.ledger import Work
from dure.shell import By, Name, Number, house_of, read, write
from dure.wire import (
    LOG_CHUNK_BYTES_MAX,
    RUNNER_API,
    TEST_BYTES_MAX,
    ArtifactName,
    ArtifactTaken,
    Claim,
    Heartbeat,
    LogTaken,
    Orders,
    Registered,
    Registration,
    Report,
    Taken,
    Wanted,
)

REPORT_BYTES_MAX = 16 << 20
JOB = f"{RUNNER_API}/jobs/{{job:int}}"

Attempt = Annotated[int, QueryParameter(ge=1, le=10_000)]
Offset = Annotated[int, QueryParameter(ge=0, le=2**53)]


@post(f"{RUNNER_API}/register", opt=KEYS, include_in_schema=False, status_code=200)
async def registered(request: By, data: JSONBody[Registration]) -> Registered:
    runner = await write(request, partial(register, runner_id=await runner_of(request), told=data))
    return Registered(runner_id=runner.id, drained=runner.is_drained)


@post(f"{RUNNER_API}/claims", opt=KEYS, include_in_schema=False)
async def claims(request: By, data: JSONBody[Claim]) -> Response[bytes]:
    """Held open until there is a job. Meanwhile neither a thread nor the database is held."""
    runner_id, desk = await runner_of(request), desk_of(request)
    deadline = asyncio.get_running_loop().time() + data.wait_seconds
    began_at = None
    async with listening(request, BELL, registration_of(runner_id)) as rung:
        while True:
            rung.look()
            found = await read(request, partial(outlook, runner_id=runner_id, board=desk.board))
            if not found.ever:
                return Response(b"", status_code=205)
            if found.began_at != (began_at := began_at or found.began_at):
                return Response(b"", status_code=204)
            if found.work and not rung.over:
                order = await write(request, partial(claim_for, seeker=found.seeker, desk=desk))
                if order is not None:
                    return Response(msgspec.json.encode(order), status_code=200, media_type=MediaType.JSON)
                # Somebody else was quicker, or it could not be given: there may be another.
                continue
            left = max(deadline - asyncio.get_running_loop().time(), 0)
            if rung.over or not await rung.wait(left):
                return Response(b"", status_code=204)


@post(f"{JOB}/taken", opt=KEYS, include_in_schema=False, status_code=200)
async def job_taken(request: By, job: Number, data: JSONBody[Taken]) -> Orders:
    runner_id = await runner_of(request)
    return await write(request, partial(taken, runner_id=runner_id, job_id=job, attempt=data.attempt))


@post(f"{JOB}/reports", opt=KEYS, include_in_schema=False, status_code=200, request_max_body_size=REPORT_BYTES_MAX)
async def reports(request: By, job: Number, data: JSONBody[Report]) -> Response[Orders] | Response[Wanted]:
    topic = logs_of(request).topic(job, data.attempt)
    try:
        if not data.log:
            runner_id = await runner_of(request)
        else:
            runner_id, _ = await standing(request, job, data.attempt)
            await write_down(request, job, data.attempt, data.log_offset, data.log)
        orders = await write(request, partial(report, runner_id=runner_id, job_id=job, told=data, topic=topic))
    except Missed as missed:
        return Response(Wanted(wanted=missed.wanted), status_code=409)
    except Gap as gap:
        return Response(Wanted(wanted=gap.wanted, of="log"), status_code=409)
    return Response(orders)


@post(f"{JOB}/heartbeats", opt=KEYS, include_in_schema=False, status_code=200)
async def heartbeats(request: By, job: Number, data: JSONBody[Heartbeat]) -> Orders:
    return await alive(request, job, data.attempt)


@put(f"{JOB}/log", opt=KEYS, include_in_schema=False, request_max_body_size=LOG_CHUNK_BYTES_MAX)
async def log(request: By, job: Number, attempt: Attempt, offset: Offset) -> Response[LogTaken] | Response[Wanted]:
    """The next bytes of a log. Whoever looks at it sees them at once."""
    await alive(request, job, attempt)
    data = b"".join([piece async for piece in request.stream()])
    try:
        return Response(LogTaken(length=await write_down(request, job, attempt, offset, data)))
    except Gap as gap:
        return Response(Wanted(wanted=gap.wanted, of="log"), status_code=409)


async def write_down(request: By, job: int, attempt: int, offset: int, data: bytes) -> int:
    """Into the log. Who may do it was asked before."""
    logs = logs_of(request)
    length = await asyncio.to_thread(logs.append, job, attempt, offset, data)
    house_of(request).bell.ring([logs.topic(job, attempt)])
    return length


@put(f"{JOB}/tests/{{name:str}}", opt=KEYS, include_in_schema=False, request_max_body_size=TEST_BYTES_MAX)
async def tests(request: By, job: Number, name: Name, attempt: Attempt) -> ArtifactTaken:
    held, name = await holding(request, job, attempt), artifact_name(name)
    kept = await received(request, TEST_BYTES_MAX)
    await write(request, partial(hand_in_report, held=held, name=name, kept=kept))
    return kept


async def alive(request: By, job: int, attempt: int) -> Orders:
    """A sign of life of a job: any word about it is one. It is seldom worth a write."""
    return (await standing(request, job, attempt))[1]


async def standing(request: By, job: int, attempt: int) -> tuple[int, Orders]:
    """Which runner it is, and what the house wants of its job: asked in one go, since it is asked so often."""
    secret = shown_token(request)

    def look(work: Work) -> tuple[Runner, Orders, bool]:
        runner = known_runner(work, secret)
        return runner, *sign_of_life(work, runner.id, job, attempt)

    runner, orders, due = await read(request, look)
    if due:
        await write(request, partial(note_lease, runner_id=runner.id, job_id=job, attempt=attempt))
    if is_due_for_note(runner):
        await write(request, partial(note_life, runner_id=runner.id))
    return runner.id, orders


async def holding(request: By, job: int, attempt: int) -> Holding:
    """The job that a runner speaks of; that it speaks of it is a sign of life."""
    runner_id, _ = await standing(request, job, attempt)
    return Holding(runner_id, job, attempt)


async def received(request: By, bytes_max: int, expected: str = "") -> ArtifactTaken:
    """The body, streamed into the blobs."""
    blobs = blobs_of(request)
    digest = await blobs.receive(request.stream(), expected or None, bytes_max=bytes_max)
    return ArtifactTaken(digest=digest, size=await asyncio.to_thread(blobs.size, digest))


def artifact_name(name: str) -> str:
    try:
        return msgspec.convert(name, ArtifactName)
    except msgspec.ValidationError as problem:
        raise Invalid({"name": say("A name has letters, digits, spaces and . _ - in it.")}) from problem


def desk_of(request: By) -> Desk:
    settings = settings_of(request)
    board = request.app.state["board"]
    assert isinstance(board, Board)
    return Desk(
        keys_of(request),
        settings.url,
        settings.log_bytes_max,
        settings.job_timeout_minutes,
        settings.artifact_days,
        board,
    )


handlers = [
    registered,
    claims,
    job_taken,
    reports,
    heartbeats,
    log,
    tests,
]
