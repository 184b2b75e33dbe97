"""Issues through the door: numbers, lists that stand still, limits, and who may do what."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from dure import people, plan
from dure.kit import Forbidden, Invalid, Missing, Refused
from dure.ledger import HOUSE, Work, thread
from dure.people import Role
from tests.plan.conftest import Village


def test_fifty_at_once_get_fifty_numbers(village: Village) -> None:
    with ThreadPoolExecutor(50) as many:
        numbers = list(many.map(lambda n: village.open(f"Issue {n}").number, range(50)))
    assert sorted(numbers) == list(range(1, 51))
    shop = village.house.read_now(village.ada, lambda work: plan.find_project(work, "ada/shop"))
    assert (shop.open_issues, shop.closed_issues) == (50, 0)


def test_closing_at_once_counts_once(village: Village) -> None:
    village.open("One")

    def close(work: Work) -> None:
        shop = plan.find_project(work, "ada/shop")
        plan.close_issue(work, shop, plan.find_issue(work, shop, 1, to_change=True))

    with ThreadPoolExecutor(8) as many:
        list(many.map(lambda _: village.house.write_now(village.ada, close), range(8)))
    shop = village.house.read_now(village.ada, lambda work: plan.find_project(work, "ada/shop"))
    assert (shop.open_issues, shop.closed_issues) == (0, 1)
    kinds = village.house.read_now(village.ada, lambda work: [entry.kind for entry in thread(work, "issue:1")])
    assert kinds.count("plan.issue_closed") == 1


@pytest.mark.parametrize("sort", ["newest", "oldest", "updated"])
def test_pages_stand_still_while_issues_come(village: Village, sort: str) -> None:
    for n in range(12):
        village.open(f"Issue {n}")

    def page(cursor: str) -> plan.Listing:
        sought = plan.parse_filter(f"is:open sort:{sort}")
        return village.house.read_now(
            village.ada,
            lambda work: plan.list_issues(work, plan.find_project(work, "ada/shop"), sought, cursor=cursor, limit=5),
        )

    first = page("")
    assert first.newer is None
    assert first.older is not None
    village.open("A new one in between")
    second = page(first.older)
    assert second.older is not None
    assert second.newer is not None
    third = page(second.older)
    seen = [row.number for listing in (first, second, third) for row in listing.rows]
    assert [number for number in seen if number <= 12] == (
        list(range(1, 13)) if sort == "oldest" else list(range(12, 0, -1))
    )
    assert page(second.newer).rows == first.rows


@pytest.mark.parametrize("cursor", ["x", "-1", "1.2.3", "~", "9" * 30, "12.5", "²"])
def test_a_cursor_nobody_gave_out_is_refused(village: Village, cursor: str) -> None:
    with pytest.raises(Invalid):
        village.house.read_now(
            village.ada,
            lambda work: plan.list_issues(
                work, plan.find_project(work, "ada/shop"), plan.parse_filter(""), cursor=cursor
            ),
        )


def test_a_project_one_may_not_read_is_missing_everywhere(village: Village) -> None:
    village.open("A secret plan", body="@carl should not hear of it")
    carl, house = village.carl, village.house
    with pytest.raises(Missing) as theirs:
        house.read_now(carl, lambda work: plan.find_project(work, "ada/shop"))
    with pytest.raises(Missing) as nobodys:
        house.read_now(carl, lambda work: plan.find_project(work, "ada/nothing"))
    assert str(theirs.value) == str(nobodys.value)
    with pytest.raises(Missing):
        house.read_now(carl, lambda work: plan.project_of(work, village.shop.id))
    for query in ("secret", "", "author:ada", "mentions:me", "is:open"):
        listing = house.read_now(carl, partial(plan.search_issues, sought=plan.parse_filter(query)))
        assert listing.rows == (), query
    assert house.read_now(carl, lambda work: list(plan.list_projects(work))) == []
    assert not list(house.read_now(carl, plan.come_in).projects)
    assert house.read_now(HOUSE, lambda work: [entry.kind for entry in thread(work, carl.ref)]) == [
        "people.account_made"
    ]


def test_a_reference_is_shown_only_to_those_who_may_read_where_it_was_made(village: Village) -> None:
    house, ada, bob, carl = village.house, village.ada, village.bob, village.carl
    house.write_now(ada, lambda work: plan.make_project(work, owner="ada", name="open", everyone=True))
    village.open("Open issue", path="ada/open")
    village.open("Private issue", body="blocks ada/open#1 and #2 and nobody/nothing#7")

    def sentences(work: Work) -> list[str]:
        project = plan.find_project(work, "ada/open")
        found = plan.thread_of(work, project, plan.find_issue(work, project, 1))
        return [str(item.entry.sentence()) for item in found.items]

    told = "mentioned ada/open#1 in ada/shop#1 Private issue"
    assert told in house.read_now(ada, sentences)
    assert told in house.read_now(bob, sentences)
    assert told not in house.read_now(carl, sentences)


def test_a_writer_cannot_reach_into_a_project_they_may_not_read(village: Village) -> None:
    house, carl = village.house, village.carl
    village.open("Private issue")
    house.write_now(carl, lambda work: plan.make_project(work, owner="carl", name="mine"))
    village.open("I know you", by=carl, path="carl/mine", body="ada/shop#1")
    kinds = house.read_now(HOUSE, lambda work: [entry.kind for entry in thread(work, "issue:1")])
    assert "plan.referenced" not in kinds

    def known(work: Work) -> dict[str, plan.Known]:
        return plan.words_known(work, plan.find_project(work, "carl/mine"), ["ada/shop#1 #1"])

    assert set(house.read_now(carl, known)) == {"#1"}


def test_who_is_mentioned_hears_of_it_once_if_they_may_read_it(village: Village) -> None:
    village.open("Hello", body="@bob @carl @nobody `@ada` and @bob again")
    village.house.write_now(
        village.ada,
        lambda work: plan.comment(
            work,
            plan.find_project(work, "ada/shop"),
            plan.find_issue(work, plan.find_project(work, "ada/shop"), 1),
            "@bob once more",
        ),
    )

    def heard(ref: str) -> list[str]:
        return village.house.read_now(HOUSE, lambda work: [entry.kind for entry in thread(work, ref)])

    assert heard(village.bob.ref).count("plan.mentioned") == 1
    assert "plan.mentioned" not in heard(village.carl.ref)
    assert "plan.mentioned" not in heard(village.ada.ref)


def test_roles(village: Village) -> None:
    house, ada, carl = village.house, village.ada, village.carl
    village.open("Ada's")

    def become(role: Role) -> None:
        assert carl.person_id is not None
        person_id = carl.person_id
        house.write_now(ada, lambda work: people.grant(work, village.shop.scope, person_id, role))

    def close(number: int) -> None:
        def do(work: Work) -> None:
            shop = plan.find_project(work, "ada/shop")
            plan.close_issue(work, shop, plan.find_issue(work, shop, number, to_change=True))

        house.write_now(carl, do)

    become(Role.GUEST)
    with pytest.raises(Forbidden, match="reporter"):
        village.open("Carl's", by=carl)
    become(Role.REPORTER)
    assert village.open("Carl's", by=carl).number == 2
    with pytest.raises(Forbidden, match="developer"):
        close(1)
    close(2)
    become(Role.DEVELOPER)
    close(1)
    with pytest.raises(Forbidden):
        house.write_now(carl, lambda work: plan.edit_project(work, plan.find_project(work, "ada/shop"), title="Mine"))


def test_limits_are_told_by_field(village: Village) -> None:
    cases: dict[str, dict[str, Any]] = {
        "title": {"title": "x" * 201},
        "body": {"title": "x", "body": "y" * 60_001},
        "labels": {"title": "x", "labels": [f"label {n}" for n in range(21)]},
        "assignees": {"title": "x", "assignees": ["carl"]},
        "milestone": {"title": "x", "milestone": "never"},
    }
    for field, words in cases.items():
        with pytest.raises(Invalid) as refused:
            village.house.write_now(village.ada, partial(plan.open_issue, project=village.shop, **words))
        assert list(refused.value.fields) == [field]
    assert village.open("\x00  A\u202e title\n over\ttwo lines\u200f ").title == "A title over two lines"
    assert village.open("No number was lost").number == 2


def test_projects_are_made_under_ones_own_name(village: Village) -> None:
    house, ada = village.house, village.ada
    with pytest.raises(Forbidden, match="your own name"):
        house.write_now(ada, lambda work: plan.make_project(work, owner="weavers", name="shop"))
    with pytest.raises(Refused, match="already"):
        house.write_now(ada, lambda work: plan.make_project(work, owner="ada", name="SHOP"))
    for name in ("", "-x", "a b", "../etc", "x" * 41, "x..y", "x.git", "가게"):
        with pytest.raises(Invalid):
            house.write_now(ada, partial(plan.make_project, owner="ada", name=name))
    team = house.write_now(HOUSE, lambda work: plan.make_project(work, owner="weavers", name="shop"))
    assert team.path == "weavers/shop"


def test_a_milestone_counts_what_leads_up_to_it(village: Village) -> None:
    def counts(work: Work) -> tuple[int, int]:
        found = plan.milestones_of(work, plan.find_project(work, "ada/shop"))[0]
        return found.open_issues, found.closed_issues

    def prepare(work: Work) -> None:
        shop = plan.find_project(work, "ada/shop")
        plan.make_milestone(work, shop, title="1.0")
        plan.open_issue(work, shop, title="One", milestone="1.0")
        plan.open_issue(work, shop, title="Two", milestone="1.0")

    def close(work: Work) -> None:
        shop = plan.find_project(work, "ada/shop")
        plan.close_issue(work, shop, plan.find_issue(work, shop, 1, to_change=True))

    def take_out(work: Work) -> None:
        shop = plan.find_project(work, "ada/shop")
        plan.set_milestone(work, shop, plan.find_issue(work, shop, 1, to_change=True), None)

    house, ada = village.house, village.ada
    house.write_now(ada, prepare)
    assert house.read_now(ada, counts) == (2, 0)
    house.write_now(ada, close)
    assert house.read_now(ada, counts) == (1, 1)
    house.write_now(ada, take_out)
    assert house.read_now(ada, counts) == (1, 0)
