"""Everything that happens begins the workflows that name it, on the right commit, and says why it does not."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from dure import build, plan
from dure.build import Happened
from dure.build.planning import Planning, dispatch, forget_plannings, verdicts_of
from dure.kit import Forbidden, Invalid, now
from dure.ledger import HOUSE, Actor, Work
from dure.people import Caller, Role
from tests.build.wired import Yard

JOBS = "jobs: {a: {runs-on: ubuntu-latest, steps: [{run: a}]}}\n"
BY_JOB = Actor("job:1", "a")


def flow(on: str) -> str:
    return f"on: {on}\n{JOBS}"


def github(yard: Yard, number: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = yard.run(number).known()["github"]
    return found


def happened(yard: Yard, name: str, key: str = "x", **words: Any) -> None:
    yard.write(lambda work: build.raise_event(work, yard.project, Happened(name=name, key=key, **words)))
    yard.carry_on()


def begun(yard: Yard) -> list[tuple[str, str]]:
    return [(run.event, github(yard, run.number)["event"].get("action", "")) for run in yard.runs()]


def why(yard: Yard, sha: str, event: str) -> list[str]:
    found = yard.read(lambda work: verdicts_of(work, yard.project, sha))
    return [str(each.why) for planning in found if planning.name == event for each in planning.judged]


def test_an_event_begins_at_the_last_commit_of_the_default_branch(yard: Yard) -> None:
    sha = yard.workflow(flow("{release: {types: [published]}}"))
    yard.push({"other.txt": "x"}, branch="side")

    happened(yard, "release", "1", type="created")
    assert yard.runs() == []
    assert why(yard, sha, "release") == ["`types` of release does not name created."]

    happened(yard, "release", "2", type="published", payload={"release": {"tag_name": "v1", "html_url": "/x/y"}})
    (run,) = yard.runs()
    assert (run.event, run.sha, run.ref) == ("release", sha, "refs/heads/main")
    event = github(yard)["event"]
    assert event["action"] == "published"
    assert event["release"] == {"tag_name": "v1", "html_url": "http://127.0.0.1:8400/x/y"}
    assert (event["repository"]["full_name"], event["repository"]["default_branch"]) == ("ada/shop", "main")
    assert event["sender"]["login"] == "ada"


def test_an_event_names_its_own_commit(yard: Yard) -> None:
    first = yard.workflow(flow("release"))
    yard.push({"a": "b"})

    happened(yard, "release", ref="refs/tags/v1", sha=first, type="published")
    assert (yard.run().sha, yard.run().ref, github(yard)["ref_type"]) == (first, "refs/tags/v1", "tag")


def test_told_twice_it_is_planned_once(yard: Yard) -> None:
    yard.workflow(flow("release"))

    for _ in range(2):
        happened(yard, "release", "same")
    assert len(yard.runs()) == 1


def test_what_nobody_listens_to_is_not_planned(yard: Yard) -> None:
    sha = yard.workflow(flow("push"))

    happened(yard, "release")
    assert [each.name for each in yard.read(lambda work: verdicts_of(work, yard.project, sha))] == ["push"]


def test_why_a_push_began_nothing_can_be_asked(yard: Yard) -> None:
    sha = yard.push({".github/workflows/a.yml": flow("{push: {branches: [other]}}")})

    assert why(yard, sha[:8], "push") == ["No pattern in `branches` takes main."]
    (planning,) = yard.read(lambda work: verdicts_of(work, yard.project, sha))
    assert (planning.judged[0].begins, planning.judged[0].run, planning.is_over) == (False, None, True)


def test_a_verdict_names_the_run_that_began(yard: Yard) -> None:
    files = {f".github/workflows/{name}.yml": f"name: {name}\n{flow(on)}" for name, on in (("a", "push"), ("b", "x"))}
    sha = yard.push({**files, ".github/workflows/b.yml": f"name: b\n{flow('release')}"})

    (planning,) = yard.read(lambda work: verdicts_of(work, yard.project, sha))
    assert [(each.name, each.begins, each.run) for each in planning.judged] == [("a", True, 1), ("b", False, None)]


def test_what_a_job_causes_begins_only_what_is_dispatched(yard: Yard) -> None:
    sha = yard.workflow(flow("[release, repository_dispatch, push]"))
    assert len(yard.runs()) == 1
    events = [Happened(name=name, key=name, sha=sha, ref="refs/heads/main") for name in ("release", "push")]

    for event in events:
        yard.write(partial(build.raise_event, project=yard.project, happened=event, by=BY_JOB))
    yard.carry_on()
    assert len(yard.runs()) == 1
    latest = yard.read(lambda work: verdicts_of(work, yard.project, sha))[0]
    assert (latest.name, latest.is_over) == ("push", True)
    assert str(latest.reason) == "A job caused it with its own token, and that begins no workflows."

    asked = Happened(name="repository_dispatch", key="d", type="go")
    yard.write(lambda work: build.raise_event(work, yard.project, asked, by=BY_JOB))
    yard.carry_on()
    assert [run.event for run in yard.runs()] == ["push", "repository_dispatch"]


def test_a_dispatch_brings_its_words(yard: Yard) -> None:
    yard.workflow(flow("{repository_dispatch: {types: [deploy]}}"))

    for kind in ("other", "deploy"):
        told = {"to": [1, {"x": "\0y"}]}
        yard.write(partial(dispatch, project=yard.project, event_type=kind, client_payload=told))
    yard.carry_on()
    (run,) = yard.runs()
    event = github(yard)["event"]
    assert (run.event, event["action"], event["client_payload"]) == (
        "repository_dispatch",
        "deploy",
        {"to": [1, {"x": "y"}]},
    )


def test_a_dispatch_too_large_is_refused(yard: Yard) -> None:
    yard.workflow(flow("repository_dispatch"))

    too_many: dict[str, Any] = {str(number): 1 for number in range(11)}
    for kind, words in (("", {}), ("x" * 101, {}), ("x", too_many)):
        with pytest.raises(Invalid):
            yard.write(partial(dispatch, project=yard.project, event_type=kind, client_payload=words))


def test_a_dispatch_takes_a_developer(yard: Yard) -> None:
    yard.workflow(flow("repository_dispatch"))
    reporter = Caller(
        "project_token:1",
        "bot",
        token_scopes=frozenset({"read", "write"}),
        token_project=yard.project.scope,
        token_role=Role.REPORTER,
    )

    with pytest.raises(Forbidden):
        yard.house.write_now(reporter, lambda work: dispatch(work, yard.project, "x", {}))


def test_an_issue_and_what_becomes_of_it(yard: Yard) -> None:
    yard.workflow(flow("[issues, issue_comment]"))
    project = yard.project

    def all_of_it(work: Any) -> None:
        plan.make_label(work, project, name="bug")
        plan.make_milestone(work, project, title="One")
        issue = plan.open_issue(work, project, title="It breaks", body="Badly")
        plan.set_labels(work, project, issue, ["bug"])
        plan.assign(work, project, issue, ["ada"])
        plan.set_milestone(work, project, issue, "One")
        plan.edit_issue(work, project, issue, title="It broke")
        plan.comment(work, project, issue, "Indeed")
        plan.close_issue(work, project, issue, reason="not planned")
        plan.reopen_issue(work, project, issue)
        plan.set_labels(work, project, issue, [])

    yard.write(all_of_it)
    yard.carry_on()
    assert begun(yard) == [
        ("issues", "opened"),
        ("issues", "labeled"),
        ("issues", "assigned"),
        ("issues", "milestoned"),
        ("issues", "edited"),
        ("issue_comment", "created"),
        ("issues", "closed"),
        ("issues", "reopened"),
        ("issues", "unlabeled"),
    ]
    told = [github(yard, number)["event"] for number in range(1, 10)]
    assert (told[1]["label"], told[2]["assignee"]) == ({"name": "bug"}, {"login": "ada"})
    assert told[4]["changes"] == {"title": {"from": "It breaks"}}
    assert (told[5]["comment"]["body"], told[5]["issue"]["number"]) == ("Indeed", 1)
    assert told[0]["issue"]["html_url"] == "http://127.0.0.1:8400/ada/shop/issues/1"
    assert told[0]["issue"]["user"]["login"] == "ada"
    assert (yard.run().title, yard.run().actor_name) == ("It broke", "ada")


def test_a_comment_that_is_gone_is_told_without_its_words(yard: Yard) -> None:
    yard.workflow(flow("{issue_comment: {types: [deleted]}}"))
    project = yard.project

    def said_and_taken_back(work: Any) -> None:
        issue = plan.open_issue(work, project, title="x")
        said = plan.comment(work, project, issue, "secret")
        plan.issue.delete_comment(work, project, issue, said.id)

    yard.write(said_and_taken_back)
    yard.carry_on()
    assert begun(yard) == [("issue_comment", "deleted")]
    assert github(yard)["event"]["comment"]["body"] == ""


def test_labels_and_milestones(yard: Yard) -> None:
    yard.workflow(flow("[label, milestone]"))
    project = yard.project

    def sorted_out(work: Any) -> None:
        label = plan.make_label(work, project, name="bug")
        plan.issue.edit_label(work, project, label.id, name="fault")
        plan.issue.remove_label(work, project, label.id)
        milestone = plan.make_milestone(work, project, title="One")
        plan.issue.close_milestone(work, project, milestone.id)

    yard.write(sorted_out)
    yard.carry_on()
    assert begun(yard) == [
        ("label", "created"),
        ("label", "edited"),
        ("label", "deleted"),
        ("milestone", "created"),
        ("milestone", "closed"),
    ]
    assert github(yard, 2)["event"]["changes"] == {"name": {"from": "bug"}}
    assert github(yard, 5)["event"]["milestone"]["state"] == "closed"


def test_a_push_tells_the_whole_messages(yard: Yard) -> None:
    sha = yard.workflow(flow("push"), "Title\n\nMore [deploy]")
    event = github(yard)["event"]
    assert event["head_commit"]["id"] == sha
    assert event["head_commit"]["message"] == "Title\n\nMore [deploy]"
    assert event["head_commit"]["author"] == {"name": "Ada", "email": "ada@example.org"}
    assert [each["message"] for each in event["commits"]] == ["Title\n\nMore [deploy]"]
    assert (event["created"], event["forced"], event["pusher"]["name"]) == (True, False, "ada")


@pytest.mark.parametrize(("name", "begins"), [("push", 0), ("release", 1)])
def test_words_that_skip_are_for_pushes(yard: Yard, name: str, begins: int) -> None:
    yard.workflow(flow("[push, release]"), "Quiet [skip ci]")
    happened(yard, "release") if name == "release" else None
    assert len(yard.runs()) == begins


def test_verdicts_are_kept_for_a_season(yard: Yard) -> None:
    sha = yard.workflow(flow("push"))

    def age(work: Work) -> None:
        work.session.scalars(select(Planning)).one().received_at = now() - timedelta(days=91)

    yard.house.write_now(HOUSE, forget_plannings)
    assert len(yard.read(lambda work: verdicts_of(work, yard.project, sha))) == 1
    yard.write(age)
    yard.house.write_now(HOUSE, forget_plannings)
    assert list(yard.read(lambda work: verdicts_of(work, yard.project, sha))) == []
    assert len(yard.runs()) == 1


def test_an_event_that_never_happens_here_is_named(yard: Yard) -> None:
    yard.workflow("name: x\non:\n  push:\n  discussion:\n" + JOBS)
    (found,) = yard.run().found_mistakes
    assert (found.line, found.column, found.source) == (4, 3, "  discussion:")
    assert str(found.text) == "discussion does not happen here, so nothing begins by it."
