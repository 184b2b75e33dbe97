"""Without a word of script, everything that matters still works: plain links and plain forms."""

import pytest
from playwright.sync_api import Browser, expect

from tests.parts.browser import visitor
from tests.parts.house import PASSWORD
from tests.parts.sample import Sample

pytestmark = pytest.mark.browser


def test_a_day_without_scripts(browser: Browser, sample: Sample) -> None:
    with visitor(browser, sample.house.url, scripts=False) as page:
        page.goto("/new")
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("a wrong password")
        page.locator("main button").click()
        expect(page.locator("[data-error-for=password]")).to_have_text("The name or the password is not right.")
        expect(page.get_by_label("Name")).to_have_value("ada")
        page.get_by_label("Password").fill(PASSWORD)
        page.locator("main button").click()

        page.locator("#f-name").fill("plain")
        page.get_by_role("button", name="Make the project").click()
        expect(page).to_have_url(f"{sample.house.url}/ada/plain")

        page.get_by_role("link", name="New issue").click()
        page.get_by_label("Title").fill("Boil water without electricity")
        page.get_by_role("button", name="Open the issue").click()
        expect(page).to_have_url(f"{sample.house.url}/ada/plain/issues/1")
        expect(page.get_by_role("status").filter(has_text="Opened #1")).to_be_visible()

        page.get_by_label("Comment").last.fill("A fire **would** do.")
        page.get_by_role("button", name="Comment").click()
        expect(page.locator(".thread .said strong")).to_have_text("would")

        page.locator("details.edit > summary").first.click()
        page.locator("#edit-title").fill("Boil water over a fire")
        page.get_by_role("button", name="Save").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("over a fire")

        page.get_by_label("Comment").last.fill("It does.")
        page.get_by_role("button", name="Close the issue").click()
        expect(page.locator(".badge.closed")).to_be_visible()
        page.get_by_role("button", name="Reopen the issue").click()
        expect(page.locator("main .badge.open")).to_be_visible()

        page.goto("/search?q=fire")
        expect(page.get_by_role("link", name="Boil water over a fire")).to_be_visible()


def test_language_and_appearance_are_chosen_without_scripts(browser: Browser, sample: Sample) -> None:
    with visitor(browser, sample.house.url, scripts=False) as page:
        page.goto("/sign-in?next=/new")
        page.get_by_role("button", name="한국어").click()
        expect(page.locator("html")).to_have_attribute("lang", "ko")
        expect(page).to_have_url(f"{sample.house.url}/sign-in?next=/new")
        page.locator("footer button[value=dark]").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
