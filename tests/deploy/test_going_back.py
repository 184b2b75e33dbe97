"""Going back: in one step, by hand or by itself, and what it holds off."""

from functools import partial

import pytest

from dure import deploy, people
from dure.deploy import NothingToGoBackTo, NotUnderWay
from dure.deploy.instance import keep
from dure.kit import Forbidden, Refused
from dure.ledger import HOUSE, Work
from dure.people import Role
from tests.deploy.test_rollout import go_live
from tests.deploy.yard import SHOP, TWO_PLACES, Yard


def test_going_back_is_one_change_of_weights_while_the_old_one_is_kept(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    go_live(yard, "1.1.0")
    started = set(yard.platform.instances)
    back = yard.do(deploy.roll_back)
    assert (back.made_for, back.version, back.phase) == ("rollback", "1.0.0", "promoting")
    yard.until_still()
    assert yard.live() == "1.0.0"
    assert yard.phases() == ["replaced", "rolled_back", "live"]
    assert set(yard.platform.instances) == started, "nothing was started anew"
    assert yard.weights() == {"d1": 100}
    assert yard.running() == ["d1-web-0"]
    event = next(entry.event() for entry in yard.thread(yard.row(2).ref) if entry.kind == "deploy.rolled_back")
    assert isinstance(event, deploy.RolledBack)
    assert (event.back_to, event.by_itself) == ("1.0.0", False)
    assert "ada rolled it back" in str(event.why)
    assert "deploy.went_live" not in yard.told(back.ref)


def test_what_is_gone_is_started_anew_and_serves_before_the_bad_one_leaves(yard: Yard) -> None:
    short = SHOP.replace("keep_old_seconds: 60", "keep_old_seconds: 0")
    go_live(yard, "1.0.0", short)
    go_live(yard, "1.1.0", short)
    yard.until(lambda: yard.running() == ["d2-web-0"])
    back = yard.do(deploy.roll_back)
    assert back.phase == "preparing"
    yard.until(lambda: "d3-web-0" in yard.running())
    yard.until_still()
    yard.until(lambda: yard.running() == ["d3-web-0"])
    assert yard.weights() == {"d3": 100}
    assert yard.live() == "1.0.0"
    empty = [routes for routes in yard.traffic.applied if routes and not any(routes[0].upstreams.values())]
    assert len(empty) <= 1, "before the first went live nobody served; after that somebody always did"


def test_a_commit_that_was_left_does_not_come_again_by_itself(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    go_live(yard, "1.1.0")
    yard.do(deploy.roll_back)
    yard.until_still()
    assert yard.place().paused_release_id == yard.row(2).release_id
    yard.do(deploy.begin, "production", "1.1.0")
    yard.until_still(yard.visit)
    assert yard.live() == "1.1.0", "by hand it may"
    yard.do(deploy.roll_back)
    yard.until_still()
    go_live(yard, "1.2.0")
    assert yard.place().paused_release_id is None


def test_going_back_twice_does_not_return_to_what_was_left(yard: Yard) -> None:
    for version in ("1.0.0", "1.1.0", "1.2.0"):
        go_live(yard, version)
    yard.do(deploy.roll_back)
    yard.until_still()
    assert yard.live() == "1.1.0"
    yard.do(deploy.roll_back)
    yard.until_still()
    assert yard.live() == "1.0.0"
    with pytest.raises(NothingToGoBackTo):
        yard.do(deploy.roll_back)


def test_nothing_to_go_back_to_is_said(yard: Yard) -> None:
    with pytest.raises(Refused, match="Nothing runs here yet"):
        yard.do(deploy.roll_back)
    go_live(yard, "1.0.0")
    with pytest.raises(NothingToGoBackTo, match="no other release ran well"):
        yard.do(deploy.roll_back)
    assert yard.live() == "1.0.0"


def test_going_back_during_a_rollout_cancels_it(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    yard.release("1.1.0")
    yard.until(lambda: "canary" in yard.phases(), yard.visit)
    taken = yard.do(deploy.roll_back, by=yard.bob)
    assert taken.number == 2
    yard.until_still(yard.visit)
    assert yard.phases() == ["live", "rolled_back"]
    assert yard.live() == "1.0.0"
    assert yard.weights() == {"d1": 100}
    assert yard.place().paused_release_id == yard.row(2).release_id


def test_one_that_has_no_traffic_yet_is_simply_stopped(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    yard.platform.unready.add("d2")
    yard.release("1.1.0")
    yard.until(lambda: "starting" in yard.phases())
    yard.do(deploy.stop, 2)
    yard.until_still()
    assert yard.phases() == ["live", "cancelled"]
    yard.until(lambda: yard.running() == ["d1-web-0"])
    assert yard.told(yard.row(2).ref)[-1] == "deploy.stopped"
    with pytest.raises(NotUnderWay):
        yard.do(deploy.stop, 2)
    with pytest.raises(NotUnderWay, match="dure rollback"):
        yard.do(deploy.stop, 1)


def test_requests_under_way_are_answered_before_an_instance_is_stopped(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    yard.release("1.1.0")
    yard.until(lambda: "canary" in yard.phases() and "d2" in yard.weights())
    yard.traffic.hold("web.production.shop.localhost", "d2", 1)
    yard.do(deploy.stop, 2)
    yard.until(lambda: yard.weights().get("d2") == 0)
    yard.settle()
    assert "d2-web-0" in yard.running()
    yard.traffic.hold("web.production.shop.localhost", "d2", 0)
    yard.until_still()
    yard.until(lambda: yard.running() == ["d1-web-0"])


def test_a_person_may_let_it_take_over(yard: Yard) -> None:
    slow = SHOP.replace("step_seconds: 0.1", "step_seconds: 600")
    go_live(yard, "1.0.0")
    yard.release("1.1.0", slow)
    yard.until(lambda: "canary" in yard.phases())
    yard.do(deploy.promote, 2, by=yard.bob)
    yard.until_still()
    assert yard.live() == "1.1.0"
    with pytest.raises(NotUnderWay):
        yard.do(deploy.promote, 2)


def test_a_crash_loop_soon_after_going_live_goes_back_by_itself(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    go_live(yard, "1.1.0")
    yard.platform.crash("d2-web-0", times=3)
    yard.until(lambda: yard.live() == "1.0.0")
    yard.until_still()
    row = yard.row(2)
    assert row.phase == "rolled_back"
    assert row.crash_looped_at is not None
    told = yard.thread(row.ref)
    assert [entry.kind for entry in told].count("deploy.crash_looped") == 1
    event = next(entry.event() for entry in told if entry.kind == "deploy.rolled_back")
    assert isinstance(event, deploy.RolledBack)
    assert event.by_itself


def test_a_crash_loop_is_told_once_when_there_is_nothing_to_go_back_to(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    yard.platform.crash("d1-web-0", times=5)
    yard.until(lambda: yard.row(1).crash_looped_at is not None)
    for _ in range(5):
        yard.house.write_now(yard.ada, keep)
        yard.settle()
    assert yard.told(yard.row(1).ref).count("deploy.crash_looped") == 1
    assert yard.live() == "1.0.0"


def test_who_may(yard: Yard) -> None:
    def invite(work: Work) -> people.Caller:
        account = people.make_account(work, handle="carl", name="Carl")
        people.grant(work, yard.project.scope, account.id, Role.GUEST)
        return people.caller_for(account)

    carl = yard.house.write_now(HOUSE, invite)
    go_live(yard, "1.0.0")
    go_live(yard, "1.1.0")
    for verb in (deploy.begin, deploy.roll_back):
        with pytest.raises(Forbidden):
            yard.do(verb, by=carl)
    yard.do(deploy.roll_back, by=yard.bob)
    yard.until_still()
    assert yard.live() == "1.0.0"


def test_production_is_meant_when_nothing_is_said(yard: Yard) -> None:
    app = TWO_PLACES.replace(", deploy: approval", "")
    for version in ("1.0.0", "1.1.0"):
        yard.release(version, app)
        yard.until(partial(both, yard, version))
        yard.settle()
    back = yard.do(deploy.roll_back)
    yard.until_still()
    assert yard.live() == "1.0.0"
    assert yard.live("staging") == "1.1.0"
    assert back.environment_id == yard.place().id


def both(yard: Yard, version: str) -> bool:
    return yard.live("staging") == version and yard.live() == version
