"""A report that comes, for the trials in which its reader dies, stalls or races."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dure import build, plan
from dure.ledger import Entry, House, Reconciler, Work
from dure.plan import Project
from dure.storage import Blobs, open_blobs
from dure.storage.engines.disk import Disk
from dure.test import Report, Result, readings
from dure.test.report import receive
from tests.parts.killpoints import Pause, Scenario

WORDS = b"<testsuite><testcase name='a'/><testcase name='b'><failure/></testcase></testsuite>"


def blobs_at(folder: Path) -> Blobs:
    return open_blobs(Disk(folder / "blobs"), folder / "incoming", 10**6)


def folder_of(world: Path) -> Path:
    """The worlds of a trial share one storage. In a race we are given the folder of all of them."""
    return world if (world / "blobs").exists() else world.parent


def rounds(house: House, world: Path, owner: str, lease_seconds: float, pause: Pause) -> Sequence[Reconciler[Any]]:
    phases = readings(blobs_at(folder_of(world)))
    return [phases.reconciler(house, owner, lease_seconds=lease_seconds, pause=pause)]


def project(work: Work) -> Project:
    return work.session.scalars(select(Project)).first() or plan.make_project(work, owner="ada", name="shop")


def submit(work: Work, world: Path) -> None:
    shop = project(work)
    received = build.ReportReceived(
        project=shop.id,
        run=1,
        number=1,
        job=len(list(world.parent.iterdir())),
        job_name=world.name,
        attempt=1,
        sha="a" * 40,
        ref="refs/heads/main",
        name="junit.xml",
        digest=blobs_at(world.parent).put([WORDS]),
    )
    receive(work, received)


def unfinished(work: Work) -> bool:
    return work.session.scalars(select(Report.id).where(Report.phase != "read").limit(1)).first() is not None


def check(work: Work, world: Path) -> None:
    report = work.session.scalars(select(Report).where(Report.job_name == world.name)).one()
    assert (report.passed, report.failed, report.new_failures) == (1, 1, 1)
    results = work.session.scalars(select(Result).where(Result.report_id == report.id)).all()
    assert sorted(result.state for result in results) == ["failed", "passed"]
    entries = work.session.scalars(select(Entry).where(Entry.kind == "test.results_read")).all()
    assert sum(f'"{world.name}"' in entry.facts for entry in entries) == 1


scenario = Scenario(rounds=rounds, submit=submit, unfinished=unfinished, check=check)
