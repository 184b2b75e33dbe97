"""What is said about tests."""

from datetime import datetime

from msgspec import Struct


class CaseInfo(Struct, kw_only=True):
    """A test of a project."""

    id: int
    suite: str
    name: str
    file: str
    state: str
    """passed, failed, error or skipped: how it last went on the default branch."""
    seconds: float
    seen_at: datetime
    failing_since: datetime | None
    flaky_at: datetime | None
    url: str


class CaseList(Struct, kw_only=True):
    tests: list[CaseInfo]
    more: bool
    """Whether another page follows."""


class CaseTime(Struct, kw_only=True):
    """How a test went once."""

    state: str
    seconds: float
    message: str
    is_new: bool
    """It failed, and had not failed the time before."""
    run: int
    job: str
    sha: str
    at: datetime | None


class CaseDetail(CaseInfo, kw_only=True):
    times: list[CaseTime]
    """The latest first."""


class FailureInfo(Struct, kw_only=True):
    """A test that failed in a job."""

    id: int
    suite: str
    name: str
    job: str
    is_new: bool
    message: str


class ResultsInfo(Struct, kw_only=True):
    """What the tests of a commit came to."""

    passed: int
    failed: int
    skipped: int
    new_failures: int
    is_whole: bool
    """False while a report is still being read."""
    failures: list[FailureInfo]
    """New ones first."""
