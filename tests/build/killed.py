"""Planning for the kill-point trials: pushes in a repository that all worlds share, plans made of them."""

import os
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dure import build, people, plan
from dure.build.hearing import take_push
from dure.build.planning import Planning
from dure.build.run import Run
from dure.code import Pushed, Repositories, create_repository, repository_of
from dure.ledger import House, Reconciler, Work, thread
from tests.parts.killpoints import Pause, Scenario

WORKFLOW = "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: a}]}}\n"


def repositories(world: Path) -> Repositories:
    """Those of all worlds. In a race the owners are given the folder that the worlds are in."""
    shared = world / "repositories" if (world / "repositories").exists() else world.parent / "repositories"
    return Repositories(shared)


def rounds(house: House, world: Path, owner: str, lease_seconds: float, pause: Pause) -> list[Reconciler[Any]]:
    machine = build.plannings(repositories(world), "http://127.0.0.1", 90)
    return [machine.reconciler(house, owner, lease_seconds=lease_seconds, pause=pause)]


def submit(work: Work, world: Path) -> None:
    """A project of the world's own, with one push to plan."""
    if not people.people_by_handle(work, ["ada"]):
        people.make_account(work, handle="ada", name="Ada", admin=True)
    project = plan.make_project(work, owner="ada", name=world.name, title="")
    repository = create_repository(work, project)
    bare = repositories(world).path(repository.id)
    sha = committed(world, bare)
    pushed = Pushed(
        project=project.id,
        path=project.path,
        repository=repository.id,
        ref="refs/heads/main",
        before="0" * 40,
        after=sha,
        received_at=datetime.now(UTC),
    )
    take_push(work, pushed, work.actor)
    take_push(work, pushed, work.actor)


def committed(world: Path, bare: Path) -> str:
    tree = world / "tree"
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{who}_NAME": "Ada", f"GIT_{who}_EMAIL": "ada@example.org"}

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(tree), *words], capture_output=True, text=True, check=True, env=environment
        )
        return done.stdout.strip()

    (tree / ".github/workflows").mkdir(parents=True)
    (tree / ".github/workflows/ci.yml").write_text(WORKFLOW)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "One")
    git("push", "-q", str(bare), "HEAD:refs/heads/main")
    return git("rev-parse", "HEAD")


def unfinished(work: Work) -> bool:
    return work.session.scalars(select(Planning.id).where(Planning.wake_at.is_not(None)).limit(1)).first() is not None


def find_runs(work: Work, project_id: int) -> Sequence[Run]:
    return work.session.scalars(select(Run).where(Run.project_id == project_id)).all()


def check(work: Work, world: Path) -> None:
    project = plan.find_project(work, f"ada/{world.name}")
    assert repository_of(work, project) is not None
    runs = find_runs(work, project.id)
    assert [(run.number, run.state) for run in runs] == [(1, "queued")]
    kinds = [entry.kind for entry in thread(work, f"commit:{project.id}/{runs[0].sha}")]
    assert kinds == ["code.check_set"]


scenario = Scenario(rounds=rounds, submit=submit, unfinished=unfinished, check=check)
