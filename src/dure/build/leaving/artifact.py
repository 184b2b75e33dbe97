"""Artifacts and test reports: blobs under a name that a job gave them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, policy
from dure.build.run import Job, Run, run_of
from dure.kit import Missing, Refused, now, say
from dure.ledger import BIG, Event, Moment, Table, Work
from dure.plan import Project
from dure.wire import TESTS_MAX

ARTIFACTS_MAX = 500
"""Of one run."""
EXPIRED_AT_ONCE = 500


ZIP = "application/zip"


class Artifact(Table):
    """A zip, or one file, that a job left for other jobs, for a release, and for people."""

    __tablename__ = "build_artifact"
    # Clients remember the numbers of artifacts, so none is given twice.
    __table_args__ = (UniqueConstraint("run_id", "name"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    run_id: Mapped[int] = mapped_column(BIG, ForeignKey("build_run.id"))
    job_id: Mapped[int] = mapped_column(BIG, ForeignKey("build_job.id"))
    attempt: Mapped[int]
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BIG)
    kept_at: Mapped[datetime] = mapped_column(Moment)
    kind: Mapped[str] = mapped_column(default=ZIP)
    """Its media type."""
    expires_at: Mapped[datetime | None] = mapped_column(Moment, default=None, index=True)

    @property
    def file_name(self) -> str:
        """What it is called on the disk of whoever fetches it."""
        return f"{self.name}.zip" if self.kind == ZIP else self.name


@dataclass(frozen=True)
class Left:
    """What a job says of an artifact that it leaves. `days`: so long it shall be kept."""

    name: str
    digest: str
    size: int
    kind: str = ZIP
    days: int | None = None


class Report(Table):
    """The JUnit XML that a job's tests wrote."""

    __tablename__ = "build_report"
    __table_args__ = (UniqueConstraint("job_id", "attempt", "name"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    run_id: Mapped[int] = mapped_column(BIG, ForeignKey("build_run.id"), index=True)
    job_id: Mapped[int] = mapped_column(BIG, ForeignKey("build_job.id"))
    attempt: Mapped[int]
    name: Mapped[str]
    digest: Mapped[str] = mapped_column(index=True)
    size: Mapped[int] = mapped_column(BIG)
    kept_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True, kw_only=True)
class ReportReceived(Event, kind="build.report_received"):
    """A job's tests have reported; the report lies in the blobs under its digest."""

    project: int
    run: int
    number: int
    job: int
    job_name: str
    attempt: int
    sha: str
    ref: str
    name: str
    digest: str

    def sentence(self) -> kit.Text:
        return say("received the test report {name} of run {number}", name=self.name, number=self.number)


@dataclass(frozen=True, kw_only=True)
class ArtifactDropped(Event, kind="build.artifact_dropped"):
    """Somebody had no more use for it. Its bytes go when nobody else has them."""

    project: int
    run: int
    number: int
    name: str
    digest: str

    def sentence(self) -> kit.Text:
        return say("deleted the artifact {name} of run {number}", name=self.name, number=self.number)


# open: only with a job in hand that its own runner reports on.
def keep_artifact(work: Work, run: Run, job: Job, left: Left) -> Artifact:
    """The artifact of this name is this blob now: a repeated job takes the place of what it left before."""
    expires_at = None if left.days is None else now() + timedelta(days=left.days)
    kept = work.session.scalars(select(Artifact).where(Artifact.run_id == run.id)).all()
    old = next((artifact for artifact in kept if artifact.name == left.name), None)
    if old is not None:
        old.job_id, old.attempt, old.digest, old.size, old.kept_at = job.id, job.attempt, left.digest, left.size, now()
        old.kind, old.expires_at = left.kind, expires_at
        return old
    if len(kept) >= ARTIFACTS_MAX:
        raise Refused(say("A run keeps {count} artifacts at most.", count=ARTIFACTS_MAX))
    return work.add(
        Artifact(
            run_id=run.id,
            job_id=job.id,
            attempt=job.attempt,
            name=left.name,
            digest=left.digest,
            size=left.size,
            kept_at=now(),
            kind=left.kind,
            expires_at=expires_at,
        )
    )


# open: only with a run in hand that its runner has a job of.
def drop_artifact(work: Work, run: Run, name: str) -> None:
    """One job of the run says that nobody needs it any more."""
    found = work.session.scalars(select(Artifact).where(Artifact.run_id == run.id, Artifact.name == name)).one_or_none()
    if found is None:
        raise Missing(say("This run has no artifact {name}.", name=name[:200]))
    work.session.delete(found)
    work.session.flush()


# open: the house's own doing, by the clock.
def drop_expired(work: Work) -> None:
    """Artifacts whose time is over. Their bytes go when nobody else has them."""
    old = select(Artifact.id).where(Artifact.expires_at < now()).order_by(Artifact.expires_at).limit(EXPIRED_AT_ONCE)
    work.session.execute(delete(Artifact).where(Artifact.id.in_(old)))


# open: only with a job in hand that its own runner reports on.
def keep_report(work: Work, run: Run, job: Job, name: str, digest: str, size: int) -> None:
    """Keep a test report and tell it. One that was sent twice is told once."""
    mine = Report.job_id == job.id, Report.attempt == job.attempt
    kept = work.session.scalars(select(Report).where(*mine)).all()
    old = next((report for report in kept if report.name == name), None)
    if old is not None and old.digest == digest:
        return
    if old is not None:
        old.digest, old.size, old.kept_at = digest, size, now()
    elif len(kept) >= TESTS_MAX:
        raise Refused(say("A job keeps {count} test reports at most.", count=TESTS_MAX))
    else:
        work.add(
            Report(
                run_id=run.id, job_id=job.id, attempt=job.attempt, name=name, digest=digest, size=size, kept_at=now()
            )
        )
    received = ReportReceived(
        project=run.project_id,
        run=run.id,
        number=run.number,
        job=job.id,
        job_name=job.name,
        attempt=job.attempt,
        sha=run.sha,
        ref=run.ref,
        name=name,
        digest=digest,
    )
    work.record(received, about=[*run.about, job.ref], within=run.scope)


# open: only with a run in hand that was asked for under its policy.
def artifacts_of(work: Work, run: Run) -> Sequence[Artifact]:
    """What a run's jobs left, by name."""
    return work.session.scalars(select(Artifact).where(Artifact.run_id == run.id).order_by(Artifact.name)).all()


# open: only with a run in hand that was asked for under its policy.
def reports_of(work: Work, run: Run) -> Sequence[Report]:
    return work.session.scalars(select(Report).where(Report.run_id == run.id).order_by(Report.id)).all()


def artifacts_in(
    work: Work, project: Project, *, name: str | None = None, skip: int = 0, limit: int = 100
) -> tuple[int, Sequence[tuple[Artifact, Run]]]:
    """What all runs of a project left, the latest first, each with its run; and how many there are in all."""
    policy.require(work, "build.read", project.scope)
    query = select(Artifact, Run).join(Run, Run.id == Artifact.run_id).where(Run.project_id == project.id)
    if name is not None:
        query = query.where(Artifact.name == name)
    count = work.session.execute(query.with_only_columns(func.count())).scalar_one()
    found = work.session.execute(query.order_by(Artifact.id.desc()).offset(skip).limit(limit)).all()
    return count, [(artifact, run) for artifact, run in found]


def artifact_in(work: Work, project: Project, artifact_id: int) -> Artifact:
    """One of them, whichever run left it."""
    policy.require(work, "build.read", project.scope)
    mine = Artifact.id == artifact_id, Run.project_id == project.id
    found = work.session.scalars(select(Artifact).join(Run, Run.id == Artifact.run_id).where(*mine)).one_or_none()
    if found is None:
        raise Missing(say("This run has left no such thing."))
    return found


def artifact_of(work: Work, project: Project, number: int, artifact_id: int) -> Artifact:
    """One artifact of this run."""
    run = run_of(work, project, number)
    found = work.session.get(Artifact, artifact_id)
    if found is None or found.run_id != run.id:
        raise Missing(say("This run has left no such thing."))
    return found


def remove_artifact(work: Work, project: Project, artifact_id: int) -> Artifact:
    """Somebody says that nobody needs it any more."""
    policy.require(work, "build.start", project.scope)
    found = artifact_in(work, project, artifact_id)
    run = work.session.get_one(Run, found.run_id)
    work.session.delete(found)
    work.session.flush()
    dropped = ArtifactDropped(project=project.id, run=run.id, number=run.number, name=found.name, digest=found.digest)
    work.record(dropped, about=run.about, within=run.scope)
    return found
