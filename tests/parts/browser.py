"""A real Chromium, when the machine has one, and the questions every page is asked in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.parts.lacking import lacking

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
EXPECTED = ("Failed to load resource: the server responded with a status of 4", "Response Status Error Code 4")
"""What Chromium and htmx say to the console of a refusal that the person sees as a sentence."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Skips the test where there is no Chromium."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        lacking("Chromium is not installed, and this test wants a real one: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def faults(page: Page, inside: str | None = None) -> list[str]:
    """What axe finds wrong with a page or a part of it, and what it could not decide: both are ours to settle."""
    found = Axe().run(page, context=inside).response
    return [
        f"{result['id']}: {node['html'][:160]} ({node.get('failureSummary', '')[:300]})"
        for kind in ("violations", "incomplete")
        for result in found[kind]
        for node in result["nodes"]
    ]


@dataclass
class Watch:
    """What no page of ours may do: complain to the console, break the policy, or ask anybody but the house."""

    home: str
    complaints: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.on("console", self.console)
        context.on("weberror", lambda error: self.complaints.append(f"error: {error.error}"))
        context.on("request", self.request)

    def console(self, line: ConsoleMessage) -> None:
        if line.type in {"error", "warning"} and not line.text.startswith(EXPECTED):
            self.complaints.append(f"console: {line.text}")

    def request(self, request: Request) -> None:
        if request.url.startswith("data:"):
            return
        there = urlsplit(request.url)
        if f"{there.scheme}://{there.netloc}" != self.home:
            self.complaints.append(f"asked elsewhere: {request.url}")


@contextmanager
def visitor(
    browser: Browser,
    home: str,
    *,
    cookie: str | None = None,
    language: str = "en",
    theme: str = "light",
    size: tuple[int, int] = (1280, 900),
    scripts: bool = True,
) -> Iterator[Page]:
    """Somebody with a browser of their own at the house. When they leave, nothing may have gone wrong unseen."""
    watch = Watch(home)
    with browser.new_context(
        base_url=home,
        locale=language,
        color_scheme="dark" if theme == "dark" else "light",
        viewport={"width": size[0], "height": size[1]},
        java_script_enabled=scripts,
        reduced_motion="reduce",
    ) as context:
        context.set_default_timeout(30_000)
        if cookie is not None:
            context.add_cookies([{"name": "dure_session", "value": cookie, "url": home}])
        watch.over(context)
        yield context.new_page()
    assert watch.complaints == []
