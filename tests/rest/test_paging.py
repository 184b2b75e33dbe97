"""Lists come a page at a time, whichever page is asked for, and say where the others are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

from dure.plan import open_issue
from tests.build.wired import Yard
from tests.plan.visitor import Answer
from tests.rest.conftest import Client, Job

LINK = re.compile(r'<([^>]+)>; rel="(\w+)"')
FOR_LISTS = re.compile(r"FROM (issue|comment)\b")
LISTS = ("/issues?state=all", "/issues/1/comments", "/actions/runs", "/commits", "/branches")


def links(answer: Answer) -> dict[str, str]:
    """Where they lead, from /api on."""
    found = LINK.findall(answer.headers.get("link", ""))
    return {rel: "/api/" + address.partition("/api/")[2] for address, rel in found}


def page_of(address: str) -> int:
    found = re.search(r"[?&]page=(\d+)", address)
    assert found
    return int(found[1])


def rows(answer: Answer) -> list[object]:
    assert answer.status == 200, answer.text
    return list(answer.json["workflow_runs"] if isinstance(answer.json, dict) else answer.json)


def filled(job: Job, yard: Yard) -> Client:
    """Five of each."""
    client = job("write-all")
    for number in range(1, 6):
        if number > 1:
            yard.push({"file": str(number)}, f"Change {number}")
        yard.git("push", "-q", "origin", f"HEAD:refs/heads/topic-{number}")
        assert client.ask("POST", "/issues", {"title": f"Issue {number}"}).status == 201
        assert client.ask("POST", "/issues/1/comments", {"body": f"Word {number}"}).status == 201
    yard.received()
    return client


def walked(client: Client, path: str) -> list[list[object]]:
    """Every page from the first on, as clients go."""
    answer = client.get(path)
    found = [rows(answer)]
    while following := links(answer).get("next"):
        answer = client.get(following)
        found.append(rows(answer))
    return found


def test_going_from_page_to_page_one_meets_everything_once(job: Job, yard: Yard) -> None:
    client = filled(job, yard)
    for path in LISTS:
        whole = rows(client.get(f"{path}{'&' if '?' in path else '?'}per_page=100"))
        pages = walked(client, f"{path}{'&' if '?' in path else '?'}per_page=2")
        assert [row for page in pages for row in page] == whole, path
        assert all(len(page) == 2 for page in pages[:-1]), path
        assert len(pages) >= 3, path


def test_links_lead_to_the_pages_beside_it(job: Job, yard: Yard) -> None:
    client = filled(job, yard)
    first, second, last = (links(client.get(f"/issues?per_page=2&page={page}&state=all")) for page in (1, 2, 3))
    assert {rel: page_of(to) for rel, to in first.items()} == {"next": 2}
    assert {rel: page_of(to) for rel, to in second.items()} == {"prev": 1, "next": 3, "first": 1}
    assert {rel: page_of(to) for rel, to in last.items()} == {"prev": 2, "first": 1}
    assert "per_page=2" in first["next"]
    assert "state=all" in first["next"]
    runs = client.get("/actions/runs?per_page=1")
    total = runs.json["total_count"]
    assert {rel: page_of(to) for rel, to in links(runs).items()} == {"next": 2, "last": total}
    assert total >= 5
    assert not links(client.get("/issues?state=all"))


def test_links_below_a_branch_with_letters_of_another_script_and_with_signs(job: Job, yard: Yard) -> None:
    client = job("write-all")
    for name in ("한글/가지", "a%b"):
        yard.git("push", "-q", "origin", f"HEAD:refs/heads/{name}")
        yard.received()
        for word in ("one", "two"):
            made = client.ask("POST", f"/statuses/{client.order.sha}", {"state": "success", "context": word})
            assert made.status == 201
        path = f"/commits/{name.replace('%', '%25')}/statuses?per_page=1"
        pages = walked(client, path)
        assert len({str(row) for page in pages for row in page}) == len(pages) >= 3, name


def test_a_page_far_behind_asks_no_more_than_the_first(job: Job, yard: Yard) -> None:
    client = filled(job, yard)
    yard.write(lambda work: [open_issue(work, yard.project, title=f"Another {count}") for count in range(150)])
    for path in LISTS:
        question = f"{path}{'&' if '?' in path else '?'}"
        with counting() as first:
            assert rows(client.get(f"{question}page=1&per_page=1"))
        assert first or "issue" not in path
        with counting() as far:
            answer = client.get(f"{question}page=1000&per_page=1")
        assert rows(answer) == []
        assert "next" not in links(answer)
        assert len(far) <= len(first), path


def test_what_is_out_of_bounds_is_brought_into_them(job: Job, yard: Yard) -> None:
    client = filled(job, yard)
    assert len(rows(client.get("/issues?state=all&per_page=1000"))) == 5
    assert rows(client.get("/issues?state=all&page=0&per_page=2")) == rows(client.get("/issues?state=all&per_page=2"))
    assert rows(client.get("/issues?state=all&page=999999999")) == []
    assert client.get("/issues?page=many").status == 422


@contextmanager
def counting() -> Iterator[list[str]]:
    """What is asked of the database for lists meanwhile; the machines of the house ask for their own."""
    said: list[str] = []

    def hear(_: object, __: object, words: str, *___: object) -> None:
        if FOR_LISTS.search(words):
            said.append(words)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
