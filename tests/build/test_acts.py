"""What people do with runs on their pages, and what those pages tell of what failed."""

import io
import zipfile

from dure.build import want_approval
from tests.build.agent import Agent
from tests.build.test_pages import wait_until
from tests.build.wired import WHEN, Yard
from tests.plan.visitor import Visitor

TWO = """
on: push
jobs:
  a: {runs-on: ubuntu-latest, steps: [{run: a}]}
  b: {runs-on: ubuntu-latest, steps: [{run: b}]}
  c: {runs-on: ubuntu-latest, needs: a, steps: [{run: c}]}
"""


def test_one_job_is_ended_and_done_again_beside_the_others(yard: Yard, ada: Visitor) -> None:
    yard.workflow(TWO)
    wait_until(yard)
    job = yard.jobs()["a"].id
    assert ada.post(f"/ada/shop/runs/1/jobs/{job}/cancel").status == 303
    assert yard.states() == {"a": "cancelled", "b": "queued", "c": "skipped"}
    page = ada.get("/ada/shop/runs/1").text
    assert f'action="/ada/shop/runs/1/jobs/{job}/again"' in page
    assert ada.post(f"/ada/shop/runs/1/jobs/{job}/again", debug="true").status == 303
    assert yard.states() == {"a": "queued", "b": "queued", "c": "waiting"}
    assert yard.run().debug
    assert ada.post(f"/ada/shop/runs/1/jobs/{job}/again").status == 409
    assert ada.post("/ada/shop/runs/1/jobs/999/again").status == 404
    assert ada.post("/ada/shop/runs/1/cancel", by_force="true").status == 303
    assert yard.run().is_over


def test_the_last_words_of_what_failed_stand_on_the_page_of_the_run(yard: Yard, agent: Agent, ada: Visitor) -> None:
    yard.workflow(TWO)
    order = agent.take()
    first = b"".join(b"2026-11-21T10:00:00.000Z before %d\n" % number for number in range(9))
    words = [f"2026-11-21T10:00:00.000Z line {number}\n" for number in range(30)]
    words += [
        "2026-11-21T10:00:00.000Z \x1b[31m<b>red</b>\x1b[0m\n",
        "2026-11-21T10:00:00.000Z ##[error]It is wrong.\n",
    ]
    told = "".join(words).encode()
    agent.log(order, 0, first + told)
    step = {"what": "step_started", "index": 0, "name": "Run a", "log_offset": len(first), "at": WHEN}
    end = len(first) + len(told)
    over = {**step, "what": "step_ended", "conclusion": "failure", "outcome": "failure", "log_offset": end}
    agent.report(order, step, over, {"what": "ended", "conclusion": "failure", "outputs": {}, "at": WHEN})
    page = ada.get("/ada/shop/runs/1/now").text
    failing = page.partition('<section class="failing">')[2].partition("</section>")[0]
    assert "Run a" in failing
    assert "&lt;b&gt;red&lt;/b&gt;\n" in failing
    assert '<span class="error">It is wrong.' in failing
    assert "line 29" in failing
    assert "line 11" not in failing
    assert "before" not in failing
    assert f"#B{end - len(words[-1])}" in failing


def test_every_log_in_one_zip(yard: Yard, agent: Agent, ada: Visitor) -> None:
    yard.workflow(TWO)
    order = agent.take()
    agent.log(order, 0, "첫 줄\n".encode() * 1000)
    answer = ada.ask("GET", "/ada/shop/runs/1/logs.zip")
    assert answer.status == 200
    with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
        assert packed.namelist() == ["001 a.txt", "002 b.txt", "003 c.txt"]
        assert packed.read(f"00{'abc'.index(order.name) + 1} {order.name}.txt") == "첫 줄\n".encode() * 1000


def test_a_yes_or_a_no_is_said_on_the_page(yard: Yard, ada: Visitor) -> None:
    yard.write(lambda work: want_approval(work, yard.project, "live", "maintainer"))
    yard.workflow(
        "on: push\njobs:\n"
        "  a: {runs-on: x, environment: live, steps: [{run: a}]}\n"
        "  b: {runs-on: x, environment: live, steps: [{run: a}]}\n"
    )
    wait_until(yard)
    jobs = yard.jobs()
    page = ada.get("/ada/shop/runs/1").text
    assert page.count("Let it go") == 2
    assert "Maintainers may say so." in page
    assert "Let it go" in ada.get(f"/ada/shop/runs/1/jobs/{jobs['a'].id}").text
    assert ada.post(f"/ada/shop/runs/1/jobs/{jobs['a'].id}/answer", yes="true").status == 303
    assert ada.post(f"/ada/shop/runs/1/jobs/{jobs['b'].id}/answer", yes="false").status == 303
    assert yard.states() == {"a": "queued", "b": "failure"}
    page = ada.get("/ada/shop/runs/1").text
    assert "Let it go" not in page
    assert "said yes to a" in page
    assert "said no to b" in page
    assert ada.post("/ada/shop/runs/1/answer", yes="true").status == 409
