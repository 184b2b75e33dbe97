"""What an older Dure left behind is carried on by the newer."""

from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import text

from dure import build
from dure.app import REACTIONS
from dure.code import Pushed, Repositories
from dure.ledger import HOUSE, House, migrate, open_database
from dure.ledger.migrate import SCRIPTS
from dure.ledger.upgrade import upgrade
from tests.build.killed import committed, find_runs
from tests.build.wired import AT


def test_a_push_that_was_not_planned_yet_is_planned(database_url: str, tmp_path: Path) -> None:
    database = open_database(database_url)
    upgrade(database.engine, SCRIPTS, "0008")
    repositories = Repositories(tmp_path / "repositories")
    sha = committed(tmp_path, repositories.path(1))
    pushed = Pushed(
        project=1, path="ada/shop", repository=1, ref="refs/heads/main", before="0" * 40, after=sha, received_at=AT
    )
    row: dict[str, Any] = {"at": AT, "sha": sha, "event": msgspec.json.encode(pushed).decode(), "zeros": "0" * 40}
    with database.engine.begin() as connection:
        for words in LEFT:
            connection.execute(text(words), row)
    migrate(database.engine)

    house = House(database, REACTIONS)
    machine = build.plannings(repositories, "http://127.0.0.1", 90).reconciler(house, "test")
    while machine.once():
        pass
    (run,) = house.read_now(HOUSE, lambda work: find_runs(work, 1))
    assert (run.event, run.sha, run.actor_name, run.known()["github"]["event"]["after"]) == ("push", sha, "ada", sha)
    house.close()


LEFT = [
    (
        "INSERT INTO project (id, owner, name, title, description, made_at, issues_numbered, open_issues)"
        " VALUES (1, 'ada', 'shop', '', '', :at, 0, 0)"
    ),
    "INSERT INTO code_repository (id, project_id, default_branch, made_at) VALUES (1, 1, 'main', :at)",
    "INSERT INTO code_ref (repository_id, name, target, sha, moved_at) VALUES (1, 'refs/heads/main', :sha, :sha, :at)",
    (
        "INSERT INTO build_planning (project_id, repository_id, ref, before_sha, after_sha, received_at, actor,"
        " actor_name, event, phase, wake_at)"
        " VALUES (1, 1, 'refs/heads/main', :zeros, :sha, :at, 'person:1', 'ada', :event, 'reading', :at)"
    ),
]
