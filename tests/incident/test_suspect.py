"""Suspects are ranked by reasons that anybody can check."""

from dure.incident.suspect import Candidate, files_named, rank


def shas(candidates: list[Candidate], service: str = "", named: list[str] | None = None) -> list[str]:
    return [one.candidate.sha for one in rank(candidates, service, named or [])]


def commit(sha: str, title: str, *paths: str) -> Candidate:
    return Candidate(sha, title, "ada", paths)


def test_the_file_that_errors_speak_of_outweighs_everything() -> None:
    found = shas(
        [
            commit("a", "feat: prices", "catalog.py"),
            commit("b", "refactor: pages", "web.py"),
            commit("c", "feat: carts", "cart.py"),
        ],
        named=["/srv/releases/1f/catalog.py"],
    )
    assert found[0] == "a"


def test_what_touches_the_service_comes_before_what_does_not() -> None:
    found = shas([commit("a", "feat: x", "cart/total.py"), commit("b", "feat: y", "web/page.py")], service="cart")
    assert found == ["a", "b"]


def test_what_changes_nothing_that_runs_comes_last() -> None:
    found = shas(
        [
            commit("a", "feat: prices", "web.py"),
            commit("b", "docs: say it", "README.md", "docs/guide.md"),
            commit("c", "test: more", "tests/test_web.py"),
        ]
    )
    assert found[0] == "a"


def test_among_equals_the_last_one_comes_first() -> None:
    assert shas([commit("a", "feat: x", "x.py"), commit("b", "feat: y", "y.py")]) == ["b", "a"]


def test_every_suspect_says_why() -> None:
    assert all(one.reasons for one in rank([commit("a", "", "x.py"), commit("b", "docs: y")], "web", ["x.py"]))


def test_nobody_is_suspected_where_there_is_nobody() -> None:
    assert rank([], "web", ["x.py"]) == []


def test_files_are_found_in_traces_of_several_languages() -> None:
    lines = [
        '  File "/srv/releases/1f/web.py", line 12, in page',
        "    at total (/srv/app/src/cart.ts:7:3)",
        "panic: main.go:31 +0x1d",
        "nothing here",
    ]
    assert files_named(lines) == ["/srv/app/src/cart.ts", "/srv/releases/1f/web.py", "main.go"]
