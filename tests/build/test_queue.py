"""The queue as people and programs see it: what waits, for what, since when, and why."""

from functools import partial

from sqlalchemy import update

from dure import people, plan
from dure.build import make_runner
from dure.build.runners import Runner, drain
from dure.ledger import HOUSE
from dure.wire.runner import StepStarted
from tests.build.test_claims import waiting_in
from tests.build.wired import AT, Yard
from tests.plan.visitor import Visitor
from tests.runner.test_with_a_house import until

CI = """
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    strategy: {max-parallel: 2, matrix: {it: [1, 2, 3]}}
    steps: [{run: make}]
  gpu:
    runs-on: [linux, gpu]
    steps: [{run: make}]
"""


def planned(yard: Yard, words: str = CI) -> None:
    """Pushed, and made jobs of by whoever does it: the program that is served does it too."""
    yard.workflow(words)
    until(lambda: yard.runs() and "gpu" in yard.states())


def test_what_waits_and_why(yard: Yard, ada: Visitor) -> None:
    planned(yard)
    found = ada.get("/api/v1/queue").json
    assert {one["name"]: (one["state"], one["why"]) for one in found["jobs"]} == {
        "build (1)": ("queued", "No runner here has the label ubuntu-latest."),
        "build (2)": ("queued", "No runner here has the label ubuntu-latest."),
        "build (3)": ("held", "It waits because of max-parallel."),
        "gpu": ("queued", "No runner here has the labels gpu, linux."),
    }
    assert [(one["labels"], one["count"], one["runners"]) for one in found["waiting"]] == [
        (["ubuntu-latest"], 2, 0),
        (["gpu", "linux"], 1, 0),
    ]
    assert found["next"] is None


def test_busy_and_drained_runners(yard: Yard, ada: Visitor) -> None:
    planned(yard, CI.replace("max-parallel: 2, ", "").replace("[1, 2, 3]", "[1, 2, 3, 4, 5]"))
    yard.house.write_now(HOUSE, partial(make_runner, name="never"))
    yard.runner()
    for _ in range(3):
        yard.take()

    def whys() -> set[str]:
        found = ada.get("/api/v1/queue?project=ada/shop").json["jobs"]
        return {one["why"] for one in found if one["name"].startswith("build")}

    assert whys() == {"It waits for a runner that is free."}
    yard.take()
    assert whys() == {"All runners with the labels ubuntu-latest are busy."}
    yard.write(lambda work: drain(work, "one"))
    waits = ada.get("/api/v1/queue").json["jobs"]
    assert {one["why"] for one in waits if one["labels"] == ["ubuntu-latest"]} == {
        "The runners with the labels ubuntu-latest are drained."
    }


def test_a_page_at_a_time(yard: Yard, ada: Visitor) -> None:
    planned(yard)
    waiting_in(yard, yard.project, 120)
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        found = ada.get(f"/api/v1/queue?limit=50&after={after}").json
        seen += [one["id"] for one in found["jobs"]]
        after = found["next"]
    assert len(seen) == 124
    assert seen == sorted(set(seen))
    page = ada.get("/queue").text
    assert page.count("<li class=") >= 50
    assert "?after=" in page
    assert ada.get(f"/queue/now?after={seen[-1]}").text.count("data-open") == 0


def test_only_what_waits_for_some_labels(yard: Yard, ada: Visitor) -> None:
    planned(yard)
    yard.runner("plain", "linux")
    yard.runner("fast", "gpu")
    found = ada.get("/api/v1/queue?labels=linux,gpu").json
    assert [one["name"] for one in found["jobs"]] == ["gpu"]
    assert len(found["waiting"]) == 2
    page = ada.get("/queue?labels=linux,gpu").text
    assert page.count("data-open") == 1
    assert page.count("No runner here has all of the labels gpu, linux.") == 2
    assert "/queue/now?labels=gpu,linux" in page
    assert "No job waits for these labels." in ada.get("/ada/shop/queue?labels=windows").text


def test_nobody_sees_what_waits_where_they_may_not_look(yard: Yard, site: str) -> None:
    planned(yard)
    make = partial(people.make_account, handle="sora", name="Sora")
    sora = yard.house.write_now(HOUSE, lambda work: people.caller_for(make(work)))
    mine = yard.house.write_now(sora, partial(plan.make_project, owner="sora", name="own", title=""))
    waiting_in(yard, mine, 1)
    with Visitor.signed_in(site, yard.house, sora) as visitor:
        assert [one["project"] for one in visitor.get("/api/v1/queue").json["jobs"]] == ["sora/own"]
        assert "ada/shop" not in visitor.get("/queue").text
        assert visitor.get("/ada/shop/queue").status == 404
        assert visitor.get("/ada/shop/runners").status == 404
        assert visitor.get("/api/v1/queue?project=ada/shop").status == 404


def test_the_pages_of_runners(yard: Yard, ada: Visitor) -> None:
    planned(yard)
    yard.runner("big one")
    yard.runner("away")
    order = yard.take("big one")
    yard.tell(order, StepStarted(index=0, name="Run make", log_offset=0, at=AT), runner="big one")
    long_ago = update(Runner).where(Runner.name == "away").values(seen_at=AT)
    yard.house.write_now(HOUSE, lambda work: work.session.execute(long_ago))
    for path in ("/admin/runners", "/ada/shop/runners", "/admin/runners/now", "/ada/shop/runners/now"):
        text = ada.get(path).text
        assert "big one" in text, path
        assert f"/jobs/{order.job_id}" in text, path
        assert "· Run make ·" in text, path
        assert "Away 1" in text, path
        assert "1 of 4 places in use" in text, path
    made = ada.post("/ada/shop/runners/invitations", labels="gpu", uses="2").text
    assert "dure_join_" in made
    assert "dure_join_" not in ada.get("/ada/shop/runners").text
    assert ada.post("/admin/runners/acts", name="big one", act="drain").status == 303
    assert "drained" in ada.get("/admin/runners").text.lower()
    assert ada.post("/admin/runners/acts", name="big one", act="resume").status == 303
    assert ada.post("/admin/runners/acts", name="big one", act="end").status == 303
    assert "big one" not in ada.get("/admin/runners").text
