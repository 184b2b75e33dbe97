"""The pages of code in a real browser: reachable by everybody, by keyboard too, and alive."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.code.test_pages import FILES
from tests.code.worktree import Home, Worktree
from tests.parts.browser import faults, visitor
from tests.parts.house import RunningHouse

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("theme", "language", "width"), [("light", "en", 1280), ("dark", "ko", 375)])
def test_axe_finds_nothing(
    theme: str,
    language: str,
    width: int,
    browser: Browser,
    running: RunningHouse,
    cookie: str,
    project: str,
    tree: Worktree,
) -> None:
    sha = tree.commit("Everything\n\nFixes #1", FILES)
    tree.push("main", "main:feature/x")
    base = f"/{project}/code"
    paths = (
        "",
        "/tree/main/src",
        "/file/main/src/주문.py",
        "/file/main/logo.png",
        "/file/main/data.bin",
        "/commits",
        f"/commit/{sha}",
    )
    with visitor(
        browser, running.url, cookie=cookie.partition("=")[2], theme=theme, language=language, size=(width, 800)
    ) as page:
        for path in paths:
            page.goto(base + path)
            assert faults(page, "#content") == [], path
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


def test_an_empty_page_hears_of_the_first_push(
    browser: Browser, running: RunningHouse, cookie: str, project: str, token: str, tmp_path: Path
) -> None:
    tree = Home(tmp_path, running.url, token).worktree(project)
    tree.commit("First", {"a.txt": "a"})
    with visitor(browser, running.url, cookie=cookie.partition("=")[2]) as page:
        page.goto(f"/{project}/code")
        expect(page.get_by_text("git remote add dure")).to_be_visible()
        tree.push("main")
        page.get_by_role("link", name="Show the code").click()
        expect(page.get_by_role("link", name="a.txt")).to_be_visible()


def test_the_keys_lead_through_the_code(
    browser: Browser, running: RunningHouse, cookie: str, project: str, tree: Worktree
) -> None:
    tree.commit("First", {"src/a.txt": "a\n"})
    tree.push("main", "main:other")
    with visitor(browser, running.url, cookie=cookie.partition("=")[2]) as page:
        page.goto(f"/{project}")
        page.keyboard.press("g")
        page.keyboard.press("o")
        page.wait_for_url("**/code")
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url("**/code/tree/main/src")
        page.keyboard.press("h")
        page.wait_for_url("**/code/commits/main/src")
        page.keyboard.press("b")
        page.keyboard.press("Tab")
        expect(page.locator("details.picker[open]")).to_have_count(1)
