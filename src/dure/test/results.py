"""What the tests of a run or of a commit came to: new failures first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, select

from dure import policy
from dure.ledger import Work
from dure.plan import Project
from dure.test.case import FAILED, Case
from dure.test.report import READING, Report, Result

FAILURES_SHOWN = 200
SHA = re.compile(r"[0-9a-f]{4,64}", re.ASCII)


@dataclass(frozen=True)
class Summary:
    """How many tests passed, failed and were skipped, each counted once for each job; and whether all is read."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    new_failures: int = 0
    is_whole: bool = True

    @property
    def count(self) -> int:
        return self.passed + self.failed + self.skipped


@dataclass(frozen=True)
class Failure:
    """One test that failed in one job."""

    case: Case
    result: Result
    job_name: str


@dataclass(frozen=True)
class Results:
    """Everything a panel says: the counts, the failures, and the reports that cannot be read."""

    summary: Summary
    failures: Sequence[Failure] = ()
    unreadable: Sequence[Report] = ()
    reports: Sequence[Report] = ()


def results_of(work: Work, project: Project, sha: str) -> Summary:
    """What the tests of a commit came to, over all its runs."""
    return summed(reports_for(work, project, sha=sha))


def commit_results(work: Work, project: Project, sha: str) -> Results:
    return with_failures(work, reports_for(work, project, sha=sha))


def run_results(work: Work, project: Project, number: int) -> Results:
    return with_failures(work, reports_for(work, project, number=number))


def reports_for(work: Work, project: Project, *, sha: str | None = None, number: int | None = None) -> list[Report]:
    """The reports that count: of each job and name the latest attempt."""
    policy.require(work, "test.read", project.scope)
    if sha is not None and not SHA.fullmatch(sha):
        return []
    query = select(Report).where(Report.project_id == project.id)
    query = query.where(Report.sha == sha) if number is None else query.where(Report.run_number == number)
    latest: dict[tuple[int, str], Report] = {}
    for report in work.session.scalars(query.order_by(Report.attempt, Report.id)):
        latest[report.job_id, report.name] = report
    newest: dict[int, int] = {}
    for report in latest.values():
        newest[report.job_id] = max(newest.get(report.job_id, 0), report.attempt)
    return [report for report in latest.values() if report.attempt == newest[report.job_id]]


def summed(reports: Sequence[Report]) -> Summary:
    return Summary(
        passed=sum(report.passed for report in reports),
        failed=sum(report.failed for report in reports),
        skipped=sum(report.skipped for report in reports),
        new_failures=sum(report.new_failures for report in reports),
        is_whole=all(report.phase != READING for report in reports),
    )


# open: with reports in hand that were asked for under their policy.
def with_failures(work: Work, reports: Sequence[Report]) -> Results:
    """New failures first, then the others, each in the order of its name."""
    names = {report.id: report.job_name for report in reports}
    query = (
        select(Case, Result)
        .join(Result, Result.case_id == Case.id)
        .where(Result.report_id.in_(names), Result.state.in_(FAILED))
        .order_by(case((Result.is_new, 0), else_=1), Case.suite, Case.name, Result.report_id)
        .limit(FAILURES_SHOWN)
    )
    rows = work.session.execute(query).all() if names else []
    return Results(
        summary=summed(reports),
        failures=[Failure(found, result, names[result.report_id]) for found, result in rows],
        unreadable=[report for report in reports if report.why],
        reports=reports,
    )
