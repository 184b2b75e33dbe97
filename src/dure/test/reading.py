"""Reading a report: its bytes outside of any transaction, then its results in one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from dure import code
from dure.kit import Missing, now
from dure.ledger import Move, Phases, Turn, Work
from dure.plan import Project, project_of
from dure.storage import Blobs
from dure.test.case import FAILED, Case, known_cases, portions
from dure.test.junit import Outcome, ReportBroken, read_junit
from dure.test.report import (
    READ,
    READING,
    UNREADABLE,
    Report,
    ReportUnreadable,
    Result,
    ResultsRead,
    forget_results,
)

TRIES_MAX = 5
"""So often a report is looked for that is not in the storage."""
SEEN_AGAIN = timedelta(days=1)
SECONDS_ALIKE = 0.1
"""Durations that differ by less than this, or by less than a fifth, are the same."""
REPORTS_KEPT = 200
"""Of each job's reports of one name so many keep what came of every test."""


def readings(blobs: Blobs) -> Phases[Report]:
    """The machine that reads reports."""

    def read(turn: Turn[Report]) -> Move[Report]:
        try:
            outcomes = read_junit(blobs.read(turn.row.digest))
        except ReportBroken as broken:
            return unreadable(broken)
        except Missing:
            if turn.row.tries < TRIES_MAX:
                raise
            return unreadable(ReportBroken("gone"))
        return Move(READ, write=lambda work, row: keep(work, row, outcomes))

    return Phases(Report, {READING: read})


def unreadable(broken: ReportBroken) -> Move[Report]:
    def write(work: Work, report: Report) -> None:
        forget_results(work, [report.id])
        report.why, report.line, report.detail = broken.why, broken.line, broken.detail
        report.read_at = now()
        report.passed = report.failed = report.skipped = report.new_failures = 0
        event = ReportUnreadable(
            project=report.project_id,
            run=report.run_id,
            number=report.run_number,
            job_name=report.job_name,
            report=report.name,
            sha=report.sha,
            why=broken.why,
        )
        work.record(event, about=report.about, within=f"project:{report.project_id}")

    return Move(UNREADABLE, write=write)


def keep(work: Work, report: Report, outcomes: Sequence[Outcome]) -> None:
    """Put down what came of every test, what of it is new, and what that says of the tests themselves.

    Should two owners make the same new test at once, the database refuses the second, who then tries again.
    """
    project = project_of(work, report.project_id)
    forget_results(work, [report.id])
    time = now()
    cases = known_cases(work, project.id, outcomes, time)
    pairs = list(zip(cases, outcomes, strict=True))
    failing = [case.id for case, outcome in pairs if outcome.state in FAILED]
    failed_before = last_failed(work, report, failing)
    rows = [row_of(report, case, outcome, failed_before) for case, outcome in pairs]
    if rows:
        work.session.execute(insert(Result), rows)
    flaky = flaky_at_this_commit(work, report) | {case.id for case, outcome in pairs if outcome.flaky}
    counts = report.ref == f"refs/heads/{default_branch(work, project)}"
    learn(work, pairs, flaky, time, counts=counts)
    report.passed = sum(outcome.state == "passed" for outcome in outcomes)
    report.failed = len(failing)
    report.skipped = len(outcomes) - report.passed - report.failed
    report.new_failures = sum(bool(row["is_new"]) for row in rows)
    report.read_at, report.why, report.line, report.detail = time, "", 0, ""
    forget_results(work, long_past(work, report))
    work.record(told(report), about=report.about, within=project.scope)


def row_of(report: Report, case: Case, outcome: Outcome, failed_before: Mapping[int, bool]) -> dict[str, Any]:
    return {
        "report_id": report.id,
        "case_id": case.id,
        "state": outcome.state,
        "seconds": outcome.seconds,
        "message": outcome.message,
        "is_new": outcome.state in FAILED and not failed_before.get(case.id, False),
    }


# open: the house's own machine, with the report in hand.
def last_failed(work: Work, report: Report, failing: Sequence[int]) -> dict[int, bool]:
    """Whether each test failed the time before: on the same branch, or else anywhere, in a job of the same name."""
    found = last_states(work, report, failing, same_ref=True)
    found = last_states(work, report, [case for case in failing if case not in found], same_ref=False) | found
    return {case: state in FAILED for case, state in found.items()}


def last_states(work: Work, report: Report, cases: Iterable[int], *, same_ref: bool) -> dict[int, str]:
    found: dict[int, str] = {}
    earlier = [
        Report.project_id == report.project_id,
        Report.job_name == report.job_name,
        Report.id != report.id,
        Report.received_at <= report.received_at,
        Result.state != "skipped",
    ]
    if same_ref:
        earlier.append(Report.ref == report.ref)
    for some in portions(cases):
        last = (
            select(Result.case_id, func.max(Result.report_id).label("report_id"))
            .join(Report, Report.id == Result.report_id)
            .where(Result.case_id.in_(some), *earlier)
            .group_by(Result.case_id)
            .subquery()
        )
        same = (Result.case_id == last.c.case_id) & (Result.report_id == last.c.report_id)
        rows = work.session.execute(select(Result.case_id, Result.state).join(last, same))
        found |= {row.case_id: row.state for row in rows}
    return found


# open: the house's own machine, with the report in hand.
def flaky_at_this_commit(work: Work, report: Report) -> set[int]:
    """The tests that have both failed and passed at this commit in jobs of this name."""
    passed, failed = (
        select(Result.case_id)
        .join(Report, Report.id == Result.report_id)
        .where(
            Report.project_id == report.project_id,
            Report.sha == report.sha,
            Report.job_name == report.job_name,
            Result.state.in_(states),
        )
        for states in (["passed"], FAILED)
    )
    # Those that failed are few, so they are asked for first.
    failures = set(work.session.scalars(failed))
    return {
        case for some in portions(failures) for case in work.session.scalars(passed.where(Result.case_id.in_(some)))
    }


def default_branch(work: Work, project: Project) -> str | None:
    repository = code.repository_of(work, project)
    return None if repository is None else repository.default_branch


# open: the house's own machine, with the report in hand.
def learn(work: Work, pairs: Sequence[tuple[Case, Outcome]], flaky: set[int], time: datetime, *, counts: bool) -> None:
    """What a report says of the tests themselves. Most fare as before, and then nothing is written."""
    rows: list[dict[str, Any]] = []
    for case, outcome in pairs:
        learned = learned_of(case, outcome, case.id in flaky, time, counts=counts)
        if any(getattr(case, name) != value for name, value in learned.items()) or case.seen_at < time - SEEN_AGAIN:
            rows.append({"id": case.id, "seen_at": time, **learned})
    if rows:
        work.session.execute(update(Case), rows)


def learned_of(case: Case, outcome: Outcome, flaky: bool, time: datetime, *, counts: bool) -> dict[str, Any]:
    """A test as it is to be known from now on. Its state is that of the default branch."""
    took = outcome.seconds if outcome.state != "skipped" else case.seconds
    learned = {
        "file": outcome.file or case.file,
        "seconds": took if abs(took - case.seconds) > max(SECONDS_ALIKE, case.seconds / 5) else case.seconds,
        "flaky_at": time if flaky else case.flaky_at,
        "state": case.state,
        "failing_since": case.failing_since,
    }
    if counts:
        fails = outcome.state in FAILED
        learned |= {"state": outcome.state, "failing_since": (case.failing_since or time) if fails else None}
    return learned


# open: the house's own machine, with the report in hand.
def long_past(work: Work, report: Report) -> list[int]:
    """The reports of the same job and name that lie so far back that only their counts are kept."""
    same = Report.project_id == report.project_id, Report.job_name == report.job_name, Report.name == report.name
    older = select(Report.id).where(*same).order_by(Report.id.desc()).offset(REPORTS_KEPT).limit(50)
    return list(work.session.scalars(older))


def told(report: Report) -> ResultsRead:
    return ResultsRead(
        project=report.project_id,
        run=report.run_id,
        number=report.run_number,
        job_name=report.job_name,
        report=report.name,
        sha=report.sha,
        passed=report.passed,
        failed=report.failed,
        skipped=report.skipped,
        new_failures=report.new_failures,
    )
