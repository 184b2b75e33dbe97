"""Pages of what a project keeps for its jobs, and lists of runs as one asks for them."""

from dure.build.leaving import keep_cache
from dure.build.run import run_of
from dure.ledger import Work
from tests.build.agent import Agent
from tests.build.test_pages import wait_until
from tests.build.test_requests import CI, opened
from tests.build.wired import WHEN, Yard
from tests.plan.visitor import Visitor

ONE = "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: a}]}}\n"


def test_variables_and_secrets_of_environments(ada: Visitor) -> None:
    assert ada.post("/ada/shop/variables", name="WHERE", value="everywhere").status == 303
    put = ada.post("/ada/shop/variables", name="WHERE", value="<there>", environment="Live")
    assert put.headers["location"] == "/ada/shop/secrets?environment=Live"
    assert ada.post("/ada/shop/secrets", name="KEY", value="hidden words", environment="Live").status == 303
    whole = ada.get("/ada/shop/secrets").text
    assert "everywhere" in whole
    assert "&lt;there&gt;" not in whole
    assert 'href="/ada/shop/secrets?environment=live"' in whole
    live = ada.get("/ada/shop/secrets?environment=live").text
    assert "&lt;there&gt;" in live
    assert "<code>KEY</code>" in live
    assert "hidden words" not in live
    assert ada.post("/ada/shop/secrets/approvers", environment="live", approvers="owner").status == 303
    assert '<option value="owner" selected>' in ada.get("/ada/shop/secrets?environment=live").text
    assert ada.post("/ada/shop/secrets/outsiders", rule="all").status == 303
    assert '<option value="all" selected>' in ada.get("/ada/shop/secrets").text
    assert ada.post("/ada/shop/variables/remove", name="WHERE", environment="live").status == 303
    assert ada.post("/ada/shop/variables/remove", name="WHERE", environment="live").status == 404
    assert ada.get("/ada/shop/secrets?environment=new one").status == 200
    assert Visitor(ada.url).get("/ada/shop/secrets").status in (303, 401)


def test_runs_as_one_asks_for_them(yard: Yard, ada: Visitor) -> None:
    yard.workflow(ONE, "Sell 100% apples")
    yard.workflow(ONE.replace("[{run: a}]", "[{run: b}]"), "Sell bread", "other")
    wait_until(yard, 2)

    def asked(query: str) -> list[str]:
        text = ada.get(f"/ada/shop/runs/now?{query}").text
        return [title for title in ("Sell 100% apples", "Sell bread") if f">{title}</a>" in text]

    assert asked("") == ["Sell 100% apples", "Sell bread"]
    assert asked("q=APPLES") == ["Sell 100% apples"]
    assert asked("q=0%25 a") == ["Sell 100% apples"]
    assert asked("q=%25b") == []
    assert asked(f"q={yard.run(2).sha[:9]}") == ["Sell bread"]
    assert asked("actor=ada&event=push&branch=other") == ["Sell bread"]
    assert asked("actor=nobody") == []
    assert asked("event=schedule") == []
    page = ada.get("/ada/shop/runs?event=push&q=bread").text
    assert '<input type="hidden" name="event" value="push">' in page
    assert 'value="bread"' in page
    assert len(ada.api("GET", "/projects/ada/shop/runs?event=push&actor=ada").json["runs"]) == 2
    assert ada.api("GET", "/projects/ada/shop/runs?event=schedule").json["runs"] == []


def test_caches_are_seen_and_dropped(yard: Yard, ada: Visitor) -> None:
    yard.workflow(ONE)
    wait_until(yard)

    def keep(work: Work) -> int:
        run = run_of(work, yard.project, 1)
        return keep_cache(work, run, "pip-<linux>", "v", "sha256:0", 2_500_000, 10_000_000).cache.id

    cache = yard.write(keep)
    page = ada.get("/ada/shop/caches").text
    assert "pip-&lt;linux&gt;" in page
    assert "2.5 MB" in page
    assert ada.post("/ada/shop/caches/remove", cache=str(cache)).status == 303
    assert ada.post("/ada/shop/caches/remove", cache=str(cache)).status == 404
    assert "No caches yet" in ada.get("/ada/shop/caches").text


def test_an_artifact_is_deleted_by_hand(yard: Yard, agent: Agent, ada: Visitor) -> None:
    yard.workflow(ONE)
    order = agent.take()
    assert agent.put(order, "artifacts", "things", b"PK\x05\x06" + bytes(18)).status in (200, 201, 204)
    page = ada.get("/ada/shop/runs/1").text
    address = page.partition('action="/ada/shop/runs/1/artifacts/')[2].partition('"')[0]
    assert address.endswith("/remove")
    assert ada.post(f"/ada/shop/runs/1/artifacts/{address}").status == 303
    assert ada.post(f"/ada/shop/runs/1/artifacts/{address}").status == 404
    assert "things" not in ada.get("/ada/shop/runs/1").text


def test_remarks_on_a_merge_request_stand_beside_what_was_pushed(yard: Yard, agent: Agent, ada: Visitor) -> None:
    yard.push(CI)
    head = opened(yard, {"b": "b"})
    wait_until(yard)
    order = agent.take()
    step = {"what": "step_started", "index": 0, "name": "Run a", "log_offset": 0, "at": WHEN}
    said = {"what": "annotation", "step": 0, "level": "error", "message": "It is odd", "file": "b", "line": 1}
    answer = agent.report(order, step, said)
    assert answer.status == 200, answer.text
    shown = ada.get(f"/ada/shop/runs/remarks/{head}").text
    assert "It is odd" in shown
    assert f"/ada/shop/code/file/{yard.run().sha}/b#L1" in shown
