"""The pages of the whole loop after a good change and a bad one went round it, and what was left of them."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from dure.demo import DemoHouse, Story, free_address, house_for
from tests.loop.whole import emptied
from tests.parts.browser import faults, visitor
from tests.web.test_pages import NARROW, WRITTEN_INLINE, width_of

# One house for all of these, so they must not be spread over several processes.
pytestmark = [pytest.mark.browser, pytest.mark.alone]

BASE = "/ada/shop"
LOADED_MS = 400
"""What a page fetches once it stands is there by then; a chart says so itself."""


@dataclass
class Shop:
    house: DemoHouse
    cookie: str
    good: str
    bad: str

    @property
    def paths(self) -> list[str]:
        return [
            "",
            "/code",
            "/code/tree/main/.github",
            "/code/file/main/web.py",
            "/code/commits",
            f"/code/commit/{self.good}",
            f"/code/commit/{self.bad}",
            "/runs",
            "/runs/3",
            "/runs/3/jobs/6",
            "/runs/start",
            "/secrets",
            "/tests?kind=all",
            "/tests/1",
            "/releases",
            "/releases/0.3.0",
            "/deployments",
            "/deployments/4",
            "/deployments/6",
            "/environments",
            "/services",
            "/services/production/web",
            "/incidents",
            "/incidents/1",
            "/insight",
            "/issues/1",
            "/issues/2",
        ]


@pytest.fixture(scope="module")
def shop(browser: Browser) -> Iterator[Shop]:  # noqa: ARG001 (no house without a Chromium)
    folder = Path(tempfile.mkdtemp(prefix="dure-pages-"))
    # Jobs and services reach their places in it, whoever they run as.
    folder.chmod(0o711)
    with emptied(folder), house_for(folder / "data", free_address(), free_address()) as house:
        story = Story(house, folder / "shop", lambda *_: None)
        story.open_the_shop()
        with story.visitors as visitors:
            story.improve_it()
            story.break_it(visitors)
        commits = story.shop.git("log", "--format=%H", "-2").split()
        yield Shop(house, come_in(house), good=commits[1], bad=commits[0])
        assert "failed, reference" not in (folder / "data.log").read_text()
    shutil.rmtree(folder, ignore_errors=True)


def come_in(house: DemoHouse) -> str:
    words = {"handle": "ada", "password": house.password}
    with httpx.Client(base_url=house.url, headers={"Origin": house.url}) as client:
        assert client.post("/sign-in", data=words).status_code == 303
        return str(client.cookies["dure_session"])


def visit(page: Page, path: str) -> None:
    answer = page.goto(BASE + path, wait_until="load")
    assert answer is not None
    assert answer.status == 200, path
    for place in page.locator("dure-chart").all():
        place.locator(".legend li").first.wait_for(state="attached")
    page.wait_for_timeout(LOADED_MS)


@pytest.mark.parametrize(("theme", "language"), [("light", "en"), ("dark", "ko")])
def test_axe_finds_nothing(theme: str, language: str, browser: Browser, shop: Shop) -> None:
    with visitor(browser, shop.house.url, cookie=shop.cookie, theme=theme, language=language) as page:
        for path in shop.paths:
            visit(page, path)
            assert faults(page) == [], path


@pytest.mark.parametrize("language", ["en", "ko"])
def test_nothing_is_wider_than_a_phone(language: str, browser: Browser, shop: Shop) -> None:
    size = (NARROW, 700)
    with visitor(browser, shop.house.url, cookie=shop.cookie, language=language, size=size) as page:
        for path in shop.paths:
            visit(page, path)
            assert width_of(page) <= NARROW, path
            for opener in page.locator("main details > summary, .more > summary").all():
                if opener.is_visible():
                    opener.click()
                    assert width_of(page) <= NARROW, f"{path}, when it is opened"
                    opener.click()


def test_each_page_has_a_name_a_heading_and_keys_of_its_own(browser: Browser, shop: Shop) -> None:
    titles: dict[str, str] = {}
    with visitor(browser, shop.house.url, cookie=shop.cookie) as page:
        for path in shop.paths:
            visit(page, path)
            assert page.locator("h1").count() == 1, path
            known = titles.setdefault(page.title(), path)
            assert known == path, f"{path} and {known} are both called {page.title()}"
            keys = page.evaluate("[...document.querySelectorAll('[data-keys]')].map((one) => one.dataset.keys)")
            assert len(keys) == len(set(keys)), f"{path}: two things answer to the same key"


def test_nothing_is_written_inline(shop: Shop) -> None:
    with httpx.Client(base_url=shop.house.url, cookies={"dure_session": shop.cookie}) as client:
        for path in shop.paths:
            answer = client.get(BASE + path)
            # What people wrote, and where things are reached, may speak of any address.
            frame = re.sub(r'<div class="written">.*?</div>|<pre.*?</pre>', "", answer.text, flags=re.DOTALL)
            frame = re.sub(r"http://[\w.-]+\.localhost:\d+/", "", frame)
            assert WRITTEN_INLINE.findall(frame) == [], path


def test_every_page_names_its_neighbours(browser: Browser, shop: Shop) -> None:
    """From an issue to what went wrong and back, by following links alone."""
    ways = [
        ("/issues/1", f"/code/commit/{shop.good}"),
        (f"/code/commit/{shop.good}", "/issues/1"),
        (f"/code/commit/{shop.bad}", "/runs/3"),
        (f"/code/commit/{shop.bad}", "/releases/0.3.0"),
        (f"/code/commit/{shop.bad}", "/deployments/6"),
        (f"/code/commit/{shop.bad}", "/incidents/1"),
        ("/runs/3", f"/code/commit/{shop.bad}"),
        ("/runs/3", "/releases/0.3.0"),
        ("/releases/0.3.0", "/runs/3"),
        ("/releases/0.3.0", f"/code/commit/{shop.bad}"),
        ("/releases/0.3.0", "/deployments/6"),
        ("/releases/0.3.0", "/incidents/1"),
        ("/deployments/6", "/releases/0.3.0"),
        ("/deployments/6", f"/code/commit/{shop.bad}"),
        ("/deployments/6", "/incidents/1"),
        ("/deployments/6", "/services/production/web"),
        ("/environments", "/services/production/web"),
        ("/services/production/web", "/releases/0.2.0"),
        ("/services/production/web", "/environments"),
        ("/incidents/1", "/deployments/6"),
        ("/incidents/1", "/releases/0.3.0"),
        ("/incidents/1", f"/code/commit/{shop.bad}"),
        ("/incidents/1", "/issues/2"),
        ("/issues/2", "/incidents/1"),
    ]
    with visitor(browser, shop.house.url, cookie=shop.cookie) as page:
        for here, there in ways:
            page.goto(BASE + here)
            page.locator(f'main a[href="{BASE}{there}"], aside a[href="{BASE}{there}"]').first.wait_for()


def test_more_opens_by_key_and_closes_again(browser: Browser, shop: Shop) -> None:
    with visitor(browser, shop.house.url, cookie=shop.cookie) as page:
        visit(page, "")
        page.keyboard.press("g")
        page.keyboard.press("s")
        page.wait_for_url(f"**{BASE}/milestones")
        more = page.locator(".more")
        more.locator("summary").click()
        assert more.locator("[aria-current=page]").is_visible()
        assert faults(page, ".more") == []
        page.keyboard.press("Escape")
        assert not more.locator("[aria-current=page]").is_visible()
        more.locator("summary").click()
        page.locator("h1").click()
        assert not more.locator("[aria-current=page]").is_visible()
