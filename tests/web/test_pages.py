"""Every page there is: accessible, on wide and narrow screens, light and dark; small, quiet, and all our own."""

import re

import pytest
from playwright.sync_api import Browser, Page

from tests.parts.browser import faults, visitor
from tests.parts.sample import PAGES, PROJECT, Sample

pytestmark = pytest.mark.browser

FIRST_PAGE_BYTES_MAX = 60_000
NARROW = 375
WRITTEN_INLINE = re.compile(
    r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+\s*=|javascript:|https?://(?!127\.0\.0\.1)"
)
IN_TURN = 4
"""The pages are dealt out, so that several processes can share the work."""


@pytest.mark.parametrize("part", range(IN_TURN))
@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "ko")])
def test_axe_finds_nothing(theme: str, language: str, part: int, browser: Browser, sample: Sample) -> None:
    with visitor(browser, sample.house.url, cookie=sample.cookie(), theme=theme, language=language) as page:
        for path in PAGES[part::IN_TURN]:
            page.goto(path)
            assert faults(page) == [], path


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_opens(theme: str, browser: Browser, sample: Sample) -> None:
    with visitor(browser, sample.house.url, cookie=sample.cookie(), theme=theme) as page:
        for path in (f"/{PROJECT}/issues", f"/{PROJECT}/issues/12", f"/{PROJECT}/labels", f"/{PROJECT}/milestones"):
            page.goto(path)
            for place in range(page.locator("main details, aside details").count()):
                opened = page.locator("main details, aside details").nth(place)
                opened.locator("> summary").click()
                # What lies under an open picker cannot be judged while it is covered; it was judged before.
                assert faults(page, "details[open]") == [], f"{path}, the {place}. that opens"
                opened.locator("> summary").click()
        page.locator("button.me").click()
        assert faults(page) == [], "the menu"
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        assert faults(page) == [], "the help"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_at_the_door(theme: str, browser: Browser, sample: Sample) -> None:
    with visitor(browser, sample.house.url, theme=theme) as page:
        for path in ("/sign-in", "/welcome/nonsense", "/nowhere"):
            page.goto(path)
            assert faults(page) == [], path


@pytest.mark.parametrize("language", ["en", "ko"])
def test_nothing_is_wider_than_a_phone(language: str, browser: Browser, sample: Sample) -> None:
    size = (NARROW, 700)
    with visitor(browser, sample.house.url, cookie=sample.cookie(), language=language, size=size) as page:
        for path in (*PAGES, "/sign-in"):
            page.goto(path)
            assert width_of(page) <= NARROW, path
            # What belongs to an empty chart is there, but not to be seen.
            for opener in page.locator("main details > summary:visible, aside details > summary:visible").all():
                opener.click()
                assert width_of(page) <= NARROW, f"{path}, when it is opened"
                opener.click()


def width_of(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_long_words_stay_on_a_phone(browser: Browser, sample: Sample) -> None:
    """Somebody will write an address of three hundred letters, in a title, in a table and in code."""
    long = "ㄱ" * 30 + "Donaudampfschifffahrts" * 7
    table = f"| {long} | b |\n|---|---|\n| 1 | {long} |"
    body = f"https://example.com/{'a' * 300}\n\n`{long}`\n\n```\n{long * 3}\n```\n\n{table}"
    sample.api("POST", "/projects", {"name": "wide", "title": long[:100], "description": long * 5})
    sample.api("POST", "/projects/ada/wide/labels", {"name": long[:50], "description": long[:180]})
    issue = {"title": long[:190], "body": body, "labels": [long[:50]]}
    made = sample.api("POST", "/projects/ada/wide/issues", issue)
    sample.api("POST", f"/projects/ada/wide/issues/{made['number']}/comments", {"body": body})
    with visitor(browser, sample.house.url, cookie=sample.cookie(), size=(NARROW, 700)) as page:
        for path in ("/ada/wide", "/ada/wide/issues", "/ada/wide/issues/1", "/ada/wide/labels", "/"):
            page.goto(path)
            assert width_of(page) <= NARROW, path


def test_nothing_is_written_inline_and_nothing_comes_from_elsewhere(sample: Sample) -> None:
    for path in PAGES:
        answer = sample.clients["ada"].get(path)
        # What people wrote lies in the middle; it has tests of its own, and may speak of any address.
        frame = re.sub(r'<div class="written">.*?</div>', "", answer.text, flags=re.DOTALL)
        assert WRITTEN_INLINE.findall(frame) == [], path
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy


def test_the_first_page_is_small(browser: Browser, sample: Sample) -> None:
    for path in ("/", f"/{PROJECT}", f"/{PROJECT}/issues", f"/{PROJECT}/issues/12"):
        with visitor(browser, sample.house.url, cookie=sample.cookie()) as page:
            session = page.context.new_cdp_session(page)
            session.send("Network.enable")
            sizes: list[int] = []
            session.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(event["encodedDataLength"]))
            page.goto(path, wait_until="load")
            page.wait_for_load_state("networkidle")
            assert len(sizes) >= 3
            assert sum(sizes) < FIRST_PAGE_BYTES_MAX, path
