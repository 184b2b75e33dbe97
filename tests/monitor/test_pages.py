"""The pages and the API of services over HTTP, on both databases."""

import re
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from dure import people, plan
from dure.cli.logs import logs
from dure.ledger import HOUSE, Work
from dure.monitor.engines.pretend import Pretend
from dure.monitor.routes import stages
from tests.monitor.site import Site

WEB = "/ada/shop/services/production/web"
CHARTS = "/projects/ada/shop/services/production/web/charts"


def test_services_stand_by_environment_with_their_last_minute(shown: Site) -> None:
    shown.collector.once()
    shown.serve("d1", 600, errors=60, edge=28)
    shown.collector.once()
    with shown.signed_in(shown.ada) as ada:
        page = ada.get("/ada/shop/services").text
        told = ada.api("GET", "/projects/ada/shop/services").json

    assert "10.0 %" in page
    assert 'class="spark"' in page
    assert "Live: 1.4.0" in page
    assert "staging" not in page, "nothing runs there"
    (service,) = told["services"]
    assert (service["environment"], service["service"], service["url"]) == ("production", "web", WEB)
    versions = {version["version"]: version for version in service["versions"]}
    assert versions["1.4.0"]["requests_per_second"] == 10.0
    assert versions["1.4.0"]["error_percent"] == 10.0
    assert 20 < versions["1.4.0"]["p95_ms"] <= 28
    assert versions["1.5.0"]["error_percent"] is None


def test_charts_by_version_with_marks(shown: Site) -> None:
    shown.fill()
    with shown.signed_in(shown.ada) as ada:
        requests = ada.api("GET", f"{CHARTS}/requests?minutes=15").json
        errors = ada.api("GET", f"{CHARTS}/errors?minutes=15").json
        latency = ada.api("GET", f"{CHARTS}/latency?minutes=15").json
        fine = ada.api("GET", f"{CHARTS}/requests?minutes=15&step=1").json

    assert [series["name"] for series in requests["series"]] == ["1.5.0", "1.4.0"]
    assert requests["x"] == sorted(requests["x"])
    assert len(requests["x"]) == 180
    assert all(len(series["values"]) == 180 for series in requests["series"])
    assert requests["series"][1]["values"][5] == 20.0
    assert errors["series"][0]["values"][0] is None, "nothing was asked of it then"
    assert errors["series"][1]["values"][5] == 1.0
    assert [(series["name"], series["unit"]) for series in latency["series"]] == [
        ("1.5.0 p95", "ms"),
        ("1.5.0 p50", "ms"),
        ("1.4.0 p95", "ms"),
        ("1.4.0 p50", "ms"),
    ]
    assert len(fine["x"]) == 900


def test_deployments_are_marked(shown: Site) -> None:
    """They happened while the site was made; a chart ends some seconds ago, so they are on it after a moment."""
    give_up_at = time.monotonic() + 20
    with shown.signed_in(shown.ada) as ada:
        while True:
            marks = ada.api("GET", f"{CHARTS}/requests?minutes=15&step=1").json["marks"]
            if len(marks) == 3 or time.monotonic() > give_up_at:
                break
            time.sleep(0.2)
        korean = ada.ask("GET", f"/api/v1{CHARTS}/requests?step=1", Accept_Language="ko")

    assert [mark["kind"] for mark in marks] == ["busy", "good", "busy"]
    assert "1.4.0" in marks[1]["label"]
    assert korean.status == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("minutes=0", 400),
        ("minutes=99999999", 400),
        ("minutes=43200&step=1", 422),
        ("minutes=1&step=3600", 422),
        ("step=nonsense", 400),
    ],
)
def test_a_chart_has_bounds(shown: Site, query: str, status: int) -> None:
    with shown.signed_in(shown.ada) as ada:
        assert ada.api("GET", f"{CHARTS}/requests?{query}").status == status
        assert ada.api("GET", f"{CHARTS}/nonsense").status in (400, 404)


def test_logs_are_sought(shown: Site) -> None:
    shown.write("d1-web-0", "one", "ERROR: two <script>alert(1)</script>", "three 주문")
    shown.collector.once()
    shown.telemetry.flush()
    with shown.signed_in(shown.ada) as ada:
        page = ada.get(WEB).text
        some = ada.get(f"{WEB}?q=주문").text
        none = ada.get(f"{WEB}?q=' OR 1=1 --").text
        broken = ada.get(f"{WEB}?q={'a+' * 20}").text
        found = ada.api("GET", "/projects/ada/shop/logs/web?level=error").json
        after = ada.api("GET", f"/projects/ada/shop/logs/web?after={found['lines'][0]['id']}").json

    assert "ERROR: two &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert len(re.findall("data-id=", page)) == 3
    assert "three 주문" in some
    assert len(re.findall("data-id=", some)) == 1
    assert "No line is like that." in none
    assert "At most 8 words" in broken
    assert [line["text"] for line in found["lines"]] == ["ERROR: two <script>alert(1)</script>"]
    assert [line["text"] for line in after["lines"]] == ["three 주문"]
    assert found["environment"] == "production"


def test_lines_for_a_page_that_follows(shown: Site) -> None:
    shown.fill()
    with shown.signed_in(shown.ada) as ada:
        first = re.findall(r'data-id="(\d+)"', ada.get(WEB).text)
        older = re.findall(r'data-id="(\d+)"', ada.get(f"{WEB}/lines?before={first[0]}").text)
        newer = re.findall(r'data-id="(\d+)"', ada.get(f"{WEB}/lines?after={first[-3]}").text)

        assert ada.get(f"{WEB}/lines?after=nonsense").status == 422
    assert len(first) == len(older) == 200
    assert older[-1] < first[0]
    assert newer == first[-2:]


def test_who_may_look(shown: Site) -> None:
    shown.fill()
    with shown.signed_in(shown.gus) as gus:
        page = gus.get(WEB)
        assert page.status == 200
        assert "Your role here does not let you read logs." in page.text
        assert "GET /items" not in page.text
        assert gus.api("GET", f"{CHARTS}/requests").status == 200
        assert gus.api("GET", "/projects/ada/shop/logs/web").status == 403
        assert gus.get(f"{WEB}/lines").status == 403
        assert gus.get("/ada/secret/services").status == 404

    def stranger(work: Work) -> people.Caller:
        return people.caller_for(people.make_account(work, handle="eve", name="Eve"))

    eve = shown.house.write_now(HOUSE, stranger)
    with shown.signed_in(eve) as visitor:
        for path in (WEB, "/ada/shop/services", "/ada/shop/services/rows", f"{WEB}/lines"):
            assert visitor.get(path).status == 404
        for path in (f"{CHARTS}/requests", "/projects/ada/shop/logs/web", "/projects/ada/shop/services"):
            assert visitor.api("GET", path).status == 404


@pytest.mark.parametrize("path", ["/ada/shop/services/production/db", "/ada/shop/services/nowhere/web"])
def test_what_is_not_there(shown: Site, path: str) -> None:
    with shown.signed_in(shown.ada) as ada:
        assert ada.get(path).status == 404


def test_while_the_store_is_away_the_pages_say_so(shown: Site, store: Pretend) -> None:
    store.away = True
    with shown.signed_in(shown.ada) as ada:
        began = time.monotonic()
        page, services = ada.get(WEB), ada.get("/ada/shop/services")
        chart, lines = ada.api("GET", f"{CHARTS}/requests"), ada.get(f"{WEB}/lines")

        assert time.monotonic() - began < 2
        assert (page.status, services.status, chart.status, lines.status) == (200, 200, 503, 503)
        assert "they come back by themselves" in page.text
        assert "they come back by themselves" in services.text
        store.away = False
        assert ada.api("GET", f"{CHARTS}/requests").status == 200
        assert "they come back by themselves" not in ada.get("/ada/shop/services").text


def test_the_stage_of_the_loop_goes_by_the_last_minute_of_production(shown: Site) -> None:
    def state() -> tuple[str, int | None]:
        told = stages(shown.telemetry)
        (stage,) = shown.house.read_now(shown.ada, lambda work: told(work, plan.find_project(work, "ada/shop")))
        return stage.state, stage.count

    assert state() == ("idle", 1)
    shown.collector.once()
    shown.serve("d1", 100, errors=1)
    shown.collector.once()
    assert state() == ("good", 1)
    shown.serve("d2", 50, errors=20)
    shown.collector.once()
    assert state() == ("bad", 1)


@pytest.fixture
def signed_in(shown: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """As whoever says `dure logs` is."""

    def token(work: Work) -> str:
        return people.make_token(work, name="cli", scopes=["read"]).secret

    monkeypatch.setenv("DURE_HOUSE", shown.url)
    monkeypatch.setenv("DURE_TOKEN", shown.house.write_now(shown.ada, token))
    monkeypatch.setenv("DURE_PROJECT", "ada/shop")
    monkeypatch.setenv("DURE_LANGUAGE", "en")


@pytest.mark.usefixtures("signed_in")
def test_dure_logs(shown: Site) -> None:
    shown.write("d1-web-0", "hello \x1b[31m주문", "ERROR: bad")
    shown.collector.once()
    shown.telemetry.flush()

    def say(*words: str) -> str:
        ended = CliRunner().invoke(logs, list(words), catch_exceptions=False)
        assert ended.exit_code == 0
        return ended.output

    assert [line.split("  ", 1)[1] for line in say("web").splitlines()] == ["hello 주문", "ERROR: bad"]
    assert say("web", "-q", "bad").count("\n") == 1
    assert '"text": "ERROR: bad"' in say("web", "--level", "error", "--json")
    assert "nothing like that" in say("web", "-q", "nonsense")


@pytest.mark.usefixtures("signed_in")
def test_dure_logs_follows_over_an_absence_of_the_store(shown: Site, store: Pretend) -> None:
    shown.write("d1-web-0", "one")
    shown.collector.once()
    shown.telemetry.flush()
    argv = [sys.executable, "-c", "from dure.cli.logs import logs; logs()", "web", "-f"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert following.stderr is not None
        assert following.stdout.readline().endswith("  one\n")
        store.away = True
        assert "come back by themselves" in following.stderr.readline()
        store.away = False
        shown.write("d1-web-0", "two")
        shown.collector.once()
        shown.telemetry.flush()
        assert following.stdout.readline().endswith("  two\n")
        following.send_signal(signal.SIGINT)
        assert following.wait(20) == 1
