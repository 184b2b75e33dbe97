"""Who waits for what: a yes, the environment before, a broken file; and what happens once a fix serves people."""

from collections.abc import Callable

import pytest
from sqlalchemy import insert

from dure import code, deploy, people, plan
from dure.code.commit import CodeFix
from dure.deploy import NothingToApprove, NothingToDeploy, NotYet
from dure.kit import Forbidden, Missing
from dure.ledger import HOUSE, Work
from dure.people import Role
from dure.release import release_with
from tests.deploy.test_rollout import go_live
from tests.deploy.yard import SHOP, TWO_PLACES, Yard


def test_staging_first_and_production_after_a_yes(yard: Yard) -> None:
    yard.release("1.0.0", TWO_PLACES)
    yard.until(lambda: yard.live("staging") == "1.0.0")
    yard.settle()
    row = yard.row(2)
    assert (row.phase, row.needs_approval, str(row.why)) == ("waiting", True, "It waits until somebody approves it.")
    assert yard.told(row.ref) == ["deploy.begun", "deploy.approval_asked"]
    with pytest.raises(Forbidden, match="maintainer"):
        yard.do(deploy.approve, 2, by=yard.bob)
    yard.do(deploy.approve, 2)
    yard.do(deploy.approve, 2)
    yard.until_still()
    assert yard.live() == "1.0.0"
    assert yard.told(row.ref).count("deploy.approved") == 1
    given = yard.house.read_now(HOUSE, lambda work: deploy.approval_of(work, row))
    assert given is not None
    assert given.by_name == "ada"
    with pytest.raises(NothingToApprove):
        yard.do(deploy.approve, 1)


def test_a_developer_ships_but_somebody_else_says_yes(yard: Yard) -> None:
    yard.release("1.0.0", TWO_PLACES)
    yard.until(lambda: yard.live("staging") == "1.0.0")
    yard.settle()
    assert "until somebody approves it" in str(yard.row(2).why)
    assert yard.do(deploy.begin, "production", by=yard.bob).number == 3
    assert yard.row(2).why is None, "who is overtaken waits for nobody's yes"
    yard.settle()
    assert yard.phases() == ["live", "superseded", "waiting"], "the newest that waits wins"
    yard.do(deploy.approve, 3)
    yard.until_still()
    assert yard.live() == "1.0.0"


def test_whoever_may_say_yes_and_ships_has_said_it(yard: Yard) -> None:
    yard.release("1.0.0", TWO_PLACES)
    yard.until(lambda: yard.live("staging") == "1.0.0")
    yard.do(deploy.begin, "production")
    yard.until_still()
    assert yard.live() == "1.0.0"


def test_a_newer_release_overtakes_one_that_waits_for_a_yes(yard: Yard) -> None:
    for version in ("1.0.0", "1.1.0"):
        yard.release(version, TWO_PLACES)
        yard.until(lambda version=version: yard.live("staging") == version, lambda: None)  # type: ignore[misc]
        yard.settle()
    assert yard.phases() == ["replaced", "superseded", "live", "waiting"]
    assert yard.told(yard.row(2).ref)[-1] == "deploy.stopped"


def test_what_was_never_live_before_is_not_shipped_behind_it(yard: Yard) -> None:
    yard.release("1.0.0", TWO_PLACES, told=False)
    with pytest.raises(NotYet, match=r"1\.0\.0 has not been live in staging yet"):
        yard.do(deploy.begin, "production")
    yard.do(deploy.begin)
    ahead = yard.do(deploy.begin, "production")
    yard.settle()
    assert yard.live("staging") == "1.0.0"
    yard.until_still()
    assert yard.live() == "1.0.0"
    assert ahead.number == 2


def test_what_fails_before_fails_behind(yard: Yard) -> None:
    yard.release(
        "1.0.0", TWO_PLACES.replace("stop_grace_period: 2s", "healthcheck: {interval: 50ms, retries: 2}"), told=False
    )
    yard.platform.unready.add("d1")
    yard.do(deploy.begin)
    yard.do(deploy.begin, "production")
    yard.until_still()
    assert yard.phases() == ["failed", "failed"]
    assert "did not go live in staging" in str(yard.row(2).why)


def test_a_broken_file_is_told_by_line_and_nothing_is_touched(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    yard.release("1.1.0", SHOP.replace("command: python app.py", "image: nginx"))
    yard.until_still()
    row = yard.row(2)
    assert row.phase == "failed"
    assert "compose.yaml, line 4, column 5" in str(row.why)
    assert "`image` needs a container engine" in str(row.why)
    assert yard.live() == "1.0.0"
    with pytest.raises(NothingToDeploy, match="needs a container engine"):
        yard.do(deploy.begin)
    yard.release("1.2.0")
    yard.until_still(yard.visit)
    assert yard.live() == "1.2.0"


def test_nothing_to_deploy_is_said(yard: Yard) -> None:
    with pytest.raises(NothingToDeploy, match="There is no release"):
        yard.do(deploy.begin)
    yard.release("1.0.0", told=False)
    with pytest.raises(Missing, match="no environment moon"):
        yard.do(deploy.begin, "moon")
    with pytest.raises(Missing):
        yard.do(deploy.begin, None, "9.9.9")


def test_a_release_without_an_app_file_goes_nowhere(yard: Yard) -> None:
    yard.release("1.0.0", "")
    yard.settle()
    assert yard.all() == [] or yard.phases() == ["failed"]


def test_an_environment_that_is_named_no_more_keeps_what_runs(yard: Yard) -> None:
    yard.release("1.0.0", TWO_PLACES.replace(", deploy: approval", ""))
    yard.until(lambda: yard.live() == "1.0.0")
    yard.settle()
    yard.release("1.1.0", SHOP)
    yard.until(lambda: yard.live() == "1.1.0")
    yard.settle()
    assert yard.live("staging") == "1.0.0"
    assert not yard.place("staging").is_named


def test_an_issue_is_closed_where_its_fix_serves_people(yard: Yard) -> None:
    issue = yard.do(plan.open_issue, title="The price is wrong")
    other = yard.do(plan.open_issue, title="Another")
    release_id = yard.release("1.0.0", TWO_PLACES, told=False)
    sha = yard.house.read_now(HOUSE, lambda work: deploy_sha(work, release_id))
    fix = {"project_id": yard.project.id, "sha": sha, "number": issue.number}

    def note(work: Work) -> None:
        work.session.execute(insert(CodeFix), [fix, fix | {"number": 99}])

    yard.house.write_now(HOUSE, note)
    yard.do(deploy.begin)
    yard.until(lambda: yard.live("staging") == "1.0.0")
    yard.settle()
    assert find(yard, issue.number).is_open, "staging is not where people are"
    yard.do(deploy.approve, 2)
    yard.until(lambda: yard.live() == "1.0.0")
    yard.settle()
    assert not find(yard, issue.number).is_open
    assert find(yard, other.number).is_open
    said = [entry for entry in yard.thread(issue.ref) if entry.kind == "plan.commented"]
    assert len(said) == 1
    assert said[0].actor_name == "dure"


def deploy_sha(work: Work, release_id: int) -> str:
    return release_with(work, release_id).sha


def find(yard: Yard, number: int) -> plan.Issue:
    return yard.house.read_now(HOUSE, lambda work: plan.find_issue(work, yard.project, number))


def test_a_name_that_belongs_to_another_project_is_not_taken(yard: Yard) -> None:
    go_live(yard, "1.0.0")
    before = yard.project
    yard.project = yard.house.write_now(HOUSE, lambda work: plan.make_project(work, owner="village", name="shop"))
    yard.house.write_now(HOUSE, lambda work: code.create_repository(work, yard.project))
    yard.release("2.0.0")
    yard.until_still()
    assert yard.phases() == ["live", "failed"]
    assert "web.production.shop.localhost belongs to another project" in str(yard.all()[1].why)
    yard.project = before
    assert yard.weights() == {"d1": 100}


def test_a_guest_may_look_only(yard: Yard) -> None:
    go_live(yard, "1.0.0")

    def invite(work: Work) -> people.Caller:
        account = people.make_account(work, handle="gus", name="Gus")
        people.grant(work, yard.project.scope, account.id, Role.GUEST)
        return people.caller_for(account)

    gus = yard.house.write_now(HOUSE, invite)
    assert yard.do(deploy.find_deployment, 1, by=gus).version == "1.0.0"
    acts: list[tuple[Callable[..., object], tuple[int, ...]]] = [(deploy.begin, ()), (deploy.roll_back, ())]
    acts += [(deploy.stop, (1,)), (deploy.approve, (1,)), (deploy.promote, (1,))]
    for verb, words in acts:
        with pytest.raises(Forbidden):
            yard.do(verb, *words, by=gus)
