"""The tests of a project: which fail, which waver, which are slow, and how one of them has fared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias, get_args

from sqlalchemy import Select, func, select

from dure import policy
from dure.kit import Missing, now
from dure.ledger import Work
from dure.plan import Project
from dure.test.case import FAILED, FLAKY_DAYS, Case
from dure.test.report import Report, Result

Kind: TypeAlias = Literal["all", "failing", "flaky", "slow"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PAGE = 50
HISTORY_SHOWN = 60
SLOW_SECONDS = 1.0
QUERY_CHARACTERS_MAX = 200


@dataclass(frozen=True)
class Listing:
    """One page of tests, and how many there are of each kind."""

    rows: Sequence[Case]
    counts: dict[Kind, int]
    more: bool


@dataclass(frozen=True)
class Time:
    """One result of a test, with the report it stood in."""

    result: Result
    report: Report


@dataclass(frozen=True)
class Story:
    """A test, and how it has fared lately, the latest first."""

    case: Case
    times: Sequence[Time]

    @property
    def longest(self) -> float:
        return max((time.result.seconds for time in self.times), default=0.0)

    @property
    def failed_percent(self) -> int:
        ran = [time for time in self.times if time.result.state != "skipped"]
        failed = sum(time.result.state != "passed" for time in ran)
        return round(100 * failed / len(ran)) if ran else 0


def cases_of(work: Work, project: Project, *, kind: Kind = "all", words: str = "", page: int = 0) -> Listing:
    """The tests of a kind whose suite or name holds the words. Failing ones: the newest failure first."""
    policy.require(work, "test.read", project.scope)
    words = words.strip().replace("\0", "")[:QUERY_CHARACTERS_MAX]
    counts = {one: count_of(work, of_kind(project, one, words)) for one in KINDS}
    found = work.session.scalars(ordered(of_kind(project, kind, words), kind).offset(page * PAGE).limit(PAGE + 1)).all()
    return Listing(found[:PAGE], counts, len(found) > PAGE)


def of_kind(project: Project, kind: Kind, words: str) -> Select[Case]:
    query = select(Case).where(Case.project_id == project.id)
    if words:
        query = query.where(Case.name.icontains(words, autoescape=True) | Case.suite.icontains(words, autoescape=True))
    if kind == "failing":
        return query.where(Case.state.in_(FAILED))
    if kind == "flaky":
        return query.where(Case.flaky_at > now() - timedelta(days=FLAKY_DAYS))
    return query.where(Case.seconds >= SLOW_SECONDS) if kind == "slow" else query


def ordered(query: Select[Case], kind: Kind) -> Select[Case]:
    if kind == "failing":
        return query.order_by(Case.failing_since.desc().nulls_last(), Case.suite, Case.name)
    if kind == "flaky":
        return query.order_by(Case.flaky_at.desc(), Case.suite, Case.name)
    if kind == "slow":
        return query.order_by(Case.seconds.desc(), Case.id)
    return query.order_by(Case.suite, Case.name)


# open: with a question that was asked under its policy.
def count_of(work: Work, query: Select[Case]) -> int:
    return work.session.execute(select(func.count()).select_from(query.subquery())).scalar_one()


def story_of(work: Work, project: Project, case_id: int) -> Story:
    """How one test has fared."""
    policy.require(work, "test.read", project.scope)
    case = work.session.get(Case, case_id)
    if case is None or case.project_id != project.id:
        raise Missing
    query = (
        select(Result, Report)
        .join(Report, Report.id == Result.report_id)
        .where(Result.case_id == case.id)
        .order_by(Result.report_id.desc())
        .limit(HISTORY_SHOWN)
    )
    return Story(case, [Time(result, report) for result, report in work.session.execute(query)])
