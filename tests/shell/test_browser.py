"""The frame in a real Chromium: accessible, quick to the keyboard, alive, and gentle with what is being typed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dure.kit import say
from tests.parts.browser import faults

pytestmark = pytest.mark.browser

PAGES = ("/", "/parts", "/ada/shop/issues", "/ada/shop/issues/12", "/form", "/empty", "/refuse/invalid", "/nowhere")
FIRST_PAGE_BYTES_MAX = 60_000


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with browser.new_context(base_url=address, locale="en", viewport={"width": 1280, "height": 800}) as context:
        context.add_cookies([{"name": "as", "value": "ada", "url": address}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        yield page
        # A refused form is an error to the console, and one of ours to the person; anything else is a fault.
        ours = ("Failed to load resource", "Response Status Error Code 422")
        assert [line for line in complaints if not line.startswith(ours)] == []


@pytest.mark.parametrize(
    ("theme", "width", "language"),
    [("light", 1280, "en"), ("dark", 360, "ko"), ("light", 360, "ko"), ("dark", 1280, "en")],
)
def test_axe_finds_nothing_and_nothing_is_cut_off(
    theme: str, width: int, language: str, browser: Browser, address: str
) -> None:
    wish = "dark" if theme == "dark" else "light"
    size = {"width": width, "height": 900}
    with browser.new_context(base_url=address, locale=language, color_scheme=wish, viewport=size) as context:  # type: ignore[arg-type]
        context.add_cookies([{"name": "as", "value": "ada", "url": address}])
        page = context.new_page()
        for path in PAGES:
            page.goto(path)
            assert faults(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.keyboard.press("?")
        assert faults(page) == []


def test_the_first_page_is_small(browser: Browser, address: str) -> None:
    with browser.new_context(base_url=address) as context:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        sizes: list[int] = []
        session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
        page.goto("/ada/shop/issues", wait_until="networkidle")
        assert len(sizes) >= 3
        assert sum(sizes) < FIRST_PAGE_BYTES_MAX


def test_the_keyboard_goes_everywhere(page: Page) -> None:
    page.goto("/parts")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("g p?")
    expect(page.get_by_role("searchbox")).to_have_value("g p?")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("Open a dialog")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url("**/ada/shop/issues")


def test_a_list_is_walked_by_j_and_k(page: Page) -> None:
    page.goto("/ada/shop/issues")
    links = page.locator("a[data-open]")
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        expect(links.nth(place)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/ada/shop/issues/50")


def test_keys_work_while_the_keyboard_writes_korean(page: Page) -> None:
    page.goto("/ada/shop/issues")
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'ㅓ', bubbles: true}))")
    expect(page.locator("a[data-open]").first).to_be_focused()


def test_single_keys_can_be_turned_off(page: Page) -> None:
    page.goto("/ada/shop/issues")
    page.keyboard.press("?")
    page.get_by_label("Turn single keys off in this browser").check()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("a[data-open]").first).not_to_be_focused()


def test_tab_reaches_the_content_at_once(page: Page) -> None:
    page.goto("/parts")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_a_refused_form_keeps_what_was_typed(page: Page) -> None:
    page.goto("/form")
    page.get_by_label("Title").fill("ab")
    page.get_by_label("Description").fill("long thoughts")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("At least 3 characters, please.")).to_be_visible()
    expect(page.get_by_label("Title")).to_be_focused()
    expect(page.get_by_label("Title")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Description")).to_have_value("long thoughts")
    assert faults(page) == []
    page.get_by_label("Title").fill("Lamp")
    page.get_by_label("Description").press("Control+Enter")
    page.wait_for_url("**/parts")
    expect(page.get_by_role("status").filter(has_text="Kept Lamp")).to_be_visible()


def test_a_dialog_opens_closes_and_gives_the_focus_back(page: Page) -> None:
    page.goto("/parts")
    page.keyboard.press("o")
    dialog = page.get_by_role("dialog", name="A dialog")
    expect(dialog).to_be_visible()
    page.mouse.click(5, 400)
    expect(dialog).to_be_hidden()
    button = page.get_by_role("button", name="Open a dialog")
    button.click()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_the_menu_opens_by_keyboard(page: Page) -> None:
    page.goto("/parts")
    page.get_by_role("button", name="Your menu").press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def test_what_happens_appears_and_what_is_typed_stays(page: Page, browser: Browser, address: str) -> None:
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.goto("/ada/shop/issues/12")
    page.get_by_label("Note").fill("half a thou")
    page.get_by_label("Note").evaluate("field => field.setSelectionRange(4, 6)")
    with browser.new_context(base_url=address) as elsewhere:
        elsewhere.request.post("/poke", form={"words": "news from elsewhere"}, headers={"Origin": address})
    expect(page.get_by_text("news from elsewhere")).to_be_visible()
    expect(page.get_by_label("Note")).to_be_focused()
    expect(page.get_by_label("Note")).to_have_value("half a thou")
    assert page.get_by_label("Note").evaluate("field => [field.selectionStart, field.selectionEnd]") == [4, 6]


def test_a_lost_connection_is_said_quietly_and_caught_up(page: Page, address: str, browser: Browser) -> None:
    page.goto("/ada/shop/issues/12")
    page.route("**/live?*", lambda route: route.abort())
    page.evaluate("document.querySelector('dure-live').setAttribute('about', 'bench:2')")
    page.evaluate("{ const old = document.querySelector('dure-live'); old.replaceWith(old.cloneNode(true)) }")
    notice = page.locator("#connection")
    expect(notice).to_have_text("The connection is lost. Trying again.")
    with browser.new_context(base_url=address) as elsewhere:
        elsewhere.request.post("/poke", form={"words": "while you were away"}, headers={"Origin": address})
    page.unroute("**/live?*")
    expect(page.get_by_text("while you were away")).to_be_visible(timeout=20_000)
    expect(notice).to_be_hidden()


def test_language_and_theme_are_chosen_by_hand(page: Page) -> None:
    page.goto("/parts")
    page.get_by_role("button", name="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    page.get_by_role("button", name=say("Dark").into("ko"), exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert page.url.endswith("/parts")


def test_times_are_said_in_the_zone_of_the_reader(browser: Browser, address: str) -> None:
    with browser.new_context(base_url=address, locale="en", timezone_id="Asia/Seoul") as context:
        page = context.new_page()
        page.goto("/parts")
        moment = page.locator("dure-time time").nth(2)
        expect(moment).to_have_text("3 hours ago")
        expect(moment).not_to_have_attribute("title", str(moment.get_attribute("datetime")))
        assert "UTC" not in str(moment.get_attribute("title"))


def test_a_spark_runs_to_the_stage_that_changed(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("navigation", name="The loop").get_by_role("link")).to_have_count(5)
    page.evaluate("document.querySelector('.at-build .ring').textContent = '3'")
    expect(page.locator(".lying .comet.moving")).to_have_count(1)
    expect(page.locator(".at-build.changed")).to_have_count(1)
    expect(page.locator(".lying .comet.moving")).to_have_count(0)


def test_a_calm_reader_sees_no_spark(browser: Browser, address: str) -> None:
    with browser.new_context(base_url=address, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto("/")
        page.evaluate("document.querySelector('.at-build .ring').textContent = '3'")
        page.wait_for_timeout(100)
        assert page.locator(".comet.moving").count() == 0
