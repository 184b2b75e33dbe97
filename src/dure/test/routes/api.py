"""Tests for programs, under /api/v1."""

from functools import partial
from typing import Annotated, Literal

from litestar import get
from litestar.params import PathParameter, QueryParameter

from dure.ledger import Work
from dure.plan import Project, in_project
from dure.shell import By, Slug, read, refusals
from dure.test.case import Case
from dure.test.history import Listing, Story, Time, cases_of, story_of
from dure.test.results import Failure, Results, commit_results
from dure.wire import CaseDetail, CaseInfo, CaseList, CaseTime, FailureInfo, ResultsInfo

TAGS = ["tests"]
PROJECT = "/api/v1/projects/{owner:str}/{name:str}"
CASE_MAX = 2**53
PAGES_MAX = 10_000
KindWord = Annotated[Literal["all", "failing", "flaky", "slow"], QueryParameter(description="Which of them.")]
Words = Annotated[str, QueryParameter(max_length=200, description="Words in the suite or the name.")]
PageNumber = Annotated[int, QueryParameter(ge=0, le=PAGES_MAX, description="Which page, from 0.")]
CaseNumber = Annotated[int, PathParameter(ge=1, le=CASE_MAX)]
Sha = Annotated[str, PathParameter(min_length=7, max_length=64)]


@get(f"{PROJECT}/tests", responses=refusals(422), tags=TAGS, summary="Tests")
async def cases(
    request: By, owner: Slug, name: Slug, kind: KindWord = "all", words: Words = "", page: PageNumber = 0
) -> CaseList:
    """How each test last went on the default branch. Fifty on a page."""

    def find(work: Work, project: Project) -> tuple[Project, Listing]:
        return project, cases_of(work, project, kind=kind, words=words, page=page)

    project, found = await read(request, in_project(owner, name, find))
    return CaseList(tests=[told(project, case) for case in found.rows], more=found.more)


@get(f"{PROJECT}/tests/{{case:int}}", responses=refusals(422), tags=TAGS, summary="A test")
async def case(request: By, owner: Slug, name: Slug, case: CaseNumber) -> CaseDetail:
    """With how it has fared lately."""

    def find(work: Work, project: Project) -> tuple[Project, Story]:
        return project, story_of(work, project, case)

    project, story = await read(request, in_project(owner, name, find))
    info = told(project, story.case)
    return CaseDetail(
        **{field: getattr(info, field) for field in info.__struct_fields__},
        times=[time_told(time) for time in story.times],
    )


@get(f"{PROJECT}/commits/{{sha:str}}/tests", responses=refusals(422), tags=TAGS, summary="The tests of a commit")
async def of_commit(request: By, owner: Slug, name: Slug, sha: Sha) -> ResultsInfo:
    """Counts over all its runs, and what failed."""
    return results_told(await read(request, in_project(owner, name, partial(commit_results, sha=sha.lower()))))


def told(project: Project, case: Case) -> CaseInfo:
    return CaseInfo(
        id=case.id,
        suite=case.suite,
        name=case.name,
        file=case.file,
        state=case.state,
        seconds=case.seconds,
        seen_at=case.seen_at,
        failing_since=case.failing_since,
        flaky_at=case.flaky_at,
        url=f"/{project.path}/tests/{case.id}",
    )


def time_told(time: Time) -> CaseTime:
    return CaseTime(
        state=time.result.state,
        seconds=time.result.seconds,
        message=time.result.message,
        is_new=time.result.is_new,
        run=time.report.run_number,
        job=time.report.job_name,
        sha=time.report.sha,
        at=time.report.read_at,
    )


def results_told(found: Results) -> ResultsInfo:
    return ResultsInfo(
        passed=found.summary.passed,
        failed=found.summary.failed,
        skipped=found.summary.skipped,
        new_failures=found.summary.new_failures,
        is_whole=found.summary.is_whole,
        failures=[failure_told(failure) for failure in found.failures],
    )


def failure_told(failure: Failure) -> FailureInfo:
    return FailureInfo(
        id=failure.case.id,
        suite=failure.case.suite,
        name=failure.case.name,
        job=failure.job_name,
        is_new=failure.result.is_new,
        message=failure.result.message,
    )


handlers = [cases, case, of_commit]
