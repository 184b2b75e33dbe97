"""A house with a shop in it, whose jobs report their tests."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import select

from dure import build, code, people, plan
from dure.kit import now
from dure.ledger import HOUSE, House, Work
from dure.people import Caller
from dure.plan import Project
from dure.storage import Blobs, open_blobs
from dure.storage.engines.disk import Disk
from dure.test import Report, readings
from dure.test.report import receive

T = TypeVar("T")
Case = tuple[str, str]
"""A test's name, and what came of it."""
BODIES = {
    "passed": "",
    "failed": "<failure message='it is wrong'>where it is wrong</failure>",
    "error": "<error message='it broke'/>",
    "skipped": "<skipped/>",
}


def junit(*cases: Case) -> bytes:
    told = "".join(
        f"<testcase classname='shop' name='{name}' time='0.5'>{BODIES[state]}</testcase>" for name, state in cases
    )
    return f"<testsuites><testsuite name='s'>{told}</testsuite></testsuites>".encode()


@dataclass
class Shop:
    """A project whose jobs report. Jobs and runs are numbers here: this room knows them by their events alone."""

    house: House
    ada: Caller
    carl: Caller
    project: Project
    blobs: Blobs
    jobs: "count[int]" = field(default_factory=lambda: count(1))

    def report(
        self,
        words: bytes,
        *,
        run: int = 1,
        job: int | None = None,
        attempt: int = 1,
        sha: str = "a" * 40,
        branch: str = "main",
        name: str = "junit.xml",
        job_name: str = "test",
    ) -> int:
        """A job sends a report. The answer is the number of the job."""
        job = next(self.jobs) if job is None else job
        received = build.ReportReceived(
            project=self.project.id,
            run=run,
            number=run,
            job=job,
            job_name=job_name,
            attempt=attempt,
            sha=sha,
            ref=f"refs/heads/{branch}",
            name=name,
            digest=self.blobs.put([words]),
        )
        self.house.write_now(HOUSE, lambda work: receive(work, received))
        return job

    def read_all(self) -> None:
        """Let the machine read whatever has come. Where a whole program runs beside it, that may be the quicker one."""
        reconciler = readings(self.blobs).reconciler(self.house, "reader")
        while reconciler.once() or self.ask(being_read):
            time.sleep(0.01)

    def reported(self, *cases: Case, **where: Any) -> int:
        job = self.report(junit(*cases), **where)
        self.read_all()
        return job

    def ask(self, do: Callable[[Work, Project], T], by: Caller | None = None) -> T:
        return self.house.read_now(by or self.ada, lambda work: do(work, self.project))


def being_read(work: Work, _: Project) -> bool:
    """Also a row that another is claiming just now: it is not free, but nobody else sees yet who has it."""
    due = select(Report.id).where(Report.phase == "reading", Report.wake_at <= now())
    return work.session.scalars(due).first() is not None


@pytest.fixture
def shop(house: House, tmp_path: Path) -> Shop:
    def settle(work: Work) -> list[Caller]:
        accounts = [people.make_account(work, handle=name, name=name.title()) for name in ("ada", "carl")]
        return [people.caller_for(account) for account in accounts]

    ada, carl = house.write_now(HOUSE, settle)

    def make(work: Work) -> Project:
        project = plan.make_project(work, owner="ada", name="shop")
        code.create_repository(work, project)
        return project

    project = house.write_now(ada, make)
    return Shop(house, ada, carl, project, open_blobs(Disk(tmp_path / "blobs"), tmp_path / "incoming", 10**9))
