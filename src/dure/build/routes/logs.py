"""Logs as they grow: the words as plain text, and as a stream of events that goes on until the job is over."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import msgspec
from litestar import Response, get
from litestar.params import QueryParameter
from litestar.response import Stream

from dure.build.leaving import Logs, zipped_logs
from dure.build.routes.asked import API_RUN, ATTEMPT, RUN, RUN_JOB, logs_of
from dure.build.routes.listening import listening
from dure.build.shown import JobPage, job_page, run_page
from dure.kit import Invalid, say
from dure.plan import in_project
from dure.shell import By, Name, Number, language_of, read, refusals, resume_after

LOOK_SECONDS = 5.0
"""So often one looks without having heard a bell: the end of a job rings another one, and so does another house."""
FRESH_SECONDS = 0.1
"""While a log grows, how its job stands is asked no more often: readers are many, and a flood has many pieces."""
HEARTBEAT = b":\n\n"
KIND = "text/plain; charset=utf-8"

After = Annotated[int, QueryParameter(ge=0, le=2**53, description="From which byte on.")]


@get(f"{RUN_JOB}/log", include_in_schema=False)
async def log_text(
    request: By, owner: Name, name: Name, number: Number, job: Number, attempt: ATTEMPT = None
) -> Stream | Response[bytes]:
    return await log_of(request, owner, name, number, job, attempt)


@get(
    f"{API_RUN}/jobs/{{job:int}}/log",
    responses=refusals(),
    tags=["runs"],
    summary="The log of a job",
    description="As plain text, whole or the part that a Range header names. It may be read while the job runs.",
    media_type="text/plain",
)
async def log_for_programs(
    request: By, owner: Name, name: Name, number: Number, job: Number, attempt: ATTEMPT = None, after: After = 0
) -> Stream | Response[bytes]:
    return await log_of(request, owner, name, number, job, attempt, after)


async def log_of(
    request: By, owner: str, name: str, number: int, job_id: int, attempt: int | None, after: int = 0
) -> Stream | Response[bytes]:
    look = partial(job_page, number=number, job_id=job_id, attempt=attempt)
    found = await read(request, in_project(owner, name, look))
    logs, size = logs_of(request), await asyncio.to_thread(logs_of(request).size, job_id, found.attempt)
    part = range_in(request.headers.get("range"), size) if size else None
    start, stop = part or (min(after, size), size)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(max(stop - start, 0))}
    if part is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
        if start >= size:
            return Response(b"", status_code=416, headers={"Content-Range": f"bytes */{size}"}, media_type=KIND)
    return Stream(
        pieces(logs.read(job_id, found.attempt, start, stop)),
        status_code=200 if part is None else 206,
        headers=headers,
        media_type=KIND,
    )


async def pieces(reading: Iterator[bytes]) -> AsyncGenerator[bytes]:
    while piece := await asyncio.to_thread(next, reading, b""):
        yield piece


@get(f"{RUN}/logs.zip", include_in_schema=False)
async def every_log(request: By, owner: Name, name: Name, number: Number) -> Stream:
    """Of the last attempts of all jobs of a run."""
    found = await read(request, in_project(owner, name, partial(run_page, number=number)))
    wanted = [(job.id, job.attempt, job.name) for job in found.jobs]
    file = f"{name}-run-{number}-logs.zip"
    return Stream(
        pieces(zipped_logs(logs_of(request), wanted)),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{file}"'},
    )


def range_in(header: str | None, size: int) -> tuple[int, int] | None:
    """One range of bytes. Several at once, or one that cannot be read, are answered with the whole."""
    kind, _, words = (header or "").partition("=")
    first, found, last = words.partition("-")
    if kind.strip() != "bytes" or not found or not all(word == "" or word.isdecimal() for word in (first, last)):
        return None
    if not first:
        return (max(size - int(last), 0), size) if last else None
    return int(first), min(int(last) + 1, size) if last else size


@get(f"{RUN_JOB}/log.events", include_in_schema=False)
async def log_events(
    request: By,
    owner: Name,
    name: Name,
    number: Number,
    job: Number,
    after: After = 0,
    attempt: ATTEMPT = None,
) -> Stream:
    """The log from a byte on, then whatever is added, until the job is over."""
    look = partial(job_page, number=number, job_id=job, attempt=attempt)
    found = await read(request, in_project(owner, name, look))
    if after > await asyncio.to_thread(logs_of(request).size, job, found.attempt):
        raise Invalid({"after": say("The log is not so long.")})
    again = resume_after(request)
    follow = Following(request, logs_of(request), owner, name, number, job, found.attempt)
    return Stream(
        follow.frames(found, after if again is None else again),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@dataclass(frozen=True)
class Following:
    """One reader of one log."""

    request: By
    logs: Logs
    owner: str
    name: str
    number: int
    job_id: int
    attempt: int

    async def frames(self, found: JobPage, offset: int) -> AsyncGenerator[bytes]:
        yield b"retry: 1000\n\n"
        async with listening(self.request, self.logs.topic(self.job_id, self.attempt)) as rung:
            told, looked_at = b"", 0.0
            while not rung.over:
                rung.look()
                is_fresh = time.monotonic() - looked_at < FRESH_SECONDS
                if not is_fresh:
                    found, looked_at = await self.look(), time.monotonic()
                    steps = steps_told(found, language_of(self.request))
                    if steps != told:
                        yield event("steps", steps)
                        told = steps
                while piece := await asyncio.to_thread(self.logs.piece, self.job_id, self.attempt, offset):
                    whole = whole_lines(piece, over=found.is_over)
                    if not whole:
                        break
                    yield event("", text_of(offset, whole), offset + len(whole))
                    offset += len(whole)
                if found.is_over and offset >= await asyncio.to_thread(self.logs.size, self.job_id, self.attempt):
                    yield event("end", b"{}")
                    return
                if not await rung.wait(FRESH_SECONDS if is_fresh else LOOK_SECONDS) and not is_fresh:
                    yield HEARTBEAT

    async def look(self) -> JobPage:
        """How the job stands. Asked anew, as whoever reads: what one may not read any more ends."""
        look = partial(job_page, number=self.number, job_id=self.job_id, attempt=self.attempt)
        return await read(self.request, in_project(self.owner, self.name, look))


def whole_lines(piece: bytes, *, over: bool) -> bytes:
    """Up to the last end of a line: no letter and no line is torn apart. Of a job that is over, all there is."""
    end = piece.rfind(b"\n") + 1
    if end:
        return piece[:end]
    return piece if over or len(piece) >= (64 << 10) else b""


def text_of(offset: int, data: bytes) -> bytes:
    return msgspec.json.encode({"at": offset, "bytes": len(data), "text": data.decode(errors="replace")})


def steps_told(found: JobPage, language: str) -> bytes:
    """The steps as the viewer needs them, to fold the log by."""
    return msgspec.json.encode(
        [
            {
                "name": step.name,
                "state": step.state,
                "start": step.log_start,
                "end": step.log_end,
                "seconds": step.seconds,
                "number": step.number,
                "kind": step.kind,
                "why": step.reason.into(language) if step.reason is not None else "",
            }
            for step in found.steps
        ]
    )


def event(kind: str, data: bytes, number: int | None = None) -> bytes:
    name = b"event: " + kind.encode() + b"\n" if kind else b""
    mark = b"" if number is None else b"id: %d\n" % number
    return b"%b%bdata: %b\n\n" % (name, mark, data)


handlers = [log_text, log_for_programs, log_events, every_log]
