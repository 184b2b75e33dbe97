"""Releases on their way: first ones, good ones, bad ones, and several at once."""

from dure import deploy
from dure.deploy.deployment import MOVING
from dure.kit import say
from tests.deploy.yard import HOST, SHOP, Yard


def go_live(yard: Yard, version: str, app: str = SHOP) -> None:
    yard.release(version, app)
    yard.until_still(yard.visit)
    assert yard.live() == version


def test_the_first_release_goes_live_by_its_readiness_alone(yard: Yard) -> None:
    yard.release("1.0.0")
    yard.until_still()
    row = yard.row(1)
    assert (row.phase, row.weight, row.made_for) == ("live", 100, "push")
    assert "Nothing ran here before" in str(row.why)
    assert yard.running() == ["d1-web-0"]
    assert yard.weights() == {"d1": 100}
    assert yard.told(row.ref) == ["deploy.begun", "deploy.step_reached", "deploy.went_live"]
    assert yard.platform.instances["d1-web-0"].command == ("python", "app.py")


def test_a_good_release_takes_over_step_by_step(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    go_live(yard, "1.1.0")
    row = yard.row(2)
    assert row.phase == "live"
    assert yard.phases() == ["replaced", "live"]
    steps = [routes[0].weights.get("d2") for routes in yard.traffic.applied if routes and "d2" in routes[0].weights]
    assert steps == [10, 50, 100]
    assert yard.told(row.ref).count("deploy.step_reached") == 3
    # The version before is kept without traffic, so that going back is quick.
    assert yard.running() == ["d1-web-0", "d2-web-0"]
    assert yard.weights() == {"d1": 0, "d2": 100}
    points = yard.house.read_now(yard.ada, lambda work: deploy.points_of(work, row))
    assert {point.weight for point in points} == {10, 50}
    assert points[-1].requests > 0
    assert points[-1].verdict == "go"


def test_a_bad_release_is_rolled_back_by_itself(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    yard.release("1.1.0")
    yard.until_still(lambda: yard.visit(failing={"d2": 0.5}))
    row = yard.row(2)
    assert row.phase == "rolled_back"
    assert yard.live() == "1.0.0"
    assert "by chance" in str(row.why) or "failed" in str(row.why)
    assert yard.running() == ["d1-web-0"]
    assert yard.weights() == {"d1": 100}
    told = yard.thread(row.ref)
    rolled_back = [entry.event() for entry in told if entry.kind == "deploy.rolled_back"]
    assert len(rolled_back) == 1
    assert isinstance(rolled_back[0], deploy.RolledBack)
    assert rolled_back[0].back_to == "1.0.0"
    assert rolled_back[0].by_itself
    assert rolled_back[0].evidence > 1
    assert rolled_back[0].detected_seconds > 0
    assert told[-1].sentence().into("en") == "rolled production back from 1.1.0 to 1.0.0"


def test_what_was_live_is_never_touched_when_the_new_one_is_never_ready(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    yard.platform.unready.add("d2")
    slow = SHOP.replace("stop_grace_period: 2s", "healthcheck: {interval: 100ms, retries: 3}")
    yard.release("1.1.0", slow)
    yard.platform.log_path("d2-web-0").write_text("boot\nno database\n")
    yard.until_still(yard.visit)
    row = yard.row(2)
    assert row.phase == "failed"
    assert "was not ready within 0 s" in str(row.why)
    assert "503" in str(row.why)
    assert "no database" in str(row.why)
    assert yard.live() == "1.0.0"
    assert yard.running() == ["d1-web-0"]
    assert all("d2" not in routes[0].weights for routes in yard.traffic.applied if routes)
    assert yard.told(row.ref)[-1] == "deploy.failed"


def test_one_that_does_not_stay_up_fails_at_once(yard: Yard) -> None:
    yard.release("1.0.0")
    yard.platform.unready.add("d1")
    yard.until(lambda: bool(yard.platform.instances))
    yard.platform.log_path("d1-web-0").write_text("Traceback: port taken\n")
    yard.platform.fail("d1-web-0", say("It ends."))
    yard.until_still()
    row = yard.row(1)
    assert row.phase == "failed"
    assert "does not stay up" in str(row.why)
    assert "port taken" in str(row.why)


def test_a_release_during_a_rollout_waits_and_only_the_newest_follows(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    yard.release("1.1.0")
    yard.until(lambda: yard.row(2).phase == "canary" if len(yard.all()) > 1 else False)
    yard.release("1.2.0")
    yard.release("1.3.0")
    yard.until(lambda: len(yard.all()) == 4)
    assert [row.phase in MOVING for row in yard.all()].count(True) == 1
    yard.until_still(yard.visit)
    yard.until(lambda: yard.live() == "1.3.0", yard.visit)
    assert yard.phases() == ["replaced", "replaced", "superseded", "live"]
    event = next(entry.event() for entry in yard.thread(yard.row(4).ref) if entry.kind == "deploy.went_live")
    assert isinstance(event, deploy.WentLive)
    assert len(event.commits) == 2, "those of the release that was overtaken come along"


def test_two_releases_at_once_move_one_after_the_other(yard: Yard) -> None:
    yard.release("1.0.0")
    yard.release("1.1.0")
    seen = []

    def look() -> None:
        seen.append(sum(phase in MOVING for phase in yard.phases()))
        yard.visit()

    yard.until(lambda: bool(yard.all()) and yard.phases()[-1] == "live", look)
    assert max(seen) <= 1
    assert yard.live() == "1.1.0"


def test_nobody_visits_so_readiness_must_do(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    yard.release("1.1.0")
    yard.until_still()
    assert yard.live() == "1.1.0"
    row = yard.row(2)
    points = yard.house.read_now(yard.ada, lambda work: deploy.points_of(work, row))
    assert any("Nobody came" in str(point.words) for point in points)


def test_rolling_looks_only_whether_everything_fails(yard: Yard) -> None:
    rolling = SHOP.replace("steps: [10, 50, 100]", "strategy: rolling, steps: [50, 100]")
    go_live(yard, "1.0.0", rolling)
    yard.release("1.1.0", rolling)
    yard.until_still(lambda: yard.visit(failing={"d2": 0.5}))
    assert yard.live() == "1.1.0"
    yard.release("1.2.0", rolling)
    yard.until_still(lambda: yard.visit(failing={"d3": 1.0}))
    assert yard.row(3).phase == "rolled_back"
    assert yard.live() == "1.1.0"


def test_several_services_start_in_order_and_any_bad_one_rolls_all_back(yard: Yard) -> None:
    app = SHOP.replace(
        "services:\n",
        """services:
  api:
    command: [python, api.py]
    depends_on: [store]
    x-dure: {port: PORT, rollout: {steps: [50, 100], step_seconds: 0.1, enough_requests: 20}}
  store:
    command: [python, store.py]
""",
    )
    yard.release("1.0.0", app)
    yard.platform.starting.add("d1-store-0")
    yard.until(lambda: "d1-web-0" in yard.platform.instances)
    assert "d1-api-0" not in yard.platform.instances
    yard.platform.starting.clear()
    yard.until_still()
    assert yard.running() == ["d1-api-0", "d1-store-0", "d1-web-0"]
    assert not yard.platform.instances["d1-store-0"].wants_port
    assert {route.service for route in yard.traffic.routes} == {"api", "web"}
    yard.release("1.1.0", app)

    def visit() -> None:
        yard.visit()
        yard.visit(host="api.production.shop.localhost", failing={"d2": 0.6})

    yard.until_still(visit)
    assert yard.row(2).phase == "rolled_back"
    assert yard.live() == "1.0.0"


def test_hosts_stand_in_the_routes(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    assert [route.host for route in yard.traffic.routes] == [HOST]
