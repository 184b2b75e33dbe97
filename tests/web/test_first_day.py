"""Somebody's first day with Dure by mouse, in both languages: from the first link to a closed issue."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dure.kit import say
from tests.parts.browser import visitor
from tests.parts.house import PASSWORD, running_house

pytestmark = pytest.mark.browser

TITLES = {"en": "The kettle whistles too late", "ko": "주전자가 너무 늦게 웁니다"}


class Reader:
    """Finds things on a page by the words that somebody reads in their language."""

    def __init__(self, page: Page, language: str) -> None:
        self.page = page
        self.language = language

    def words(self, english: str, **values: object) -> str:
        return say(english, **values).into(self.language)

    def button(self, english: str) -> Locator:
        return self.page.get_by_role("button", name=self.words(english), exact=True)

    def link(self, english: str) -> Locator:
        return self.page.get_by_role("link", name=self.words(english), exact=True)

    def field(self, english: str) -> Locator:
        # The label may go on with "optional", but not begin with another word: "name" is not "sign-in name".
        label = re.compile(rf"^\s*{re.escape(self.words(english))}(\s|$)")
        return self.page.locator("main").get_by_label(label).first

    def heading(self, english: str) -> Locator:
        return self.page.get_by_role("heading", name=self.words(english), level=1)

    def sees(self, english: str, **values: object) -> None:
        expect(self.page.get_by_role("status").filter(has_text=self.words(english, **values))).to_be_visible()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_from_the_first_link_to_a_closed_issue(language: str, browser: Browser, tmp_path: Path) -> None:
    with (
        running_house(tmp_path / "data") as house,
        visitor(browser, house.url, language=language) as page,
    ):
        assert house.first_link is not None
        page.goto(urlsplit(house.first_link).path)
        expect(page.locator("html")).to_have_attribute("lang", language)
        who = Reader(page, language)
        make_the_account(who)
        leave_and_come_back(who)
        make_a_project(who)
        work_on_an_issue(who, TITLES[language])
        find_it_again(who, TITLES[language])
        who.page.locator("button.me").click()
        who.button("Sign out").click()
        expect(who.heading("Sign in")).to_be_visible()
        # Its first link is spent: nobody comes in by it again.
        gone = page.goto(urlsplit(house.first_link).path)
        assert gone is not None
        assert gone.status in {403, 404, 409}
        assert "Traceback" not in house.words


def make_the_account(who: Reader) -> None:
    expect(who.heading("Welcome to your Dure")).to_be_visible()
    who.field("Sign-in name").fill("ada")
    who.field("Your name").fill("Ada")
    who.field("Password").fill("short")
    who.button("Come in").click()
    expect(who.page.locator("[data-error-for=password]")).to_be_visible()
    expect(who.field("Sign-in name")).to_have_value("ada")
    who.field("Password").fill(PASSWORD)
    who.button("Come in").click()
    expect(who.heading("Your projects")).to_be_visible()


def leave_and_come_back(who: Reader) -> None:
    who.page.locator("button.me").click()
    who.button("Sign out").click()
    expect(who.heading("Sign in")).to_be_visible()
    who.page.goto("/new")
    expect(who.heading("Sign in")).to_be_visible()
    who.field("Name").fill("ada")
    who.field("Password").fill("not the right one")
    who.page.locator("main").get_by_role("button", name=who.words("Sign in")).click()
    expect(who.page.locator("[data-error-for=password]")).to_have_text(
        who.words("The name or the password is not right.")
    )
    who.field("Password").fill(PASSWORD)
    who.page.locator("main").get_by_role("button", name=who.words("Sign in")).click()
    expect(who.heading("New project")).to_be_visible()


def make_a_project(who: Reader) -> None:
    who.page.goto("/")
    who.link("Make the first project").click()
    who.field("Name").fill("kettle")
    who.field("Title").fill("The Kettle")
    who.button("Make the project").click()
    who.page.wait_for_url("**/ada/kettle")
    expect(who.page.get_by_role("heading", level=1)).to_contain_text("The Kettle")


def work_on_an_issue(who: Reader, title: str) -> None:
    page = who.page
    who.link("New issue").click()
    who.field("Title").fill(title)
    who.field("Description").fill("It boils at 100 °C, and *whistles* at 120 °C.")
    who.button("Open the issue").click()
    page.wait_for_url("**/issues/1")
    who.sees("Opened #{number}", number=1)
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    expect(page.locator("main em", has_text="whistles")).to_be_visible()

    page.locator("main details.edit > summary").first.click()
    page.locator("#edit-title").fill(f"{title}!")
    who.button("Save").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{title}!")

    page.get_by_label(who.words("Comment")).last.fill("`98 °C` 부터 소리가 나요")
    who.button("Comment").click()
    expect(page.locator(".thread .said")).to_contain_text("98 °C 부터 소리가 나요")

    who.button("Close the issue").click()
    who.sees("Closed #{number}", number=1)
    expect(page.locator(".badge.closed")).to_be_visible()
    who.button("Reopen the issue").click()
    who.sees("Reopened #{number}", number=1)
    expect(page.locator("main .badge.open")).to_be_visible()
    who.button("Close the issue").click()
    expect(page.locator(".badge.closed")).to_be_visible()


def find_it_again(who: Reader, title: str) -> None:
    page = who.page
    for words in (title.split()[1], "소리"):
        page.get_by_role("searchbox", name=who.words("Search everything")).fill(words)
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=*")
        expect(page.get_by_role("link", name=f"{title}!")).to_be_visible()
    page.get_by_role("link", name=f"{title}!").click()
    page.wait_for_url("**/ada/kettle/issues/1")
    page.goto("/ada/kettle/issues")
    expect(page.get_by_role("link", name=f"{title}!")).to_have_count(0)
    page.locator("main nav.tabs a").nth(1).click()
    expect(page.get_by_role("link", name=f"{title}!")).to_be_visible()
