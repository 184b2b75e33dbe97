"""The pages of runs, as a browser gets them."""

import threading
import time
from urllib.parse import urlencode

import msgspec
import pytest

from dure.ledger import thread
from tests.build.agent import Agent
from tests.build.wired import WHEN, Yard
from tests.plan.visitor import Visitor

HAND = """
name: By hand
on:
  workflow_dispatch:
    inputs:
      where: {type: choice, options: [here, there], required: true}
      count: {type: number, default: 3}
      dry: {type: boolean, default: true}
jobs:
  a: {runs-on: ubuntu-latest, steps: [{run: a}]}
"""
GRAPH = """
on: push
jobs:
  a: {runs-on: ubuntu-latest, steps: [{run: a}]}
  b: {runs-on: ubuntu-latest, needs: a, strategy: {matrix: {it: [1, 2]}}, steps: [{run: b}]}
  c: {runs-on: windows-latest, needs: [a, b], steps: [{run: c}]}
"""


def wait_until(yard: Yard, count: int = 1) -> None:
    give_up_at = time.monotonic() + 20
    while len(yard.runs()) < count:
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def test_the_list_and_its_filters(yard: Yard, ada: Visitor) -> None:
    assert "No runs yet" in ada.get("/ada/shop/runs").text
    yard.workflow(GRAPH, "Draw it")
    wait_until(yard)
    assert "Draw it" in ada.get("/ada/shop/runs").text
    assert "Draw it" in ada.get("/ada/shop/runs/now?state=queued").text
    assert "Draw it" not in ada.get("/ada/shop/runs?state=success").text
    assert "Draw it" in ada.get("/ada/shop/runs?branch=main&workflow=.github/workflows/ci.yml").text
    assert ada.get("/ada/shop/runs/9").status == 404
    assert Visitor(ada.url).get("/ada/shop/runs").status in (303, 401)


def test_a_run_with_its_picture(yard: Yard, ada: Visitor) -> None:
    yard.workflow(GRAPH)
    wait_until(yard)
    text = ada.get("/ada/shop/runs/1").text
    assert text.count('class="node') == 3
    assert text.count('class="wire"') == 2
    yard.do_all()
    text = ada.get("/ada/shop/runs/1/now").text
    assert text.count('class="node') == 4
    assert "No runner here has the label windows-latest." in text
    assert "style=" not in text


def test_a_broken_workflow_shows_the_line(yard: Yard, ada: Visitor) -> None:
    yard.workflow("on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: []\n    wrong: <b>\n")
    wait_until(yard)
    text = ada.get("/ada/shop/runs/1").text
    assert "Line 6, column 5" in text
    assert "wrong: &lt;b&gt;" in text


def test_cancel_and_again(yard: Yard, ada: Visitor) -> None:
    yard.workflow(GRAPH)
    wait_until(yard)
    assert ada.post("/ada/shop/runs/1/cancel").status == 303
    assert yard.run().state == "cancelled"
    assert ada.post("/ada/shop/runs/1/cancel").status == 409
    assert ada.post("/ada/shop/runs/1/again", failed_only="true").status == 303
    assert yard.run().state == "queued"


def test_begun_by_hand_with_typed_answers(yard: Yard, ada: Visitor) -> None:
    yard.workflow(HAND)
    page = ada.get("/ada/shop/runs/start").text
    assert 'name="input.where"' in page
    assert 'type="number"' in page
    words: dict[str, str | list[str]] = {"ref": "main", "workflow": ".github/workflows/ci.yml", "input.count": "5"}
    refused = ada.post("/ada/shop/runs/start", **words)
    assert refused.status == 422
    words |= {"input.where": "there", "input.dry": ["false", "true"]}
    begun = ada.post("/ada/shop/runs/start", **words)
    assert begun.headers["location"] == "/ada/shop/runs/1"
    order = yard.take()
    assert order.contexts["inputs"] == {"where": "there", "count": 5, "dry": True}
    assert order.contexts["github"]["event_name"] == "workflow_dispatch"
    assert order.contexts["github"]["retention_days"] == "90"
    assert "There is no branch or tag nowhere here." in ada.get("/ada/shop/runs/start?ref=nowhere").text


def test_secrets_are_lent_to_jobs_that_name_them(yard: Yard, ada: Visitor) -> None:
    for name in ("TOKEN", "OTHER"):
        assert ada.post("/ada/shop/secrets", name=name, value=f"the value of {name}").status == 303
    assert ada.post("/ada/shop/secrets", name="GITHUB_X", value="something").status == 422
    assert "the value" not in ada.get("/ada/shop/secrets").text
    yard.workflow(
        """
on: push
jobs:
  a: {runs-on: ubuntu-latest, steps: [{run: a, env: {T: "${{ secrets.token }}"}}]}
  b: {runs-on: ubuntu-latest, needs: a, steps: [{run: "echo '${{ toJSON(secrets) }}'"}]}
  c: {runs-on: ubuntu-latest, needs: b, steps: [{run: "echo secrets.OTHER"}]}
"""
    )
    wait_until(yard)
    lent = []
    while (order := yard.claim()) is not None:
        yard.taken(order)
        yard.end(order)
        lent.append(sorted(order.secrets))
    assert lent == [["TOKEN"], ["OTHER", "TOKEN"], []]
    assert ada.post("/ada/shop/secrets/remove", name="TOKEN").status == 303
    assert ada.post("/ada/shop/secrets/remove", name="TOKEN").status == 404


def test_a_log_is_read_from_its_first_line_while_it_grows(yard: Yard, agent: Agent, ada: Visitor) -> None:
    yard.workflow(GRAPH)
    order = agent.take()
    agent.log(order, 0, "첫 줄\nsecond".encode())
    path = f"/ada/shop/runs/1/jobs/{order.job_id}"
    assert ada.get(f"{path}/log").text == "첫 줄\nsecond"
    part = ada.get(f"{path}/log", Range="bytes=8-13")
    assert (part.status, part.text, part.headers["content-range"]) == (206, "second", "bytes 8-13/14")
    assert ada.get(f"{path}/log", Range="bytes=99-").status == 416
    heard: list[str] = []

    def listen() -> None:
        heard.append(ada.get(f"{path}/log.events?after=0").text)

    listening = threading.Thread(target=listen)
    listening.start()
    time.sleep(0.3)
    agent.log(order, 14, b" line\nthird")
    step = {"what": "step_started", "index": 0, "name": "Run a", "log_offset": 0, "at": WHEN}
    agent.report(order, step, {"what": "ended", "conclusion": "success", "outputs": {}, "at": WHEN})
    listening.join(2)
    assert heard
    assert '"text":"첫 줄\\n"' in heard[0]
    assert '"text":"second line\\n"' in heard[0]
    assert '"text":"third"' in heard[0]
    assert '"name":"Run a"' in heard[0]
    assert heard[0].rstrip().endswith("event: end\ndata: {}")
    assert ada.get(f"{path}/log.events?after=999").status == 422
    assert ada.get(path).status == 200
    assert ada.get(f"{path}?attempt=2").status == 404


@pytest.mark.parametrize("language", ["en", "ko"])
def test_pages_speak(yard: Yard, ada: Visitor, language: str) -> None:
    yard.workflow(GRAPH)
    wait_until(yard)
    for path in ("runs", "runs/1", "runs/start", "secrets", f"runs/1/jobs/{yard.jobs()['a'].id}"):
        assert ada.get(f"/ada/shop/{path}", Accept_Language=language).status == 200, path


def test_a_commit_shows_what_began_there_and_why(yard: Yard, ada: Visitor) -> None:
    events = "{push: {branches: [other]}, repository_dispatch: {types: [go]}}"
    sha = yard.workflow(f"on: {events}\njobs: {{a: {{runs-on: x, steps: [{{run: a}}]}}}}\n")
    assert f"/ada/shop/runs/of-commit/{sha}" in ada.get(f"/ada/shop/code/commit/{sha}").text
    told = {"event_type": "go", "client_payload": {"a": 1}}
    made = ada.api("POST", "/projects/ada/shop/dispatches", told)
    assert (made.status, made.json) == (201, {"event_type": "go", "sha": sha})
    wait_until(yard)

    shown = ada.get(f"/ada/shop/runs/of-commit/{sha}").text
    assert "No pattern in `branches` takes main." in shown
    assert 'href="/ada/shop/runs/1"' in shown
    dispatched, pushed = ada.api("GET", f"/projects/ada/shop/verdicts?sha={sha[:7]}").json["plannings"]
    assert (dispatched["event"], dispatched["type"], dispatched["verdicts"][0]["run"]) == (
        "repository_dispatch",
        "go",
        1,
    )
    assert (pushed["event"], pushed["verdicts"][0]["begins"]) == ("push", False)
    assert ada.api("GET", "/projects/ada/shop/verdicts?sha=nonsense").status == 404
    assert ada.api("GET", "/projects/ada/shop/verdicts?sha=0000000").json == {"plannings": []}
    run = ada.get("/ada/shop/runs/1").text
    assert 'title="repository_dispatch">word from outside<' in run


def test_what_is_told_from_outside_is_looked_at(yard: Yard, ada: Visitor) -> None:
    yard.workflow("on: repository_dispatch\njobs: {a: {runs-on: x, steps: [{run: a}]}}\n")
    for told, field in (
        ({"event_type": ""}, "event_type"),
        ({"event_type": " "}, "event_type"),
        ({"event_type": "x", "client_payload": {str(each): 1 for each in range(11)}}, "client_payload"),
    ):
        refused = ada.api("POST", "/projects/ada/shop/dispatches", told)
        assert (refused.status, refused.fields) == (422, [field])
    large = {"event_type": "x", "client_payload": {"a": "x" * 70_000}}
    assert ada.api("POST", "/projects/ada/shop/dispatches", large).status == 409


def test_a_badge_is_seen_by_whoever_knows_its_address(yard: Yard, ada: Visitor) -> None:
    yard.workflow(GRAPH)
    wait_until(yard)
    assert "badges/" not in ada.get("/ada/shop/runs").text
    ada.post("/ada/shop/runs/badge")
    page = ada.get("/ada/shop/runs").text
    address = page.split('src="/badges/', 1)[1].split('"', 1)[0]
    stranger = Visitor(ada.url)
    assert "running" in stranger.get(f"/badges/{address}").text
    yard.do_all()
    assert "<title>ci: " in stranger.get(f"/badges/{address}").text
    assert stranger.get("/badges/badge_no_such_key/ci.yml.svg").status == 404
    assert "unknown" in stranger.get(f"/badges/{address.partition('/')[0]}/other.yml.svg").text


def test_remarks_stand_beside_their_commit(yard: Yard, ada: Visitor) -> None:
    sha = yard.workflow(GRAPH)
    wait_until(yard)
    assert "/ada/shop/runs/remarks/" in ada.get(f"/ada/shop/code/commit/{sha}").text
    assert ada.get(f"/ada/shop/runs/remarks/{sha}").status == 200


ASKS = """
name: Asks
on:
  workflow_dispatch:
    inputs:
      where: {type: environment, description: Where to, required: true}
      size: {type: number, default: 1.5}
      dry: {type: boolean, description: Only try}
      way: {type: choice, options: [fast, slow]}
      old: {description: Old way, deprecationMessage: Use way}
jobs:
  a: {runs-on: ubuntu-latest, environment: staging, steps: [{run: a}]}
"""


def test_each_question_has_a_field_of_its_kind(yard: Yard, ada: Visitor) -> None:
    yard.workflow(ASKS)
    page = ada.get("/ada/shop/runs/start").text
    assert '<option value="staging">' in page
    assert 'list="environments"' in page
    assert 'type="number" name="input.size" value="1.5"' in page
    assert 'step="any"' in page
    assert 'type="checkbox" name="input.dry" value="true">' in page
    assert "Use way" in page
    assert "—" not in page.partition("input.way")[2].partition("</select>")[0]

    words = {"ref": "main", "workflow": "ci.yml", "input.size": "many", "input.way": "odd", "input.dry": "false"}
    refused = ada.ask(
        "POST",
        "/ada/shop/runs/start",
        urlencode(words).encode(),
        Content_Type="application/x-www-form-urlencoded",
        HX_Request="true",
    )
    assert refused.status == 422
    assert sorted(msgspec.json.decode(refused.headers["hx-trigger"])["dure:invalid"]["fields"]) == [
        "input.size",
        "input.way",
        "input.where",
    ]
    good = {"input.where": "staging", "input.size": "2", "input.way": "slow", "input.dry": "true"}
    assert ada.post("/ada/shop/runs/start", **{**words, **good}).status == 303
    contexts = yard.take().contexts
    assert contexts["inputs"] == {"where": "staging", "size": 2, "dry": True, "way": "slow", "old": ""}
    told = {"where": "staging", "size": "2", "dry": "true", "way": "slow", "old": ""}
    assert contexts["github"]["event"]["inputs"] == told


def test_what_may_be_begun_is_told_to_programs(yard: Yard, ada: Visitor) -> None:
    yard.workflow(ASKS)
    (offer,) = ada.api("GET", "/projects/ada/shop/workflows").json["workflows"]
    assert (offer["workflow"], offer["path"], offer["ref"]) == ("Asks", ".github/workflows/ci.yml", "refs/heads/main")
    assert [(each["name"], each["type"], each["required"]) for each in offer["inputs"]] == [
        ("where", "environment", True),
        ("size", "number", False),
        ("dry", "boolean", False),
        ("way", "choice", False),
        ("old", "string", False),
    ]
    assert ada.api("GET", "/projects/ada/shop/workflows?ref=nowhere").status == 404


def test_whoever_caused_a_failure_hears_of_it(yard: Yard, ada: Visitor) -> None:
    yard.workflow(GRAPH, "Break it")
    wait_until(yard)
    assert 'fragment="/me/failed-runs"' in ada.get("/").text
    assert "Break it" not in ada.get("/me/failed-runs").text
    yard.do_all({"a": "failure"})
    assert "Break it" in ada.get("/me/failed-runs").text
    kinds = [entry.kind for entry in yard.read(lambda work: thread(work, yard.ada.ref))]
    assert kinds[-1] == "build.run_ended"

    yard.workflow(GRAPH.replace("windows-latest", "ubuntu-latest"), "Mend it")
    wait_until(yard, 2)
    yard.do_all()
    assert "Break it" not in ada.get("/me/failed-runs").text
