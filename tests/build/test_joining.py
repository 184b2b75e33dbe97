"""How runners get in, what each may take, and how they get out again."""

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from dure import plan
from dure.build.runners import (
    Board,
    Invitation,
    Runner,
    drain,
    end_ephemeral,
    end_runner,
    invite,
    known_runner,
    outlook,
    resume,
)
from dure.kit import Forbidden, Missing, digest, now
from dure.ledger import HOUSE, Work
from dure.people import Caller, NewMember, caller_for, make_account
from dure.wire import JobOrder
from tests.build.agent import Agent
from tests.build.wired import Yard
from tests.plan.visitor import Answer, Visitor

ONE = "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps: [{run: make}]\n"
CARD = {"tier": "none", "isolation": "", "capacity": 2, "version": "1"}
ENDED = {"what": "ended", "conclusion": "success", "outputs": {}, "at": "2026-11-21T10:00:00+00:00"}


@dataclass
class Newcomer(Agent):
    """A runner that joins over HTTP."""

    token: str = ""

    def joins(self, invitation: str, name: str = "far") -> Answer:
        self.token = self.token or f"dure_run_{digest(name)}"
        self.headers = {"Authorization": f"Bearer {invitation}", "Content-Type": "application/json"}
        answer = self.say("/join", {"name": name, "token": self.token})
        self.headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return answer

    def registers(self, *labels: str) -> Any:
        answer = self.say("/register", {**CARD, "name": "x", "labels": labels or ["ubuntu-latest"]})
        assert answer.status == 200, answer.text
        return answer.json


def invitation(yard: Yard, **words: Any) -> str:
    return yard.house.write_now(HOUSE, lambda work: invite(work, **words).secret)


def runner_named(yard: Yard, name: str) -> Runner:
    def find(work: Work) -> Runner:
        return work.session.query(Runner).filter(Runner.name == name).order_by(Runner.id.desc()).limit(1).one()

    return yard.house.read_now(HOUSE, find)


def test_a_runner_joins_and_works(yard: Yard, site: str) -> None:
    yard.workflow(ONE)
    newcomer = Newcomer(site)
    assert newcomer.joins(invitation(yard, labels=["GPU"])).json == {
        "name": "far",
        "labels": ["gpu"],
        "ephemeral": False,
        "project": "",
    }
    newcomer.registers("ubuntu-latest", "gpu")
    order = newcomer.take()
    assert newcomer.report(order, ENDED).status == 200
    assert yard.run().state == "success"


def test_joining_twice_is_joining_once_and_a_token_is_used_up(yard: Yard, site: str) -> None:
    secret = invitation(yard)
    newcomer = Newcomer(site)
    first, second = newcomer.joins(secret), newcomer.joins(secret)
    assert (first.status, first.json) == (second.status, second.json) == (200, first.json)
    assert Newcomer(site).joins(secret, "another").status == 401
    assert Newcomer(site).joins("dure_join_made-up", "another").status == 401
    assert Newcomer(site).joins("dure_run_made-up", "another").status == 401


def test_an_old_token_lets_nobody_in(yard: Yard, site: str) -> None:
    secret = invitation(yard)
    old = update(Invitation).values(expires_at=now() - timedelta(seconds=1))
    yard.house.write_now(HOUSE, lambda work: work.session.execute(old))
    assert Newcomer(site).joins(secret).status == 401


def test_of_many_that_come_with_the_last_use_one_gets_in(yard: Yard, site: str) -> None:
    secret = invitation(yard, uses=2)
    statuses: list[int] = []

    def come(number: int) -> None:
        statuses.append(Newcomer(site).joins(secret, f"runner {number}").status)

    threads = [threading.Thread(target=come, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [200] * 2 + [401] * 6


def test_names_that_are_taken_or_no_names(yard: Yard, site: str) -> None:
    yard.runner("far")
    assert Newcomer(site).joins(invitation(yard)).status == 422
    assert Newcomer(site, token=f"dure_run_{'a' * 43}").joins(invitation(yard), "../up").status == 422
    made = Newcomer(site).joins(invitation(yard, ephemeral=True))
    assert made.status == 200
    assert made.json["name"].startswith("far-")


def test_a_runner_of_one_project_takes_no_other_jobs(yard: Yard, site: str) -> None:
    other = yard.write(lambda work: plan.make_project(work, owner="ada", name="other", title=""))
    yard.workflow(ONE)
    stranger, friend = Newcomer(site), Newcomer(site)
    stranger.joins(invitation(yard, project=other), "stranger")
    friend.joins(invitation(yard, project=yard.project), "friend")
    stranger.registers()
    friend.registers()
    assert stranger.claim(0.2) is None
    assert friend.claim() is not None


def test_an_ephemeral_runner_takes_one_job_and_is_gone(yard: Yard, site: str) -> None:
    yard.workflow(ONE + ONE.partition("jobs:\n")[2].replace("build", "another"))
    newcomer = Newcomer(site)
    newcomer.joins(invitation(yard, ephemeral=True))
    newcomer.registers()
    order = newcomer.claim()
    assert order is not None
    assert newcomer.claim(0.2) is None
    assert newcomer.about(order, "taken", {"attempt": 1}).status == 200
    assert newcomer.say("/claims", {"wait_seconds": 5}).status == 205
    assert newcomer.report(order, ENDED).status == 200
    assert newcomer.say("/leave", {}).status == 204
    assert newcomer.say("/claims", {"wait_seconds": 5}).status == 410
    assert newcomer.say("/leave", {}).status == 410
    assert runner_named(yard, "far").ended_at is not None
    assert sorted(yard.states().values()) == ["queued", "success"]


def test_an_ephemeral_runner_that_says_no_good_bye_is_cleared_away(yard: Yard, site: str) -> None:
    yard.workflow(ONE)
    newcomer = Newcomer(site)
    newcomer.joins(invitation(yard, ephemeral=True))
    newcomer.registers()
    order = newcomer.take()
    long_ago = update(Runner).values(spent_at=now() - timedelta(hours=1))
    yard.house.write_now(HOUSE, lambda work: work.session.execute(long_ago))
    yard.house.write_now(HOUSE, end_ephemeral)
    assert runner_named(yard, "far").ended_at is None, "it has its job still"
    newcomer.report(order, ENDED)
    yard.house.write_now(HOUSE, end_ephemeral)
    assert runner_named(yard, "far").ended_at is not None


def test_a_drained_runner_gets_nothing_until_it_is_let_again(yard: Yard) -> None:
    runner_id = yard.runner()
    yard.write(lambda work: drain(work, "one"))
    yard.workflow(ONE)
    assert yard.claim() is None
    assert not yard.house.read_now(HOUSE, lambda work: outlook(work, runner_id, Board())).ever
    yard.write(lambda work: resume(work, "one"))
    assert yard.claim() is not None


def test_a_waiting_runner_hears_at_once_that_it_is_drained(yard: Yard, agent: Agent) -> None:
    answers: list[Answer] = []
    waiting = threading.Thread(target=lambda: answers.append(agent.say("/claims", {"wait_seconds": 20})))
    waiting.start()
    waiting.join(0.3)
    yard.write(lambda work: drain(work, "local"))
    waiting.join(5)
    assert [answer.status for answer in answers] == [205]


def test_who_waits_in_the_name_of_a_runner_that_began_anew_is_sent_away(agent: Agent) -> None:
    answers: list[Answer] = []
    waiting = threading.Thread(target=lambda: answers.append(agent.say("/claims", {"wait_seconds": 20})))
    waiting.start()
    waiting.join(0.5)
    assert agent.say("/register", {**CARD, "name": "x", "labels": ["ubuntu-latest"]}).status == 200
    waiting.join(10)
    assert [answer.status for answer in answers] == [204]


def test_who_may_manage_runners(yard: Yard, site: str) -> None:
    sora = caller_for(yard.house.write_now(HOUSE, lambda work: make_account(work, handle="sora", name="Sora")))
    yard.runner()
    for verb in (drain, resume, end_runner):
        with pytest.raises(Forbidden):
            yard.house.write_now(sora, lambda work, verb=verb: verb(work, "one"))  # type: ignore[misc]
    with pytest.raises(Forbidden):
        yard.house.write_now(sora, invite)
    with pytest.raises(Missing):
        yard.house.write_now(sora, lambda work: invite(work, yard.project))
    join_as_maintainer(yard, site, sora)


def join_as_maintainer(yard: Yard, site: str, sora: Caller) -> None:
    member = NewMember(handle="sora", role="maintainer")
    yard.write(lambda work: plan.add_member(work, yard.project, member))
    secret = yard.house.write_now(sora, lambda work: invite(work, yard.project).secret)
    Newcomer(site).joins(secret, "theirs")
    yard.house.write_now(sora, lambda work: drain(work, "theirs"))
    yard.house.write_now(sora, lambda work: end_runner(work, "theirs"))


def test_the_api_tells_of_runners(yard: Yard, ada: Visitor, agent: Agent) -> None:
    yard.workflow(ONE)
    order: JobOrder = agent.take()
    made = ada.api("POST", "/runners/invitations", {"project": "ada/shop", "labels": ["gpu"]})
    assert made.status == 201, made.text
    assert made.json["token"].startswith("dure_join_")
    found = ada.get("/api/v1/runners").json["runners"]
    assert [(one["name"], one["busy"], one["drained"]) for one in found] == [("local", 1, False)]
    assert [one["name"] for one in found[0]["jobs"]] == [order.name]
    assert ada.api("POST", "/runners/local/drains").status == 204
    assert ada.get("/api/v1/runners?project=ada/shop").json["runners"][0]["drained_by"] == "ada"
    assert ada.api("DELETE", "/runners/local/drains").status == 204
    assert ada.api("DELETE", "/runners/local").status == 204
    assert agent.say("/claims", {"wait_seconds": 1}).status == 410


def test_an_ended_name_is_free_again(yard: Yard, site: str) -> None:
    first = Newcomer(site, token=f"dure_run_{'a' * 43}")
    first.joins(invitation(yard))
    yard.write(lambda work: end_runner(work, "far"))
    second = Newcomer(site, token=f"dure_run_{'b' * 43}")
    assert second.joins(invitation(yard)).status == 200
    assert yard.house.read_now(HOUSE, lambda work: known_runner(work, second.token)).name == "far"
