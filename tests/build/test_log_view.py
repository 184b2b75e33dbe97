"""The page of a job in a browser: the log as it grows, folded, coloured, searched and linked to."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect

from dure import people
from dure.build import want_approval
from dure.people import DURE_SESSION
from tests.build.agent import Agent
from tests.build.wired import WHEN, Yard
from tests.parts.browser import faults, visitor
from tests.runner.test_with_a_house import until

pytestmark = pytest.mark.browser

ONE = "on: push\njobs: {build: {runs-on: ubuntu-latest, steps: [{run: make}]}}\n"
MANY = """
on: push
jobs:
  build: {runs-on: ubuntu-latest, steps: [{run: make}]}
  ship: {runs-on: ubuntu-latest, environment: live, steps: [{run: make}]}
  beside: {runs-on: ubuntu-latest, steps: [{run: make}]}
  odd: {runs-on: [linux, gpu], steps: [{run: make}]}
  last: {runs-on: ubuntu-latest, needs: build, steps: [{run: make}]}
"""
TIME = "2026-11-21T10:00:00.000Z "


@pytest.fixture
def database_url(tmp_path: object) -> str:
    """What a browser shows is the same on each database."""
    return f"sqlite:///{tmp_path}/dure.db"


@pytest.fixture
def page(yard: Yard, site: str, browser: Browser) -> Iterator[Page]:
    person = yard.ada.person_id
    assert person is not None
    begin = people.begin_session
    secret = yard.write(lambda work: begin(work, person, device="test", address="127.0.0.1").secret)
    assert DURE_SESSION == "dure_session"
    with visitor(browser, site, cookie=secret) as page:
        yield page


def lines(*words: str) -> bytes:
    return "".join(f"{TIME}{word}\n" for word in words).encode()


def test_a_log_as_it_grows(yard: Yard, agent: Agent, page: Page) -> None:
    yard.workflow(ONE)
    order = agent.take()
    first = lines("Getting ready")
    agent.log(order, 0, first)
    page.goto(f"/ada/shop/runs/1/jobs/{order.job_id}")
    log = page.locator("dure-log")
    expect(log.locator(".log-line code")).to_have_text(["Getting ready"])

    step = {"what": "step_started", "index": 0, "name": "Run make", "log_offset": len(first), "at": WHEN}
    agent.report(order, step)
    more = lines(
        "\x1b[31mred\x1b[0m and plain", "##[group]Many", *(f"line {n}" for n in range(500)), "##[endgroup]", "last"
    )
    agent.log(order, len(first), more)
    expect(log.locator(".log-step")).to_have_text(["Setting up", "Run make"])
    expect(log.locator(".ink-1")).to_have_text("red")
    expect(log.get_by_text("line 3", exact=True)).to_have_count(0)
    expect(log.get_by_text("last", exact=True)).to_be_visible()

    log.get_by_role("button", name="Many").click()
    expect(log.get_by_text("line 3", exact=True)).to_be_visible()
    # Only what is in sight is on the page.
    assert log.locator(".log-line").count() < 120

    page.keyboard.press("f")
    page.keyboard.type("line 49")
    expect(log.locator("output")).to_have_text("1/11")
    expect(log.locator(".log-line.found code")).to_have_text("line 49")
    page.keyboard.press("Enter")
    expect(log.locator(".log-line.found code")).to_have_text("line 490")
    page.wait_for_timeout(300)
    assert faults(page, "dure-log") == []

    held = log.locator(".log-view").evaluate("view => view.scrollTop")
    agent.log(order, len(first) + len(more), lines("one more"))
    page.wait_for_timeout(300)
    assert log.locator(".log-view").evaluate("view => view.scrollTop") == held

    end = len(first) + len(more) + len(lines("one more"))
    done = {**step, "what": "step_ended", "conclusion": "success", "outcome": "success", "log_offset": end}
    agent.report(order, done, {"what": "ended", "conclusion": "success", "outputs": {}, "at": WHEN}, seq=1)
    expect(page.locator("h1 .badge")).to_have_text("Success")
    page.goto(f"/ada/shop/runs/1/jobs/{order.job_id}#L103")
    expect(log.locator(".log-line.linked code")).to_have_text("line 99")


def test_the_pages_are_sound(yard: Yard, agent: Agent, page: Page) -> None:
    yard.write(lambda work: want_approval(work, yard.project, "live", "owner"))
    yard.workflow(MANY)
    order = agent.take()
    words = lines("It begins", "##[error]It is wrong.")
    step = {"what": "step_started", "index": 0, "name": "Run make", "log_offset": 0, "at": WHEN}
    over = {**step, "what": "step_ended", "conclusion": "failure", "outcome": "failure", "log_offset": len(words)}
    remark = {"what": "annotation", "step": 0, "level": "error", "message": "It is odd", "file": "b", "line": 1}
    agent.log(order, 0, words)
    agent.take()
    agent.report(order, step, remark, over, {"what": "ended", "conclusion": "failure", "outputs": {}, "at": WHEN})
    paths = ["runs", "runs?q=x", "runs/1", f"runs/1/jobs/{order.job_id}", "runs/start", "secrets", "caches"]
    paths += ["queue", "queue?labels=gpu", "runners"]
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for path in (*paths, "secrets?environment=live"):
            page.goto(f"/ada/shop/{path}")
            assert faults(page, "main") == [], f"{path}, {theme}"
    page.set_viewport_size({"width": 375, "height": 700})
    for path in paths:
        page.goto(f"/ada/shop/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, path


def test_wrapped_with_times_and_linked_to(yard: Yard, agent: Agent, page: Page) -> None:
    yard.workflow(ONE)
    order = agent.take()
    first = lines(*(f"line {n}" for n in range(60)))
    words = lines("긴 줄 " * 200, "x" * 700, "##[error]It broke", "after it")
    step = {"what": "step_started", "index": 0, "name": "Run make", "log_offset": 0, "at": WHEN}
    size = len(first) + len(words)
    over = {**step, "what": "step_ended", "conclusion": "failure", "outcome": "failure", "log_offset": size}
    agent.log(order, 0, first + words)
    agent.report(order, step, over, {"what": "ended", "conclusion": "failure", "outputs": {}, "at": WHEN})
    path = f"/ada/shop/runs/1/jobs/{order.job_id}"
    page.goto(f"{path}#B{len(first) + 40}")
    log = page.locator("dure-log")
    expect(log.locator(".log-line.linked a")).to_have_text("61")

    log.get_by_role("button", name="Wrap lines").click()
    log.get_by_role("button", name="Times").click()
    expect(log.locator(".log-line time").first).to_be_visible()
    tall = log.locator(".log-line", has_text="긴 줄").evaluate("row => row.offsetHeight")
    assert tall > 21 * 4
    tops = log.locator(".log-line").evaluate_all(
        "rows => rows.map(row => [row.offsetTop, row.offsetHeight]).sort((one, other) => one[0] - other[0])"
    )
    assert all(one[0] + one[1] == two[0] for one, two in pairwise(tops))
    assert log.locator(".log-view").evaluate("view => view.scrollWidth <= view.clientWidth")
    page.keyboard.press("x")
    expect(log.get_by_text("It broke")).to_be_in_viewport()
    log.locator(".log-line a", has_text="64").click(modifiers=["Shift"])
    expect(log.locator(".log-line.linked")).to_have_count(4)
    assert page.url.endswith("#L61-L64")
    log.locator(".log-steps button").click()
    expect(log.get_by_text("line 0", exact=True)).to_be_visible()
    page.wait_for_timeout(300)
    assert faults(page, "main") == []
    page.goto("about:blank")
    page.goto(f"{path}#L2-L5")
    expect(log.locator(".log-line.linked")).to_have_count(4)


def test_a_step_in_the_background_is_followed_between_the_others(yard: Yard, agent: Agent, page: Page) -> None:
    yard.workflow(ONE)
    order = agent.take()
    began = {"what": "step_started", "log_offset": 0, "at": WHEN}
    first = lines("##[group]Run make") + lines("side one").replace(b"Z ", b"Z/1 ") + lines("in the group", "main one")
    agent.log(order, 0, first)
    agent.report(
        order,
        {**began, "index": -1, "name": "Pre Run a@v1", "kind": "before"},
        {
            **began,
            "what": "step_ended",
            "index": -1,
            "name": "Pre Run a@v1",
            "conclusion": "success",
            "outcome": "success",
        },
        {**began, "index": 1, "name": "Serve", "kind": "background"},
        {**began, "index": 2, "name": "Run make"},
    )
    page.goto(f"/ada/shop/runs/1/jobs/{order.job_id}")
    log = page.locator("dure-log")
    headings = log.locator(".log-step")
    expect(headings).to_have_text(
        ["Pre Run a@v1 · before the first step · 0.0 s", "Serve · in the background", "Run make"]
    )
    expect(log.locator(".log-line")).to_have_text(["2side one", "1Run make"], use_inner_text=True)

    more = lines("side \x1b[31mtwo").replace(b"Z ", b"Z/1 ") + lines("##[endgroup]", "plain", "##[error]main failed")
    agent.log(order, len(first), more)
    expect(log.locator(".log-line code")).to_have_text(["side one", "side two", "plain", "main failed"])
    expect(log.locator(".ink-1")).to_have_text(["two"])
    end = {**began, "what": "step_ended", "log_offset": len(first + more), "outcome": "failure"}
    agent.report(
        order,
        {**end, "index": 1, "name": "Serve", "conclusion": "failure", "exit_code": 3},
        {**end, "index": 2, "name": "Run make", "conclusion": "failure"},
        {"what": "ended", "conclusion": "failure", "outputs": {}, "at": WHEN},
        seq=4,
    )
    expect(page.locator("h1 .badge")).to_have_text("Failure")

    page.goto("/ada/shop/runs/1")
    failed = page.locator(".failing")
    expect(failed.locator("pre span")).to_have_text(["side one\n", "side two\n"])
    failed.get_by_role("link", name="There in the log").click()
    expect(log.locator(".log-line.linked code")).to_have_text("side two")


def test_a_failed_job_is_opened_where_it_failed_and_one_without_words_has_no_tools(
    yard: Yard, agent: Agent, page: Page
) -> None:
    yard.workflow(MANY)
    order = agent.take()
    words = lines(*(f"line {n}" for n in range(300)), "##[error]It broke", *(f"after {n}" for n in range(300)))
    step = {"what": "step_started", "index": 0, "name": "Run make", "log_offset": 0, "at": WHEN}
    over = {**step, "what": "step_ended", "conclusion": "failure", "outcome": "failure", "log_offset": len(words)}
    agent.log(order, 0, words)
    agent.report(order, step, over, {"what": "ended", "conclusion": "failure", "outputs": {}, "at": WHEN})
    page.goto(f"/ada/shop/runs/1/jobs/{order.job_id}")
    log = page.locator("dure-log")
    expect(log.get_by_text("It broke")).to_be_in_viewport()
    expect(log.get_by_role("button", name="Follow the end")).to_be_hidden()
    expect(log.get_by_role("button", name="First error")).to_be_visible()

    page.goto(f"/ada/shop/runs/1/jobs/{yard.jobs()['odd'].id}")
    expect(log.get_by_text("Nothing has been written yet.")).to_be_visible()
    expect(log.get_by_role("searchbox")).to_be_hidden()


def test_the_picture_by_keyboard_and_a_matrix_of_many(yard: Yard, page: Page) -> None:
    matrix = "strategy: {matrix: {a: [1, 2, 3, 4, 5], b: [1, 2, 3, 4, 5]}}, "
    yard.workflow(
        MANY.replace(
            "  last: {", f"  every: {{needs: build, {matrix}runs-on: odd, steps: [{{run: make}}]}}\n  last: {{"
        )
    )
    yard.do_all({"build": "success"})
    until(lambda: "every (5, 5)" in yard.states())
    page.goto("/ada/shop/runs/1")
    page.locator(".graph .node", has_text="build").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".graph .node:focus b")).to_have_text("every")
    expect(page.locator(".graph .node:focus small")).to_have_text("0 of 25 over")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".graph .node:focus b")).to_have_text("last")
    page.keyboard.press("ArrowUp")

    first = page.locator(".jobs li", has_text="every (1, 1)").last
    expect(first).to_be_hidden()
    page.keyboard.press("Enter")
    expect(first).to_be_in_viewport()
    assert faults(page, "main") == []
    page.set_viewport_size({"width": 375, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
