"""What the tests of plan ask for: a house with some people in it, and the whole program served over HTTP."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dure import people, plan
from dure.app import put_together
from dure.ledger import HOUSE, House, Work
from dure.people import Caller, Role
from dure.plan import Issue, Project
from dure.settings import Settings
from tests.parts.served import served
from tests.plan.visitor import Visitor


@dataclass(frozen=True)
class Village:
    """A house in which ada keeps a shop with bob, carl may look at everything open, and dora knows nobody."""

    house: House
    ada: Caller
    bob: Caller
    carl: Caller
    shop: Project

    def path(self) -> str:
        return self.shop.path

    def open(self, title: str, by: Caller | None = None, path: str = "ada/shop", body: str = "") -> Issue:
        def do(work: Work) -> Issue:
            return plan.open_issue(work, plan.find_project(work, path), title=title, body=body)

        return self.house.write_now(by or self.ada, do)

    def found(self, query: str, by: Caller | None = None) -> list[int]:
        """The numbers of the issues in the shop that a filter finds."""

        def do(work: Work) -> list[int]:
            listing = plan.list_issues(work, plan.find_project(work, "ada/shop"), plan.parse_filter(query))
            return [row.number for row in listing.rows]

        return self.house.read_now(by or self.ada, do)


@pytest.fixture
def village(house: House) -> Village:
    def settle(work: Work) -> list[Caller]:
        accounts = [people.make_account(work, handle=name, name=name.title()) for name in ("ada", "bob", "carl")]
        return [people.caller_for(account) for account in accounts]

    ada, bob, carl = house.write_now(HOUSE, settle)
    shop = house.write_now(ada, lambda work: plan.make_project(work, owner="ada", name="shop", title="Shop"))

    def invite(work: Work) -> None:
        assert bob.person_id is not None
        people.grant(work, shop.scope, bob.person_id, Role.DEVELOPER)

    house.write_now(ada, invite)
    return Village(house, ada, bob, carl, shop)


@pytest.fixture
def site(village: Village, tmp_path: Path) -> Iterator[str]:
    """The address of the whole program, served over HTTP."""
    program = put_together(Settings(data=tmp_path), village.house)
    with served(program.asgi) as url:
        yield url


@pytest.fixture
def ada(village: Village, site: str) -> Iterator[Visitor]:
    with Visitor.signed_in(site, village.house, village.ada) as visitor:
        yield visitor


@pytest.fixture
def bob(village: Village, site: str) -> Iterator[Visitor]:
    with Visitor.signed_in(site, village.house, village.bob) as visitor:
        yield visitor


@pytest.fixture
def carl(village: Village, site: str) -> Iterator[Visitor]:
    with Visitor.signed_in(site, village.house, village.carl) as visitor:
        yield visitor
