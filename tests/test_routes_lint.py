"""The lint that keeps routes from the data of projects: it sees each way round policy, and the house has none."""

from pathlib import Path
from textwrap import dedent

import pytest

from tools import routes_lint

ROOT = Path(__file__).parents[1]
ROOMS = routes_lint.rooms_with_projects(ROOT / "pyproject.toml")

LEDGER = """
    class Work: ...
    HOUSE = object()
"""
POLICY = """
    def require(work, name, scope): ...
    def may(work, name, scope): ...
    def readable(work): ...
"""
DOOR = """
    from dure.plan.issue import close_issue, list_issues, open_issue
    __all__ = ["close_issue", "list_issues", "open_issue"]
"""
ISSUE = """
    from dure import policy
    from dure.ledger import Work
    from dure.policy import readable

    def open_issue(work: Work, title: str) -> int:
        policy.require(work, "issue.open", "project:1")
        return 1

    def close_issue(work: Work, number: int) -> None:
        change(work, number)

    def change(work: Work, number: int) -> None:
        policy.require(work, "issue.close", "project:1")

    def list_issues(work: Work) -> list[int]:
        may_read = readable(work)
        return []
"""
ROUTES = """
    from functools import partial
    from dure.ledger import Work
    from dure.plan.issue import close_issue, list_issues, open_issue

    async def new(request):
        await request.house.write(request.user, partial(open_issue, title="x"))

    async def close(request):
        await request.house.write(request.user, lambda work: close_issue(work, 1))

    async def both(request):
        def do(work: Work) -> None:
            open_issue(work, "x")
            close_issue(work, 1)
        await request.house.write(request.user, do)
"""


def in_a_house(folder: Path, more: dict[str, str] | None = None) -> list[str]:
    """What the lint says of a small house in which some files hold more than is good for them."""
    files = {
        "ledger.py": LEDGER,
        "policy.py": POLICY,
        "plan/__init__.py": DOOR,
        "plan/issue.py": ISSUE,
        "plan/routes.py": ROUTES,
    }
    for path, words in (more or {}).items():
        files[path] = files.get(path, "") + "\n\n\n" + words
    for path, words in files.items():
        file = folder / "dure" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(dedent(part) for part in words.split("\n\n\n")))
    return [str(fault) for fault in routes_lint.faults(folder / "dure", ROOMS)]


def test_the_house_asks_policy_everywhere() -> None:
    assert [str(fault) for fault in routes_lint.faults(ROOT / "src" / "dure", ROOMS)] == []


def test_the_rooms_with_projects_are_those_from_plan_on() -> None:
    assert {"plan", "code", "deploy", "chat"} <= ROOMS
    assert not {"people", "policy", "shell", "app", "cli", "keeper"} & ROOMS


def test_a_house_that_asks_is_clean(tmp_path: Path) -> None:
    assert in_a_house(tmp_path) == []


@pytest.mark.parametrize(
    ("file", "words", "said"),
    [
        ("plan/routes.py", "import sqlalchemy", "imports SQLAlchemy"),
        ("plan/routes.py", "from sqlalchemy.orm import Session", "imports SQLAlchemy"),
        ("people/routes.py", "from sqlalchemy import select", "imports SQLAlchemy"),
        ("plan/routes.py", "async def bad(work): return work.session.get(1)", "`.session`"),
        ("plan/routes.py", "async def bad(house): house.database.write(1)", "`.database`"),
        ("plan/routes.py", "async def bad(house): house.write_now(1, 2)", "`.write_now`"),
        ("plan/routes.py", "async def bad(s, a): open_issue(Work(s, a), 'x')", "makes a Work"),
        ("plan/routes.py", "async def bad(other): open_issue(other.thing, 'x')", "outside of house.read"),
        (
            "plan/routes.py",
            "from dure.ledger import HOUSE\nasync def bad(h): await h.read(HOUSE, list_issues)",
            "as the house",
        ),
        ("plan/routes.py", "from dure.people.person import Person", "through the wall"),
        ("build/routes.py", "from dure.plan.issue import open_issue", "through the wall"),
    ],
)
def test_a_route_with_its_hand_in_the_database_is_seen(tmp_path: Path, file: str, words: str, said: str) -> None:
    found = in_a_house(tmp_path, {file: words})
    assert any(said in fault for fault in found), found


@pytest.mark.parametrize(
    "verb",
    [
        "def silent(work: Work) -> None: work.record(1)",
        "def silent(work: Work) -> None: helper(work)\ndef helper(work: Work) -> None: ...",
        "def silent(work: Work) -> None: helper(work)\ndef helper(work: Work) -> None: silent(work)",
        "def silent(work: Work) -> bool: return policy.may(work, 'x', 'y')",
        "def silent(work: Work) -> None: require(work)\ndef require(work: Work) -> None: ...",
        "def silent(work: Work) -> None: work.require('issue.close')",
        "# open:\ndef silent(work: Work) -> None: ...",
    ],
)
def test_a_verb_that_never_asks_is_seen(tmp_path: Path, verb: str) -> None:
    found = in_a_house(tmp_path, {"plan/issue.py": verb, "plan/routes.py": "from dure.plan.issue import silent"})
    assert len(found) == 1
    assert "`silent` never asks policy" in found[0]
    assert "/plan/issue.py:" in found[0]


def test_an_exported_verb_that_no_route_uses_is_seen_too(tmp_path: Path) -> None:
    found = in_a_house(
        tmp_path,
        {
            "flags/__init__.py": "from dure.flags.flag import turn_off\n__all__ = ['turn_off']",
            "flags/flag.py": "from dure.ledger import Work\ndef turn_off(work: Work) -> None: ...",
        },
    )
    assert len(found) == 1
    assert "`turn_off` never asks policy" in found[0]


def test_a_verb_may_say_why_it_is_open(tmp_path: Path) -> None:
    verb = "# open: a search for nothing finds nothing.\ndef quiet(work: Work) -> None: ..."
    more = {"plan/issue.py": verb, "plan/routes.py": "from dure.plan.issue import quiet"}
    assert in_a_house(tmp_path, more) == []


def test_the_word_on_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert routes_lint.main() == 0
    assert capsys.readouterr().out == ""
