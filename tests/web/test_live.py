"""What others do appears by itself, and what one is typing is left alone."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.parts.browser import visitor
from tests.parts.sample import PROJECT, Sample

pytestmark = pytest.mark.browser

DRAFT = "I would rather try"


def open_issue(sample: Sample, title: str) -> str:
    made = sample.api("POST", f"/projects/{PROJECT}/issues", {"title": title})
    return f"/{PROJECT}/issues/{made['number']}"


def come_to(page: Page, path: str) -> None:
    """Be there, and be listening."""
    with page.expect_response(lambda answer: "/live?" in answer.url):
        page.goto(path)
    page.evaluate("window.still = 'the same page'")


def test_a_comment_of_somebody_else_appears_and_what_is_typed_stays(browser: Browser, sample: Sample) -> None:
    path = open_issue(sample, "Which kettle is loudest?")
    with (
        visitor(browser, sample.house.url, cookie=sample.cookie("ada")) as ada,
        visitor(browser, sample.house.url, cookie=sample.cookie("minjun"), language="ko") as minjun,
    ):
        come_to(ada, path)
        box = ada.get_by_label("Comment").last
        box.fill(DRAFT)
        box.evaluate("field => field.setSelectionRange(2, 7)")

        minjun.goto(path)
        minjun.locator("main textarea[name=body]").last.fill("파란 주전자요. **확실해요**")
        minjun.locator("main button[value=comment]").click()
        expect(minjun.locator(".thread .said")).to_contain_text("확실해요")

        expect(ada.locator(".thread .said strong")).to_have_text("확실해요")
        expect(box).to_be_focused()
        expect(box).to_have_value(DRAFT)
        assert box.evaluate("field => [field.selectionStart, field.selectionEnd]") == [2, 7]

        minjun.locator("main button[value=close]").click()
        expect(minjun.locator(".badge.closed")).to_be_visible()
        expect(ada.locator(".thread .happened").filter(has_text="minjun")).to_contain_text("closed")
        expect(box).to_have_value(DRAFT)
        assert ada.evaluate("window.still") == "the same page"


def test_a_comment_being_edited_is_not_taken_away(browser: Browser, sample: Sample) -> None:
    path = open_issue(sample, "Which tin keeps the tea best?")
    sample.api("POST", f"/projects{path}/comments", {"body": "The round one."})
    with visitor(browser, sample.house.url, cookie=sample.cookie("ada")) as ada:
        come_to(ada, path)
        ada.locator(".thread details.edit > summary").click()
        field = ada.locator(".thread textarea")
        field.fill("The round one, unless")
        sample.api("POST", f"/projects{path}/comments", {"body": "네모난 통이요"}, by="sora")
        expect(ada.locator(".thread .said").nth(1)).to_contain_text("네모난 통이요")
        expect(field.first).to_be_visible()
        expect(field.first).to_have_value("The round one, unless")


def test_the_home_of_a_project_tells_what_happens(browser: Browser, sample: Sample) -> None:
    with visitor(browser, sample.house.url, cookie=sample.cookie("sora")) as sora:
        come_to(sora, f"/{PROJECT}")
        before = int(sora.locator(".stage.at-plan .ring").inner_text())
        sample.api("POST", f"/projects/{PROJECT}/issues", {"title": "A gift card with a kettle on it"})
        expect(sora.locator(".thread .happened").first).to_contain_text("A gift card with a kettle on it")
        expect(sora.locator(".stage.at-plan .ring")).to_have_text(str(before + 1))
        assert sora.evaluate("window.still") == "the same page"


HEARD = """() => new Promise((tell) => {
    const look = () => (window.heard.length ? tell(window.heard) : setTimeout(look, 50));
    look();
})"""
"""Asked so, since `wait_for_function` evaluates words again and again, which the policy of our pages forbids."""


def test_nobody_hears_what_they_may_not_read(browser: Browser, sample: Sample) -> None:
    sample.api("POST", "/projects", {"name": "private"})
    made = sample.api("POST", "/projects/ada/private/issues", {"title": "Only for ada"})
    heard = open_issue(sample, "For everybody here")
    with visitor(browser, sample.house.url, cookie=sample.cookie("minjun")) as minjun:
        come_to(minjun, heard)
        minjun.evaluate(
            """about => { window.heard = []; const source = new EventSource(about);
            source.onmessage = (event) => window.heard.push(event.data);
            return new Promise((open) => { source.onopen = () => open(true) }) }""",
            f"/live?about={made['ref']}&about={thing(sample, heard)}",
        )
        sample.api("POST", "/projects/ada/private/issues/1/comments", {"body": "a secret"})
        sample.api("POST", f"/projects{heard.removesuffix('/')}/comments", {"body": "no secret"})
        told = " ".join(minjun.evaluate(HEARD))
        assert str(made["ref"]) not in told
        assert "Only for ada" not in told
    with visitor(browser, sample.house.url) as nobody:
        assert nobody.request.get(f"/live?about={made['ref']}", max_redirects=0).status in {303, 401}


def thing(sample: Sample, path: str) -> str:
    """The name by which the ledger knows an issue."""
    return str(sample.api("GET", f"/projects{path}")["ref"])
