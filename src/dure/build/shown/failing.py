"""What went wrong in a run, at a glance: the step of a job that failed, and the last lines it wrote."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from dure.build.leaving import Logs
from dure.build.run import Job, Step
from dure.ledger import Work

JOBS_MAX = 3
LINES_MAX = 20
READ_BYTES = 32 << 10
LINE_CHARACTERS_MAX = 500
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z(?:/(\d+))? ?")
"""When a line was written, and the number of its step where that ran in the background."""
PIECES_MAX = 8
"""So far back one looks for the lines of one step between those of others."""
COLOURS = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]")
MARK = re.compile(r"^##\[(\w+)\]")
UNSAID = frozenset({"group", "endgroup", "debug"})


@dataclass(frozen=True)
class Said:
    """One line, and at which byte of the log it begins."""

    at: int
    kind: str
    text: str


@dataclass(frozen=True)
class Failing:
    """A job that failed and the step because of which it did; none: it never came so far."""

    job: Job
    step: Step | None
    lines: Sequence[Said] = field(default_factory=list)


# open: only with jobs in hand that were asked for under their policy.
def failing_in(work: Work, jobs: Sequence[Job]) -> list[Failing]:
    """The first jobs whose failure counts, each with the step that failed first: others may have waited for it."""
    failed = [job for job in jobs if job.counted == "failure"]
    failed.sort(key=lambda job: (job.ended_at is None, job.ended_at, job.id))
    shown = failed[:JOBS_MAX]
    query = select(Step).where(Step.job_id.in_([job.id for job in shown]), Step.state == "failure")
    first: dict[tuple[int, int], Step] = {}
    for step in work.session.scalars(query.order_by(Step.ended_at, Step.number)) if shown else ():
        first.setdefault((step.job_id, step.attempt), step)
    return [Failing(job, first.get((job.id, job.attempt))) for job in shown]


def with_lines(logs: Logs, failing: Sequence[Failing]) -> list[Failing]:
    """The same with what their steps wrote last. It reads files: not for a Work."""
    return [Failing(one.job, one.step, last_lines(logs, one.job, one.step)) for one in failing]


def last_lines(logs: Logs, job: Job, step: Step | None) -> list[Said]:
    size = logs.size(job.id, job.attempt)
    start, end = (0, size) if step is None else (step.log_start or 0, size if step.log_end is None else step.log_end)
    end = min(end, size)
    number = str(step.number) if step is not None and step.kind == "background" else None
    said: list[Said] = []
    for pieces in (1, PIECES_MAX):
        begin = max(start, end - READ_BYTES * pieces)
        data = b"".join(logs.read(job.id, job.attempt, begin, end)) if end > begin else b""
        said, at = [], begin
        for place, raw in enumerate(data.split(b"\n")):
            # What does not begin at the beginning of a line is half a line.
            if raw and (place or begin == start):
                said += read_line(at, raw, number, anyone=step is None)
            at += len(raw) + 1
        said = [line for line in said if line.kind not in UNSAID]
        if len(said) >= LINES_MAX or begin == start:
            break
    return said[-LINES_MAX:]


def read_line(at: int, raw: bytes, number: str | None, *, anyone: bool) -> list[Said]:
    """The line, if the step with that number said it; None: the one that had its turn."""
    words = raw[: LINE_CHARACTERS_MAX * 4].decode(errors="replace").lstrip("\ufeff")
    time = TIME.match(words)
    if not anyone and time is not None and time[1] != number:
        return []
    words = COLOURS.sub("", words[time.end() :] if time is not None else words)
    mark = MARK.match(words)
    return [Said(at, mark[1] if mark else "", (words[mark.end() :] if mark else words)[:LINE_CHARACTERS_MAX])]
