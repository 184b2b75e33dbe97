"""A merge queue for the kill-point trials: one request, put into the queue, which asks for no checks."""

import os
import subprocess
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dure import people, plan
from dure.code import Queues, Reception, Repositories, Requests, create_repository, find_request, repository_of
from dure.code.push import Ref
from dure.code.queue import MergeQueue, Queued
from dure.code.request import MergeRequest, open_request, protect, queue_request
from dure.kit import now
from dure.ledger import House, Phases, Reconciler, Work, thread
from tests.parts.killpoints import Pause, Scenario

KINDS = ["opened", "queued", "tried", "group_made", "merged", "group_ended"]


def repositories(world: Path) -> Repositories:
    """Those of all worlds. In a race the owners are given the folder that the worlds are in."""
    shared = world / "repositories" if (world / "repositories").exists() else world.parent / "repositories"
    return Repositories(shared)


def rounds(house: House, world: Path, owner: str, lease_seconds: float, pause: Pause) -> list[Reconciler[Any]]:
    shelf = repositories(world)
    machines: list[Phases[Any]] = [Requests(shelf, Reception(house, shelf)).phases(), Queues(shelf).phases()]
    return [each.reconciler(house, owner, lease_seconds=lease_seconds, pause=pause) for each in machines]


def submit(work: Work, world: Path) -> None:
    if not people.people_by_handle(work, ["ada"]):
        people.make_account(work, handle="ada", name="Ada", admin=True)
    project = plan.make_project(work, owner="ada", name=world.name, title="")
    repository = create_repository(work, project)
    for name, sha in pushed(world, repositories(world).path(repository.id)).items():
        work.add(Ref(repository_id=repository.id, name=name, target=sha, sha=sha, moved_at=now()))
    protect(work, project, "main", by_queue=True)
    queue_request(work, project, open_request(work, project, source="more"))


def pushed(world: Path, bare: Path) -> dict[str, str]:
    tree, found = world / "tree", {}
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"}
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{who}_NAME": "Ada", f"GIT_{who}_EMAIL": "ada@example.org"}

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(tree), *words], capture_output=True, text=True, check=True, env=environment
        )
        return done.stdout.strip()

    tree.mkdir()
    git("init", "-q", "-b", "main")
    for branch in ("main", "more"):
        git("switch", "-q", "-C", branch)
        (tree / branch).write_text(branch)
        git("add", "-A")
        git("commit", "-q", "-m", branch)
        git("push", "-q", str(bare), f"HEAD:refs/heads/{branch}")
        found[f"refs/heads/{branch}"] = git("rev-parse", "HEAD")
    return found


def unfinished(work: Work) -> bool:
    due = [select(table.id).where(table.wake_at.is_not(None)) for table in (MergeRequest, MergeQueue)]
    return any(work.session.scalars(query.limit(1)).first() is not None for query in (*due, select(Queued.id)))


def check(work: Work, world: Path) -> None:
    project = plan.find_project(work, f"ada/{world.name}")
    repository, request = repository_of(work, project), find_request(work, project, 1)
    assert repository is not None
    shelf = repositories(world)
    assert (request.phase, request.merged_sha) == ("merged", shelf.head(repository.id, "main"))
    assert shelf.is_ancestor(repository.id, request.head_sha, request.merged_sha)
    assert shelf.refs_below(repository.id, "refs/heads/gh-readonly-queue/") == {}
    kinds = [entry.kind.removeprefix("code.").removeprefix("request_") for entry in thread(work, request.ref)]
    assert sorted(kinds) == sorted(KINDS)


scenario = Scenario(rounds=rounds, submit=submit, unfinished=unfinished, check=check)
