"""Variables and secrets of environments, and what waits for a yes."""

import pytest

from dure import people
from dure.build import (
    approve_run,
    environment_link,
    let_job_go,
    put_project_secret,
    put_variable,
    refuse_job,
    remove_variable,
    rerun,
    run_of,
    settle_job_environment,
    variables_of,
    want_approval,
)
from dure.build.outsiders import say_outsiders
from dure.build.planning import Cause, Reading, start_runs
from dure.build.run import Job, NothingToApprove, jobs_named
from dure.build.runners import Holding, identity_of
from dure.kit import Forbidden, Invalid
from dure.ledger import HOUSE, Work
from dure.people import Caller
from dure.wire.runner import Ended, JobResult
from dure.workflow import parse_workflow
from tests.build.test_repeat import wait_until
from tests.build.wired import AT, NOBODY, URL, Yard
from tests.plan.visitor import Visitor

DEPLOY = """
on: push
jobs:
  build: {runs-on: "${{ vars.SYSTEM }}", steps: [{run: "echo ${{ secrets.KEY }} ${{ vars.WHERE }}"}]}
  deploy:
    runs-on: ubuntu-latest
    environment: Production
    steps: [{run: "echo ${{ secrets.KEY }} ${{ vars.WHERE }}"}]
  after: {needs: deploy, runs-on: ubuntu-latest, steps: [{run: x}]}
"""


def variable(yard: Yard, name: str, value: str, environment: str = "") -> None:
    yard.write(lambda work: put_variable(work, yard.project, name, value, environment))


def job(work: Work, yard: Yard, name: str) -> Job:
    return jobs_named(work, run_of(work, yard.project, 1), [name])[0]


def test_what_an_environment_keeps_stands_in_the_place_of_what_the_project_keeps(yard: Yard) -> None:
    variable(yard, "SYSTEM", "ubuntu-latest")
    variable(yard, "WHERE", "nowhere")
    variable(yard, "WHERE", "there", "production")
    yard.write(lambda work: put_project_secret(work, yard.keys, yard.project, "KEY", "for everybody"))
    yard.write(lambda work: put_project_secret(work, yard.keys, yard.project, "KEY", "for production", "PRODUCTION"))
    yard.workflow(DEPLOY)
    order = yard.take()
    assert (order.name, order.secrets, order.contexts["vars"]["WHERE"]) == (
        "build",
        {"KEY": "for everybody"},
        "nowhere",
    )
    order = yard.take()
    assert (order.secrets, order.contexts["vars"]["WHERE"]) == ({"KEY": "for production"}, "there")


def test_names_and_values_of_variables(yard: Yard) -> None:
    for name in ("", "1A", "GITHUB_X", "A B", "ü"):
        with pytest.raises(Invalid):
            variable(yard, name, "1")
    with pytest.raises(Invalid):
        variable(yard, "A", "x" * 48_001)
    variable(yard, "A", "1")
    variable(yard, "a", "2")
    found = yard.read(lambda work: variables_of(work, yard.project))
    assert [(each.name, each.value) for each in found] == [("A", "2")]
    yard.write(lambda work: remove_variable(work, yard.project, "A"))
    assert not yard.read(lambda work: variables_of(work, yard.project))


def test_a_job_waits_for_the_yes_of_its_environment(yard: Yard) -> None:
    variable(yard, "SYSTEM", "ubuntu-latest")
    yard.write(lambda work: settle_job_environment(work, yard.project, "production", needs_approval=True))
    yard.workflow(DEPLOY)
    assert yard.states() == {"build": "queued", "deploy": "held", "after": "waiting"}
    assert str(yard.jobs()["deploy"].reason) == "Approval wanted (Production)"
    yard.do_all()
    assert yard.run().state == "running"

    def go(work: Work) -> None:
        let_job_go(work, run_of(work, yard.project, 1), job(work, yard, "deploy"))

    developer = someone(yard, "dev", people.Role.DEVELOPER)
    with pytest.raises(Forbidden):
        yard.house.write_now(developer, go)
    yard.write(go)
    with pytest.raises(NothingToApprove):
        yard.write(go)
    assert yard.do_all() == ["deploy", "after"]
    assert yard.run().state == "success"


def test_a_no_is_a_failure_and_developers_may_be_enough(yard: Yard) -> None:
    variable(yard, "SYSTEM", "ubuntu-latest")
    yard.write(lambda work: want_approval(work, yard.project, "production", "developer"))
    yard.workflow(DEPLOY)
    developer = someone(yard, "dev", people.Role.DEVELOPER)

    def no(work: Work) -> None:
        refuse_job(work, run_of(work, yard.project, 1), job(work, yard, "deploy"))

    yard.house.write_now(developer, no)
    assert yard.states() == {"build": "queued", "deploy": "failure", "after": "skipped"}
    assert str(yard.jobs()["deploy"].reason) == "dev said no."


def someone(yard: Yard, handle: str, role: people.Role | None) -> Caller:
    def make(work: Work) -> Caller:
        person = people.make_account(work, handle=handle, name=handle, admin=False)
        if role is not None:
            people.grant(work, yard.project.scope, person.id, role)
        return people.caller_for(person)

    return yard.house.write_now(HOUSE, make)


def begin(yard: Yard, caller: Caller, event: str) -> None:
    sha = yard.push({"x": event})
    workflow = parse_workflow(DEPLOY.replace("on: push", f"on: {event}"), "ci.yml")
    cause = Cause(event, sha, "refs/heads/main", caller.ref, caller.name, "", URL, 90)
    yard.house.write_now(HOUSE, lambda work: start_runs(work, yard.project, cause, [Reading("ci.yml", workflow)]))


def test_the_change_of_an_outsider_waits_for_a_developer(yard: Yard) -> None:
    variable(yard, "SYSTEM", "ubuntu-latest")
    stranger, developer = someone(yard, "eve", None), someone(yard, "dev", people.Role.DEVELOPER)
    begin(yard, stranger, "pull_request")
    begin(yard, stranger, "issues")
    begin(yard, developer, "pull_request")
    assert [run.held for run in yard.runs()] == [True, False, False]
    assert "eve may not push here" in str(yard.run(1).reason)
    assert yard.states(1)["build"] == "waiting"
    yard.house.write_now(developer, lambda work: approve_run(work, run_of(work, yard.project, 1)))
    assert yard.states(1)["build"] == "queued"

    yard.write(lambda work: say_outsiders(work, yard.project, "never"))
    begin(yard, stranger, "pull_request")
    assert not yard.run(4).held
    with pytest.raises(NothingToApprove):
        yard.write(lambda work: approve_run(work, run_of(work, yard.project, 4)))


def test_over_http(yard: Yard, ada: Visitor) -> None:
    here = "/projects/ada/shop"
    assert ada.api("PUT", f"{here}/variables/SYSTEM", {"value": "ubuntu-latest"}).json["value"] == "ubuntu-latest"
    assert ada.api("PUT", f"{here}/variables/WHERE?environment=Production", {"value": "x"}).status == 200
    assert ada.api("PUT", f"{here}/variables/1", {"value": "x"}).status == 422
    assert [each["name"] for each in ada.api("GET", f"{here}/variables").json["variables"]] == ["SYSTEM"]
    assert ada.api("PUT", f"{here}/secrets/KEY?environment=production", {"value": "for production"}).status == 200
    assert ada.api("GET", f"{here}/secrets").json["secrets"] == []
    rule = ada.api("PUT", f"{here}/job-environments/production", {"approvers": "maintainer"})
    assert rule.json == {"name": "production", "approvers": "maintainer"}
    assert ada.api("GET", f"{here}/job-environments").json["environments"] == [rule.json]
    yard.workflow(DEPLOY)
    wait_until(lambda: bool(yard.runs()))
    assert ada.api("POST", f"{here}/runs/1/approvals", {}).status == 409
    assert ada.api("POST", f"{here}/runs/1/approvals", {"job": "deploy"}).status == 201
    assert yard.states()["deploy"] == "queued"
    assert ada.api("PUT", f"{here}/outsiders", {"rule": "all"}).json == {"rule": "all"}
    assert ada.api("GET", f"{here}/outsiders").json == {"rule": "all"}
    assert ada.api("PUT", "/outsiders", {"rule": "nonsense"}).status == 422
    assert ada.api("DELETE", f"{here}/variables/WHERE?environment=production").status == 204
    assert ada.api("DELETE", f"{here}/secrets/KEY?environment=production").status == 204


CHOSEN = """
on: push
permissions: {id-token: write}
jobs:
  pick:
    runs-on: ubuntu-latest
    outputs: {where: "${{ steps.x.outputs.where }}"}
    steps: [{run: x, id: x}]
  ship:
    needs: pick
    runs-on: ubuntu-latest
    environment: ${{ needs.pick.outputs.where || 'production' }}
    steps: [{run: x}]
"""


def test_a_job_is_nobody_but_who_was_let_go(yard: Yard) -> None:
    """What others are told of its environment is the one whose yes was asked for, not worked out once more."""
    yard.write(lambda work: want_approval(work, yard.project, "production", "owner"))
    yard.workflow(CHOSEN)
    yard.end(yard.take(), outputs={"where": "staging"})
    order = yard.take()
    held = Holding(yard.runner(), order.job_id, order.attempt)
    claims = yard.house.read_now(NOBODY, lambda work: identity_of(work, held, "", URL))
    assert (claims.subject, claims.words["environment"]) == ("repo:ada/shop:environment:staging", "staging")


PUT_UP = """
on: push
jobs:
  ship:
    runs-on: ubuntu-latest
    environment: {name: Production, url: "${{ steps.x.outputs.url }}"}
    steps: [{run: x, id: x}]
"""


def test_where_it_is_to_be_seen_is_shown_and_leads_nowhere_else(yard: Yard, ada: Visitor) -> None:
    def link() -> str:
        return yard.read(lambda work: environment_link(work, yard.project, "production"))

    def ended(url: str, conclusion: JobResult = "success") -> None:
        order = yard.take()
        assert order.environment_url == "${{ steps.x.outputs.url }}"
        yard.tell(order, Ended(conclusion=conclusion, outputs={}, at=AT, environment_url=url))

    yard.workflow(PUT_UP)
    wait_until(lambda: bool(yard.runs()))
    ended("https://shop.example.org/?a=1&b=2")
    shown = 'href="https://shop.example.org/?a=1&amp;b=2" rel="noopener noreferrer nofollow"'
    run = ada.api("GET", "/projects/ada/shop/runs/1").json
    assert [(each["environment"], each["environment_url"]) for each in run["jobs"]] == [
        ("Production", "https://shop.example.org/?a=1&b=2")
    ]
    for page in ("/ada/shop/runs/1", f"/ada/shop/runs/1/jobs/{run['jobs'][0]['id']}"):
        assert shown in ada.get(page).text
    assert link() == "https://shop.example.org/?a=1&b=2"

    yard.write(lambda work: rerun(work, run_of(work, yard.project, 1)))
    assert "shop.example.org" not in ada.get("/ada/shop/runs/1").text
    ended("javascript:alert(1)")
    assert yard.jobs()["ship"].environment_url == ""
    yard.workflow(PUT_UP)
    wait_until(lambda: len(yard.runs()) == 2)
    ended("http://new.example.org", "failure")
    assert "http://new.example.org" in ada.get("/ada/shop/runs/2").text
    assert link() == ""
