"""What a job came to, under its key: its outputs, and the artifacts that it left."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil

import msgspec
from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import code
from dure.build.leaving import Artifact, Left, artifacts_of
from dure.build.run import Job, Run
from dure.kit import now
from dure.ledger import BIG, Moment, Table, Work
from dure.plan import Project

KEPT_DAYS = 90
"""A result that nobody asked for so long is forgotten."""
TRUSTED_EVENTS = frozenset({"push", "workflow_dispatch", "schedule", "create"})
KEY_CHARACTERS = 64


class Result(Table):
    """One result. `place` is empty when every run of the project may take it over, else the ref whose runs may."""

    __tablename__ = "build_result"
    __table_args__ = (UniqueConstraint("project_id", "key", "place"), Index("ix_build_result_used_at", "used_at"))

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    key: Mapped[str]
    place: Mapped[str]
    number: Mapped[int]
    """The run that did the work; 0: it was done elsewhere."""
    run_id: Mapped[int | None] = mapped_column(BIG)
    job_id: Mapped[int | None] = mapped_column(BIG)
    """The job of that run, whose log tells how it was done."""
    by: Mapped[str]
    """Who brought what was done elsewhere."""
    outputs: Mapped[str] = mapped_column(Text)
    left: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime] = mapped_column(Moment)

    @property
    def given(self) -> dict[str, str]:
        return msgspec.json.decode(self.outputs, type=dict[str, str])

    @property
    def artifacts(self) -> list[Left]:
        return msgspec.json.decode(self.left, type=list[Left])


class Brought(Table):
    """An artifact of work that was done elsewhere, under the key of that work."""

    __tablename__ = "build_result_artifact"
    __table_args__ = (UniqueConstraint("project_id", "key", "name"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    key: Mapped[str]
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BIG)
    kind: Mapped[str]
    kept_at: Mapped[datetime] = mapped_column(Moment, index=True)


# open: only with a job in hand that its own runner reports on.
def keep_result(work: Work, run: Run, job: Job) -> None:
    """A job with a key ended well: what it came to may be taken over."""
    if len(job.cache_key) != KEY_CHARACTERS or job.state != "success":
        return
    mine = [each for each in artifacts_of(work, run) if each.job_id == job.id and each.attempt == job.attempt]
    left = [Left(each.name, each.digest, each.size, each.kind, days_of(each)) for each in mine]
    found = put(work, run.project_id, job.cache_key, place_of(work, run), job.given, left)
    found.number, found.run_id, found.job_id, found.by = run.number, run.id, job.id, ""


def days_of(artifact: Artifact) -> int | None:
    """So long it is kept, from whenever it is left."""
    return None if artifact.expires_at is None else ceil((artifact.expires_at - artifact.kept_at) / timedelta(days=1))


def place_of(work: Work, run: Run) -> str:
    """Whoever may push to the default branch is trusted with the results of all; others share only with themselves."""
    repository = code.repository_of(work, work.session.get_one(Project, run.project_id))
    # Not tags: whoever may not push to the default branch may still tag what they like.
    trusted = repository is not None and run.ref == repository.default_ref
    return "" if trusted and run.event in TRUSTED_EVENTS else run.ref


def put(work: Work, project_id: int, key: str, place: str, outputs: Mapping[str, str], left: Sequence[Left]) -> Result:
    found = find(work, project_id, key, place)
    words = msgspec.json.encode(dict(outputs)).decode(), msgspec.json.encode(list(left)).decode()
    if found is None:
        found = work.add(
            Result(
                project_id=project_id,
                key=key,
                place=place,
                number=0,
                run_id=None,
                job_id=None,
                by="",
                outputs=words[0],
                left=words[1],
                made_at=now(),
                used_at=now(),
            )
        )
    found.outputs, found.left = words
    found.made_at = found.used_at = now()
    return found


# open: only with a run in hand that was asked for under its policy.
def result_of(work: Work, run: Run, key: str) -> Result | None:
    """What a job of this run may take over, as long as everything that was left is still there."""
    for place in dict.fromkeys(("", place_of(work, run))):
        found = find(work, run.project_id, key, place)
        if found is not None and is_whole(work, found):
            found.used_at = now()
            return found
    return None


def find(work: Work, project_id: int, key: str, place: str) -> Result | None:
    same = Result.project_id == project_id, Result.key == key, Result.place == place
    return work.session.scalars(select(Result).where(*same)).one_or_none()


def is_whole(work: Work, result: Result, without: Collection[int] = ()) -> bool:
    """Bytes are kept as long as some artifact names them. `without`: these that were brought do not count."""
    digests = {each.digest for each in result.artifacts}
    if not digests:
        return True
    there = set(work.session.scalars(select(Artifact.digest).where(Artifact.digest.in_(digests))))
    brought = select(Brought.digest).where(Brought.digest.in_(digests - there), Brought.id.not_in(without))
    return digests <= there | set(work.session.scalars(brought))


# open: the house's own tidying, by the clock.
def forget_results(work: Work) -> None:
    long_ago = now() - timedelta(days=KEPT_DAYS)
    work.session.execute(delete(Result).where(Result.used_at < long_ago))
    same = Result.project_id == Brought.project_id, Result.key == Brought.key
    used = select(Result.id).where(*same, Result.run_id.is_(None))
    work.session.execute(delete(Brought).where(Brought.kept_at < now() - timedelta(days=1), ~used.exists()))
