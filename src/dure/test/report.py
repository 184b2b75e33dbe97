"""A test report of a job: a machine that reads it once, and what it came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, select
from sqlalchemy import Text as Words
from sqlalchemy.orm import Mapped, mapped_column

from dure import build, policy
from dure.code import commit_ref
from dure.kit import Text, now, say
from dure.ledger import BIG, Event, Machine, Moment, Table, Work, begin, wake
from dure.people import Role
from dure.test.junit import sentence

READING, READ, UNREADABLE = "reading", "read", "unreadable"

policy.action("test.read", Role.GUEST, say("see the tests of this project"), token="read")  # noqa: S106


class Report(Machine, Table):
    __tablename__ = "test_report"
    __table_args__ = (
        UniqueConstraint("job_id", "attempt", "name"),
        Index("ix_test_report_run", "run_id"),
        Index("ix_test_report_sha", "project_id", "sha"),
        Index("ix_test_report_stream", "project_id", "job_name", "name"),
    )

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    run_id: Mapped[int] = mapped_column(BIG)
    run_number: Mapped[int]
    job_id: Mapped[int] = mapped_column(BIG)
    job_name: Mapped[str]
    attempt: Mapped[int]
    sha: Mapped[str]
    ref: Mapped[str]
    name: Mapped[str]
    digest: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(Moment)
    read_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    passed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    new_failures: Mapped[int] = mapped_column(default=0)
    why: Mapped[str] = mapped_column(default="")
    """Why it cannot be read, in one word, with a line and a detail for the sentence."""
    line: Mapped[int] = mapped_column(default=0)
    detail: Mapped[str] = mapped_column(default="")

    @property
    def reason(self) -> Text | None:
        return sentence(self.why, self.line, self.detail) if self.why else None

    @property
    def about(self) -> list[str]:
        return [
            f"project:{self.project_id}",
            f"run:{self.run_id}",
            commit_ref(self.project_id, self.sha),
        ]


class Result(Table):
    """What came of one test in one report."""

    __tablename__ = "test_result"
    __table_args__ = (Index("ix_test_result_case", "case_id", "report_id"),)

    report_id: Mapped[int] = mapped_column(BIG, ForeignKey("test_report.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(BIG, ForeignKey("test_case.id"), primary_key=True)
    state: Mapped[str]
    seconds: Mapped[float]
    message: Mapped[str] = mapped_column(Words, default="")
    is_new: Mapped[bool] = mapped_column(default=False)
    """It failed, and had not failed the time before."""


@dataclass(frozen=True, kw_only=True)
class ResultsRead(Event, kind="test.results_read"):
    """The tests of a job have been read."""

    project: int
    run: int
    number: int
    job_name: str
    report: str
    sha: str
    passed: int
    failed: int
    skipped: int
    new_failures: int

    def sentence(self) -> Text:
        if self.failed:
            return say(
                "read {report} of run {number}: {failed} of {count} tests failed, {new} of them newly",
                report=self.report,
                number=self.number,
                failed=self.failed,
                count=self.passed + self.failed,
                new=self.new_failures,
            )
        return say(
            "read {report} of run {number}: all {count} tests passed",
            report=self.report,
            number=self.number,
            count=self.passed,
        )


@dataclass(frozen=True, kw_only=True)
class ReportUnreadable(Event, kind="test.report_unreadable"):
    """The report of a job cannot be read."""

    project: int
    run: int
    number: int
    job_name: str
    report: str
    sha: str
    why: str

    def sentence(self) -> Text:
        return say("could not read the report {report} of run {number}", report=self.report, number=self.number)


# open: the house's own reaction to a report; whoever sent it was asked then.
def receive(work: Work, received: build.ReportReceived) -> None:
    """Read a report that has come. Told twice, it is read once; sent again with other words, it is read again."""
    mine = Report.job_id == received.job, Report.attempt == received.attempt, Report.name == received.name
    known = work.session.scalars(select(Report).where(*mine)).one_or_none()
    if known is None:
        begin(
            work,
            Report(
                phase=READING,
                project_id=received.project,
                run_id=received.run,
                run_number=received.number,
                job_id=received.job,
                job_name=received.job_name,
                attempt=received.attempt,
                sha=received.sha,
                ref=received.ref,
                name=received.name,
                digest=received.digest,
                received_at=now(),
            ),
        )
    elif known.digest != received.digest:
        known.digest, known.phase = received.digest, READING
        known.fence += 1
        known.lease_until = None
        wake(work, known)


# open: the house's own machine, with the report in hand.
def forget_results(work: Work, reports: Sequence[int]) -> None:
    """Let the results of these reports go; what they came to together stays."""
    if reports:
        work.session.execute(delete(Result).where(Result.report_id.in_(reports)))
