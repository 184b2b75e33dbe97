"""What the ledger of a running house says of pushes, read from its database."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from tests.parts.house import RunningHouse


@contextmanager
def database(house: RunningHouse) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(house.data / "dure.db", timeout=30)) as line:
        yield line


def pushed(house: RunningHouse, project: str) -> list[dict[str, Any]]:
    """The facts of every push to a project, oldest first, with who did it."""
    with database(house) as line:
        rows = line.execute("SELECT facts, actor_name, about FROM ledger_entry WHERE kind = 'code.pushed' ORDER BY id")
        found = [{**json.loads(facts), "by": by, "about": json.loads(about)} for facts, by, about in rows]
    return [facts for facts in found if facts["path"] == project]


def moved(house: RunningHouse, project: str) -> list[tuple[str, str, str]]:
    return [(facts["ref"], facts["before"], facts["after"]) for facts in pushed(house, project)]


def received(house: RunningHouse, project: str) -> dict[str, str]:
    """The title of each commit that was received, by sha."""
    owner, _, name = project.partition("/")
    with database(house) as line:
        rows = line.execute(
            "SELECT sha, code_commit.title FROM code_commit JOIN project ON project.id = project_id "
            "WHERE owner = ? AND project.name = ?",
            (owner, name),
        )
        return dict(rows.fetchall())


def fixes(house: RunningHouse, project: str) -> set[tuple[str, int]]:
    owner, _, name = project.partition("/")
    with database(house) as line:
        rows = line.execute(
            "SELECT sha, number FROM code_fix JOIN project ON project.id = project_id WHERE owner = ? AND name = ?",
            (owner, name),
        )
        return set(rows.fetchall())


def bare(house: RunningHouse, project: str) -> str:
    """Where the repository of a project is kept."""
    owner, _, name = project.partition("/")
    with database(house) as line:
        (found,) = line.execute(
            "SELECT code_repository.id FROM code_repository JOIN project ON project.id = project_id "
            "WHERE owner = ? AND name = ?",
            (owner, name),
        ).fetchone()
    return str(house.data / "repositories" / f"{found}.git")
