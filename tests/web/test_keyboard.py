"""Everything by keyboard alone, and where one is can always be seen."""

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.parts.browser import visitor
from tests.parts.house import PASSWORD
from tests.parts.sample import PROJECT, Sample

pytestmark = pytest.mark.browser

STEPS_MAX = 80
SHOWN = """() => {
  const here = document.activeElement, box = here.getBoundingClientRect();
  const lit = [here, here.firstElementChild, here.closest('.row'), here.closest('.search')].some((one) => {
    const style = one && getComputedStyle(one);
    const outlined = style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return outlined || (style && style.boxShadow !== 'none');
  });
  return here.matches(':focus-visible') && lit && box.bottom > 0 && box.top < innerHeight && box.right > 0;
}"""


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until it has the focus. At each step on the way, where one is must be seen."""
    for _ in range(STEPS_MAX):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue
        assert page.evaluate(SHOWN), page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not come to {target}")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_day_without_a_mouse(browser: Browser, sample: Sample) -> None:
    with visitor(browser, sample.house.url) as page:
        page.goto("/")
        expect(page.get_by_label("Name")).to_be_focused()
        page.keyboard.type("ada")
        press(page, "Tab")
        page.keyboard.type(PASSWORD)
        press(page, "Enter")
        expect(page.get_by_role("heading", name="Your projects")).to_be_visible()

        press(page, "c")
        expect(page.locator("#f-name")).to_be_focused()
        page.keyboard.type("by-hand")
        tab_to(page, page.get_by_label("Everyone who is signed in may look"))
        press(page, "Space")
        tab_to(page, page.get_by_role("button", name="Make the project"))
        press(page, "Enter")
        page.wait_for_url("**/ada/by-hand")

        press(page, "g", "i")
        page.wait_for_url("**/ada/by-hand/issues")
        press(page, "c")
        page.wait_for_url("**/issues/new")
        expect(page.get_by_label("Title")).to_be_focused()
        page.keyboard.type("Tea for two")
        press(page, "Tab")
        page.keyboard.type("Two cups, one pot.")
        press(page, "Control+Enter")
        page.wait_for_url("**/issues/1")
        edit_comment_and_close(page)
        find_and_leave(page)


def edit_comment_and_close(page: Page) -> None:
    press(page, "e")
    tab_to(page, page.locator("#edit-title"))
    press(page, "Control+a")
    page.keyboard.type("Tea for three")
    press(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tea for three")

    tab_to(page, page.get_by_label("Comment").last)
    page.keyboard.type("With milk.")
    press(page, "Control+Enter")
    expect(page.locator(".thread .said")).to_contain_text("With milk.")

    press(page, "x")
    expect(page.locator(".badge.closed")).to_be_visible()
    press(page, "x")
    expect(page.locator("main .badge.open")).to_be_visible()


def find_and_leave(page: Page) -> None:
    press(page, "/")
    expect(page.get_by_role("searchbox", name="Search everything")).to_be_focused()
    page.keyboard.type("three milk")
    press(page, "Enter")
    page.wait_for_url("**/search?q=*")
    press(page, "j")
    expect(page.locator("a[data-open]").first).to_be_focused()
    assert page.evaluate(SHOWN)
    press(page, "Enter")
    page.wait_for_url("**/ada/by-hand/issues/1")
    press(page, "g", "p")
    page.wait_for_url("**/ada/by-hand")
    press(page, "g", "h")
    expect(page.get_by_role("heading", name="Your projects")).to_be_visible()

    tab_to(page, page.get_by_role("button", name="Your menu"))
    press(page, "Enter")
    tab_to(page, page.get_by_role("button", name="Sign out"))
    press(page, "Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_help_lists_the_keys_of_the_page_and_they_work(browser: Browser, sample: Sample) -> None:
    with visitor(browser, sample.house.url, cookie=sample.cookie()) as page:
        page.goto(f"/{PROJECT}/issues/12")
        press(page, "?")
        help_ = page.get_by_role("dialog", name="Keyboard")
        expect(help_).to_be_visible()
        for words in ("Issues", "Milestones", "Close the issue", "Edit"):
            expect(help_.locator("[data-page-keys]")).to_contain_text(words)
        keys = page.evaluate("[...document.querySelectorAll('[data-keys]')].map((one) => one.dataset.keys)")
        assert len(keys) == len(set(keys)), "two things answer to the same key"
        press(page, "Escape")
        expect(help_).to_be_hidden()
        for last, where in (("s", "milestones"), ("l", "labels"), ("e", "members"), ("c", "settings"), ("i", "issues")):
            press(page, "g", last)
            page.wait_for_url(f"**/{PROJECT}/{where}")
        press(page, "j", "j", "k")
        expect(page.locator("a[data-open]").first).to_be_focused()
        press(page, "g", "m")
        page.wait_for_url("**/me")


def test_every_stop_of_the_tab_key_can_be_seen(browser: Browser, sample: Sample) -> None:
    with visitor(browser, sample.house.url, cookie=sample.cookie()) as page:
        for path in (f"/{PROJECT}", f"/{PROJECT}/issues", f"/{PROJECT}/issues/12", f"/{PROJECT}/labels", "/me/tokens"):
            page.goto(path)
            tab_to(page, page.locator("footer [data-dialog=help]"))
