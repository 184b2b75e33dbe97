"""The page of a service in a real Chromium: charts that are drawn, walked through and read as a table; a live log."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dure.ledger import House, Table, open_database
from dure.monitor.engines.pretend import Pretend
from tests.monitor.site import Site, open_site
from tests.parts.browser import faults, visitor
from tests.parts.served import served

pytestmark = pytest.mark.browser

SERVICES, WEB = "/ada/shop/services", "/ada/shop/services/production/web"
NARROW = 375
LIGHTS = [
    ("light", "en", (1280, 900)),
    ("dark", "ko", (1280, 900)),
    ("light", "ko", (NARROW, 700)),
    ("dark", "en", (NARROW, 700)),
]
PAINTED = """canvas => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return new Set(data.filter((_, at) => at % 4 < 3)).size;
}"""
KEPT = "document.querySelector('dure-chart .plot canvas').kept = true"


def drawn(page: Page) -> None:
    expect(page.locator("dure-chart canvas")).to_have_count(3)


@pytest.fixture(scope="module")
def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: ARG001 (no shop without a Chromium)
    folder = tmp_path_factory.mktemp("shop")
    house = House(open_database(f"sqlite:///{folder}/dure.db"))
    Table.metadata.create_all(house.database.engine)
    with open_site(house, Pretend(), folder) as site, served(site.asgi) as url:
        site.url = url
        site.fill()
        yield site
    house.close()


@pytest.fixture
def page(browser: Browser, shop: Site) -> Iterator[Page]:
    with visitor(browser, shop.url, cookie=shop.cookie()) as page:
        yield page


@pytest.mark.parametrize(("theme", "language", "size"), LIGHTS)
def test_nothing_is_wrong_with_the_pages(
    theme: str, language: str, size: tuple[int, int], browser: Browser, shop: Site
) -> None:
    shop.collector.once()
    shop.serve("d1", 600, errors=40)
    shop.serve("d2", 60, errors=1)
    shop.collector.once()
    with visitor(browser, shop.url, cookie=shop.cookie(), theme=theme, language=language, size=size) as page:
        for path in (SERVICES, WEB, f"{WEB}?minutes=60&q=nonsense"):
            page.goto(path)
            if path != SERVICES:
                drawn(page)
            assert size[0] == NARROW or faults(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
        page.goto(WEB)
        drawn(page)
        page.locator("dure-chart summary").first.click()
        assert faults(page, "dure-chart") == []


def test_charts_are_drawn_in_the_colours_of_the_light(browser: Browser, shop: Site) -> None:
    colours = []
    for theme in ("light", "dark"):
        with visitor(browser, shop.url, cookie=shop.cookie(), theme=theme) as page:
            page.goto(WEB)
            drawn(page)
            page.wait_for_timeout(300)
            assert page.locator("dure-chart canvas").first.evaluate(PAINTED) > 10
            colours.append(page.locator("dure-chart .legend i").first.evaluate("key => getComputedStyle(key).color"))
            assert page.locator("dure-chart .legend").first.inner_text().startswith("1.5.0")

    assert colours[0] != colours[1]


def test_a_chart_is_walked_through_by_keys_and_read_as_a_table(page: Page) -> None:
    page.goto(WEB)
    drawn(page)
    plot = page.get_by_role("slider", name="Requests")
    plot.focus()
    plot.press("Home")
    first = plot.get_attribute("aria-valuetext")
    plot.press("ArrowRight")
    plot.press("ArrowRight")

    assert first
    assert "1.4.0 20 /s" in first
    assert plot.get_attribute("aria-valuenow") == "2"
    assert plot.get_attribute("aria-valuetext") != first
    page.locator("dure-chart summary").first.click()
    table = page.locator("dure-chart table").first
    expect(table.locator("tbody tr")).to_have_count(180)
    expect(table.locator("thead th")).to_have_text(["Time", "1.5.0 (/s)", "1.4.0 (/s)"])


def test_a_chart_renews_itself_without_being_made_anew(page: Page) -> None:
    page.goto(WEB)
    drawn(page)
    page.evaluate(KEPT)
    with page.expect_response("**/charts/latency*"), page.expect_response("**/charts/requests*"):
        pass
    page.wait_for_timeout(200)

    assert page.evaluate("document.querySelector('dure-chart .plot canvas').kept") is True


def test_nobody_asks_while_the_page_is_hidden(page: Page) -> None:
    page.goto(WEB)
    drawn(page)
    page.evaluate(
        """() => {
            Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
            document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    page.wait_for_timeout(300)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(4500)
    assert asked == []
    page.evaluate("() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); }")
    page.wait_for_timeout(2500)

    assert any("/charts/" in url for url in asked)
    assert any("/lines" in url for url in asked)


def test_a_log_is_followed(page: Page, shop: Site) -> None:
    page.goto(f"{WEB}?q=fresh")
    expect(page.locator("ol.log li")).to_have_count(0)
    shop.write("d1-web-0", "a fresh line", "not this", "ERROR: <img src=x onerror=alert(1)> fresh \u202e too")
    shop.collector.once()
    shop.telemetry.flush()

    expect(page.locator("ol.log li")).to_have_count(2)
    expect(page.locator("ol.log li").last).to_contain_text("<img src=x")
    expect(page.locator("ol.log li.error")).to_have_count(1)
    page.get_by_label("Follow").uncheck()
    shop.write("d1-web-0", "fresh again")
    shop.collector.once()
    shop.telemetry.flush()
    page.wait_for_timeout(2500)
    expect(page.locator("ol.log li")).to_have_count(2)
    page.get_by_label("Follow").check()
    expect(page.locator("ol.log li")).to_have_count(3)


def test_older_lines_are_fetched(page: Page) -> None:
    page.goto(WEB)
    expect(page.locator("ol.log li")).to_have_count(200)
    page.get_by_role("link", name="Older lines").click()

    expect(page.locator("ol.log li")).to_have_count(400)
    assert not page.get_by_label("Follow").is_checked()


def test_a_page_recovers_when_the_store_comes_back(browser: Browser, shop: Site) -> None:
    """Without the watch over the console: Chromium tells it of each answer 503."""
    assert isinstance(shop.store, Pretend)
    with browser.new_context(base_url=shop.url, locale="en") as context:
        context.add_cookies([{"name": "dure_session", "value": shop.cookie(), "url": shop.url}])
        page = context.new_page()
        page.goto(WEB)
        drawn(page)
        shop.store.away = True
        try:
            expect(page.locator("dure-tail [role=status]")).to_contain_text("come back by themselves")
            expect(page.locator("dure-chart .notice").first).to_contain_text("comes back by itself")
        finally:
            shop.store.away = False
        expect(page.locator("dure-tail [role=status]")).to_be_hidden()
        expect(page.locator("dure-chart .notice").first).to_be_hidden()
        drawn(page)


def test_the_numbers_of_services_live(page: Page, shop: Site) -> None:
    page.goto(SERVICES)
    link = page.get_by_role("link", name="web")
    link.focus()
    shop.collector.once()
    shop.serve("d2", 600, errors=300)
    shop.collector.once()

    expect(page.locator("table .badge.bad").first).to_be_visible()
    expect(link).to_be_focused()


def test_the_drawing_is_loaded_only_where_a_chart_stands(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/assets/" in request.url else None)
    page.goto("/ada/shop")
    page.wait_for_load_state("networkidle")
    without = len(asked)
    page.goto(WEB)
    drawn(page)

    assert without == 2
    assert any("/assets/chunk-" in url for url in asked)
