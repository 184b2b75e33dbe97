"""What is written down of pushes and checks, on both databases."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from dure import code, people, plan
from dure.code import CheckSet, Pushed, Reception, Repositories
from dure.code.reactions import make_repository
from dure.kit import Forbidden, Missing, Refused
from dure.ledger import HOUSE, Actor, Entry, House, Work, thread
from dure.people import Caller, Role
from dure.plan import Project
from tests.code.worktree import Home, Worktree

T = TypeVar("T")
ADA = Actor("person:1", "ada")


class Desk:
    """A project with its repository, and a working tree that pushes into it from behind."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.repositories = house, Repositories(folder / "repositories")
        self.reception = Reception(house, self.repositories)
        self.tree: Worktree = Home(folder, "http://127.0.0.1").worktree("x/y")
        self.ada = house.write_now(HOUSE, lambda work: people.make_account(work, handle="ada", name="Ada"))
        self.caller = people.caller_for(self.ada)
        self.project = house.write_now(self.caller, lambda work: plan.make_project(work, owner="ada", name="shop"))
        self.id = house.write_now(HOUSE, lambda work: code.create_repository(work, self.project).id)

    def push(self, *words: str) -> None:
        self.tree.git("push", "--quiet", "--force", str(self.repositories.path(self.id)), *words)

    def read(self, do: Callable[[Work, Project], T], actor: Actor = HOUSE) -> T:
        return self.house.read_now(actor, lambda work: do(work, self.project))

    def entries(self, kind: str) -> list[Entry]:
        found = self.house.read_now(HOUSE, lambda work: thread(work, self.project.scope))
        return [entry for entry in found if entry.kind == kind]


@pytest.fixture
def desk(house: House, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(house, tmp_path)
    yield desk
    desk.reception.stop()


def test_a_project_has_one_repository(desk: Desk) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = pool.map(
            lambda _: desk.house.write_now(HOUSE, lambda work: code.create_repository(work, desk.project).id), range(16)
        )
        assert set(ids) == {desk.id}


def test_each_project_gets_one_when_it_is_made(house: House) -> None:
    project = house.write_now(HOUSE, lambda work: plan.make_project(work, owner="crew", name="shop"))
    event = plan.ProjectMade(project=project.id, path=project.path, title="")
    for _ in range(2):
        house.write_now(HOUSE, lambda work: make_repository(work, event))
    assert house.read_now(HOUSE, lambda work: code.repository_of(work, project)) is not None


def test_what_moved_is_written_down_once(desk: Desk) -> None:
    first, second = desk.tree.commit("First"), desk.tree.commit("Second\n\nfixes #4")
    desk.push("main")
    for _ in range(3):
        desk.reception.settle(desk.id, desk.caller)

    (entry,) = desk.entries("code.pushed")
    event = entry.event()
    assert isinstance(event, Pushed)
    assert [each.sha for each in event.commits] == [second, first]
    assert str(entry.sentence()) == "pushed 2 commits to main"
    assert set(desk.read(lambda work, project: code.received_commits(work, project, [first, second]))) == {
        first,
        second,
    }
    assert [fix.number for fix in desk.read(lambda work, project: code.fixes_of(work, project, [first, second]))] == [4]
    assert desk.read(lambda work, project: code.head_of(work, project, "main")) == second
    assert desk.read(lambda work, project: code.head_of(work, project, "other")) is None
    (push,) = desk.read(lambda work, project: code.pushes_of(work, project, sha=second, default=True))
    assert (push.after, push.is_default) == (second, True)
    about = desk.house.read_now(HOUSE, lambda work: thread(work, code.commit_ref(desk.project.id, second)))
    assert [each.kind for each in about] == ["code.pushed"]


def test_many_houses_write_it_down_once(desk: Desk) -> None:
    """Replicas on one database and one shelf find the same moves at the same time."""
    receptions = [Reception(desk.house, desk.repositories) for _ in range(6)]
    for number in range(5):
        desk.tree.commit(f"Number {number}")
        desk.push("main", f"main:b{number}")
        with ThreadPoolExecutor(len(receptions)) as pool:
            list(pool.map(lambda reception: reception.settle(desk.id), receptions))

    assert len(desk.entries("code.pushed")) == 10
    for reception in receptions:
        reception.stop()


def test_a_commit_is_found_by_its_beginning(desk: Desk) -> None:
    sha = desk.tree.commit("First")
    desk.push("main")
    desk.reception.settle(desk.id)

    def find(word: str) -> str | None:
        found = desk.read(lambda work, project: code.commit_of(work, project, word))
        return found.sha if found else None

    assert find(sha) == find(sha[:7]) == find(sha[:12].upper()) == sha
    assert find(sha[:6]) is find("0" * 40) is find("") is find("%" * 8) is find("x\0" * 8) is None


def test_strange_bytes_in_a_commit(desk: Desk) -> None:
    desk.tree.commit("First")
    raw = (
        b"tree " + desk.tree.sha("HEAD^{tree}").encode() + b"\nauthor \xff\xfe <a\x01@x> 99999999999999 +0000\n"
        b"committer C <c@x> -5 +9999\n\ncaf\xe9 \xed\xa0\x80 \x7f\x01\nFixes #99999999999, #5\n"
    )
    (desk.tree.folder.parent / "raw").write_bytes(raw)
    sha = desk.tree.git("hash-object", "-t", "commit", "-w", "--literally", "../raw").out.strip()
    desk.push(f"{sha}:refs/heads/main")
    desk.reception.settle(desk.id)

    (commit,) = desk.read(lambda work, project: code.received_commits(work, project, [sha])).values()
    assert commit.title.startswith("caf")
    assert [fix.number for fix in desk.read(lambda work, project: code.fixes_of(work, project, [sha]))] == [5]


def test_the_tags_of_the_house_are_told_to_nobody(desk: Desk) -> None:
    sha = desk.tree.commit("First")
    desk.push("main")
    desk.reception.settle(desk.id)
    desk.repositories.tag(desk.id, "v1.0.0", sha, "Version 1")
    desk.reception.settle(desk.id)

    assert len(desk.entries("code.pushed")) == 1
    assert desk.read(code.refs_of) == {"refs/heads/main": sha, "refs/tags/v1.0.0": sha}


def test_a_thousand_commits_at_once(desk: Desk) -> None:
    stream = "".join(
        f"commit refs/heads/main\ncommitter A <a@x> {1_700_000_000 + n} +0000\ndata 10\nNumber {n % 100:03}\n"
        for n in range(1200)
    )
    desk.tree.git("fast-import", "--quiet", typed=stream)
    desk.push("main")
    desk.reception.settle(desk.id)

    (entry,) = desk.entries("code.pushed")
    event = entry.event()
    assert isinstance(event, Pushed)
    assert (len(event.commits), event.more) == (50, 1150)
    shas = desk.tree.git("rev-list", "main").out.split()
    assert len(desk.read(lambda work, project: code.received_commits(work, project, shas))) == 1200


def test_a_check_is_set_once(desk: Desk) -> None:
    sha = "a" * 40

    def set_to(state: str, words: str = "") -> None:
        desk.house.write_now(
            HOUSE,
            lambda work: code.set_check(work, desk.project, sha, name="build/ci", state=state, url="/x", words=words),
        )

    for state in ("pending", "running", "running", "success", "success"):
        set_to(state)
    events = [entry.event() for entry in desk.entries("code.check_set")]
    assert [event.state for event in events if isinstance(event, CheckSet)] == ["pending", "running", "success"]
    (check,) = desk.read(lambda work, project: code.checks_of(work, project, sha))
    assert (check.state, code.overall([check])) == ("success", "success")
    with pytest.raises(Refused):
        set_to("great")


def test_who_may_not_read_learns_nothing(desk: Desk) -> None:
    stranger = Caller("person:99", "eve", person_id=99)
    verbs: list[Callable[[Work, Project], object]] = [
        code.repository_of,
        code.refs_of,
        code.pushes_of,
        lambda work, _: code.find_repository(work, desk.id),
        lambda work, project: code.head_of(work, project, "main"),
        lambda work, project: code.commit_of(work, project, "a" * 40),
        lambda work, project: code.received_commits(work, project, []),
        lambda work, project: code.fixes_of(work, project, []),
        lambda work, project: code.checks_of(work, project, "a" * 40),
    ]
    for verb in verbs:
        with pytest.raises(Missing):
            desk.read(verb, stranger)


def test_a_guest_sets_no_checks(desk: Desk) -> None:
    eve = desk.house.write_now(HOUSE, lambda work: people.make_account(work, handle="eve", name="Eve"))
    desk.house.write_now(HOUSE, lambda work: people.grant(work, desk.project.scope, eve.id, Role.GUEST))
    with pytest.raises(Forbidden):
        desk.house.write_now(
            people.caller_for(eve),
            lambda work: code.set_check(work, desk.project, "a" * 40, name="x", state="success"),
        )
    with suppress(Forbidden):
        desk.read(code.refs_of, people.caller_for(eve))
