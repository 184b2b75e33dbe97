"""Pages and API of deployments, as a browser without scripts and a program meet them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dure import people
from dure.build.run import Job, Run
from dure.kit import now
from dure.ledger import HOUSE, Work
from dure.people import Caller, Role
from tests.deploy.site import serve
from tests.deploy.test_rollout import go_live
from tests.deploy.yard import SHOP, TWO_PLACES, Yard
from tests.plan.visitor import Visitor

HERE = "/ada/shop"
API = "/projects/ada/shop"


@pytest.fixture
def url(yard: Yard, tmp_path: Path) -> Iterator[str]:
    with serve(yard, tmp_path) as url:
        yield url


@pytest.fixture
def ada(yard: Yard, url: str) -> Iterator[Visitor]:
    with Visitor.signed_in(url, yard.house, yard.ada) as visitor:
        yield visitor


@pytest.fixture
def gus(yard: Yard, url: str) -> Iterator[Visitor]:
    def invite(work: Work) -> Caller:
        account = people.make_account(work, handle="gus", name="Gus")
        people.grant(work, yard.project.scope, account.id, Role.GUEST)
        return people.caller_for(account)

    with Visitor.signed_in(url, yard.house, yard.house.write_now(HOUSE, invite)) as visitor:
        yield visitor


def test_every_page_stands_in_both_languages_at_every_moment(ada: Visitor, yard: Yard) -> None:
    def look() -> None:
        pages = [f"{HERE}/deployments", f"{HERE}/deployments/rows", f"{HERE}/environments", f"{HERE}/environments/rows"]
        pages += [HERE, f"{HERE}/loop"]
        for row in yard.all():
            one = f"{HERE}/deployments/{row.number}"
            pages += [one, f"{one}/live", f"{one}/picture", f"{HERE}/deployments/of-release/{row.release_id}"]
            pages += [f"{HERE}/deployments/of-commit/{row.sha}", f"{HERE}/releases/{row.version}"]
        for path in pages:
            for language in ("en", "ko"):
                shown = ada.get(path, Accept_Language=language)
                assert shown.status == 200, (path, shown.text)

    look()
    go_live(yard, "1.0.0")
    yard.release("1.1.0")
    yard.until(lambda: "canary" in yard.phases() and bool(yard.weights().get("d2")))
    yard.visit()
    look()
    yard.until_still(lambda: yard.visit(failing={"d2": 0.5}))
    look()
    page = ada.get(f"{HERE}/deployments/2").text
    assert "Rolled back" in page
    assert '<path class="share"' in page
    assert "by chance that happens once in" in page or "requests to the new version failed" in page
    assert 'href="http://web.production.shop.localhost:8480/"' in ada.get(f"{HERE}/environments").text


def test_a_person_ships_and_goes_back_by_buttons(ada: Visitor, yard: Yard) -> None:
    go_live(yard, "1.0.0")
    yard.release("1.1.0", told=False)
    sent = ada.post(f"{HERE}/deployments", version="", environment="production")
    assert (sent.status, sent.headers["location"]) == (303, f"{HERE}/deployments/2")
    yard.until_still(yard.visit)
    assert yard.live() == "1.1.0"
    assert "Roll back" in ada.get(f"{HERE}/deployments/2").text
    back = ada.post(f"{HERE}/rollbacks", environment="production")
    assert back.headers["location"] == f"{HERE}/deployments/3"
    yard.until_still()
    assert yard.live() == "1.0.0"
    assert "Paused by ada" in ada.get(f"{HERE}/environments").text
    again = ada.post(f"{HERE}/rollbacks")
    assert again.status == 409
    assert "nothing to go back to" in again.text


def test_the_api_tells_ships_and_goes_back(ada: Visitor, yard: Yard) -> None:
    yard.release("1.0.0", told=False)
    made = ada.api("POST", f"{API}/deployments", {})
    assert made.status == 201
    assert (made.json["number"], made.json["phase"], made.json["environment"]) == (1, "waiting", "production")
    yard.until_still()
    yard.release("1.1.0", told=False)
    assert ada.api("POST", f"{API}/deployments", {"environment": "production", "version": "1.1.0"}).status == 201
    yard.until_still(yard.visit)
    whole = ada.api("GET", f"{API}/deployments/2").json
    assert (whole["phase"], whole["over"], whole["steps"]) == ("live", True, [10, 50, 100])
    assert whole["control"] == 1
    assert whole["hosts"] == ["web.production.shop.localhost"]
    for what in ("evidence", "weight", "requests", "errors"):
        chart = ada.api("GET", f"{API}/deployments/2/points?what={what}").json
        assert chart["x"]
        assert all(len(series["values"]) == len(chart["x"]) for series in chart["series"])
    places = ada.api("GET", f"{API}/environments").json["environments"]
    assert [place["live"]["version"] for place in places] == ["1.1.0"]
    back = ada.api("POST", f"{API}/rollbacks", {})
    assert (back.status, back.json["made_for"], back.json["version"]) == (201, "rollback", "1.0.0")
    yard.until_still()
    listed = ada.api("GET", f"{API}/deployments?limit=2").json
    assert [each["number"] for each in listed["deployments"]] == [3, 2]
    assert listed["next"] == 2
    assert ada.api("POST", f"{API}/rollbacks", {}).status == 409


def test_a_yes_is_given_and_a_trial_is_stopped(ada: Visitor, yard: Yard) -> None:
    yard.release("1.0.0", TWO_PLACES)
    yard.until(lambda: len(yard.all()) == 2)
    yard.settle()
    assert "It waits until somebody approves it." in ada.get(f"{HERE}/deployments/2").text
    assert "Waits for a yes" in ada.get(HERE).text
    assert ada.post(f"{HERE}/deployments/2/approve").status == 303
    yard.until_still()
    assert yard.live() == "1.0.0"
    assert "approved by ada" in ada.get(f"{HERE}/deployments/2").text
    slow = SHOP.replace("step_seconds: 0.1", "step_seconds: 600")
    yard.release("1.1.0", slow, told=False)
    ada.api("POST", f"{API}/deployments", {"environment": "production"})
    yard.until(lambda: "canary" in yard.phases())
    assert "Take over now" in ada.get(f"{HERE}/deployments/3").text
    assert ada.api("DELETE", f"{API}/deployments/3").status == 204
    yard.until_still()
    assert yard.live() == "1.0.0"
    assert ada.api("POST", f"{API}/deployments/3/promotions").status == 409


def test_a_guest_looks_and_touches_nothing(ada: Visitor, gus: Visitor, yard: Yard, url: str) -> None:
    go_live(yard, "1.0.0")
    assert gus.get(f"{HERE}/deployments/1").status == 200
    assert "Roll back" not in gus.get(f"{HERE}/deployments/1").text
    assert gus.post(f"{HERE}/rollbacks").status == 403
    forbidden: list[tuple[str, str, object]] = [
        ("POST", f"{API}/deployments", {}),
        ("POST", f"{API}/rollbacks", {}),
        ("POST", f"{API}/deployments/1/approvals", None),
        ("POST", f"{API}/deployments/1/promotions", None),
        ("DELETE", f"{API}/deployments/1", None),
    ]
    for method, path, words in forbidden:
        assert gus.api(method, path, words).status == 403, path
    assert Visitor(url).get(f"{HERE}/deployments").status in (303, 401)
    assert ada.get(f"{HERE}/deployments/99").status == 404


def test_hostile_words_do_no_harm(ada: Visitor, yard: Yard) -> None:
    yard.release("1.0.0", SHOP.replace("python app.py", '["python", "<script>alert(1)</script>"]'))
    yard.platform.unready.add("d1")
    yard.until(lambda: bool(yard.platform.instances))
    yard.platform.log_path("d1-web-0").write_bytes(b"<script>alert(2)</script>\x00\xff\n")
    from dure.kit import say  # noqa: PLC0415

    yard.platform.fail("d1-web-0", say("It ends."))
    yard.until_still()
    for path in (f"{HERE}/deployments", f"{HERE}/deployments/1", f"{HERE}/environments"):
        text = ada.get(path).text
        assert "<script>alert" not in text
        assert "\x00" not in text
    hostile: list[dict[str, object]] = [{"environment": "x" * 50}, {"version": "\x00"}, {"version": "../../etc"}]
    for words in [*hostile, {"nonsense": 1}]:
        assert ada.api("POST", f"{API}/deployments", words).status in (404, 409, 400, 422), words


def test_an_environment_leads_where_its_jobs_say(ada: Visitor, yard: Yard) -> None:
    """The last that ended well."""

    def put_up(work: Work) -> None:
        told = dict.fromkeys(("workflow_path", "workflow_name", "title", "actor", "actor_name", "definition"), "")
        commit: dict[str, Any] = {"sha": "0" * 40, "ref": "refs/heads/main", "event": "push"}
        run = work.add(Run(project_id=yard.project.id, number=1, made_at=now(), **commit, **dict[str, Any](told)))
        for number, (state, place) in enumerate(
            [("success", "Production"), ("success", "production"), ("failure", "production"), ("success", "staging")]
        ):
            job = Job(run_id=run.id, project_id=run.project_id, job="s", key=str(number), name="s", position=number)
            job.state, job.environment, job.environment_url = state, place, f"https://{number}.example.org"
            work.add(job)

    go_live(yard, "1.0.0")
    yard.house.write_now(HOUSE, put_up)
    assert 'href="https://1.example.org"' in ada.get(f"{HERE}/environments").text
    assert [each["url"] for each in ada.api("GET", f"{API}/environments").json["environments"]] == [
        "https://1.example.org"
    ]
