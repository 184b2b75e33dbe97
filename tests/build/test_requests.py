"""Merge requests begin workflows on what both branches come to, and the check stands beside what was pushed."""

from functools import partial
from typing import Any

import pytest

from dure import people, plan
from dure.build.planning import verdicts_of
from dure.code import checks_of, find_request, request
from dure.kit import Forbidden, Invalid, Missing
from dure.ledger import HOUSE
from dure.plan.issue.label import remove_label
from tests.build.test_events import flow, github
from tests.build.wired import Yard

CI = {".github/workflows/ci.yml": f"name: CI\n{flow('pull_request')}"}


def opened(yard: Yard, files: dict[str, str], source: str = "more", **words: str) -> str:
    """A branch with these files, and a request that it be merged."""
    yard.git("switch", "-q", "-c", source)
    sha = yard.push(files, branch=source)
    yard.git("switch", "-q", "main")
    yard.write(lambda work: request.open_request(work, yard.project, source=source, **words))
    yard.carry_on()
    return sha


def act(yard: Yard, do: Any, number: int = 1) -> None:
    yard.write(lambda work: do(work, yard.project, find_request(work, yard.project, number, to_change=True)))
    yard.carry_on()


def pulls(yard: Yard) -> list[tuple[str, str]]:
    return [(run.event, github(yard, run.number)["event"]["action"]) for run in yard.runs()]


def test_a_request_runs_on_what_both_branches_come_to(yard: Yard) -> None:
    base = yard.push({**CI, "a": "a"})
    head = opened(yard, {"b": "b"}, title="More")
    run = yard.run()

    assert run.sha not in (base, head)
    assert yard.repositories.is_ancestor(yard.repository_id(), head, run.sha)
    assert (run.event, run.ref, run.ref_name, run.title) == ("pull_request", "refs/pull/1/merge", "1/merge", "More")
    context = github(yard)
    assert (context["base_ref"], context["head_ref"], context["sha"]) == ("main", "more", run.sha)
    assert (context["ref"], context["ref_name"], context["actor"]) == ("refs/pull/1/merge", "1/merge", "ada")
    told = context["event"]["pull_request"]
    assert (context["event"]["action"], context["event"]["number"]) == ("opened", 1)
    assert (told["head"]["sha"], told["base"]["sha"], told["merge_commit_sha"]) == (head, base, run.sha)
    assert told["html_url"] == "http://127.0.0.1:8400/ada/shop/requests/1"


def test_its_check_stands_beside_what_was_pushed(yard: Yard) -> None:
    yard.push(CI)
    head = opened(yard, {"b": "b"})
    yard.do_all()

    checks = yard.read(lambda work: checks_of(work, yard.project, head))
    assert [(check.name, check.state) for check in checks] == [("build/CI (pull_request)", "success")]
    assert yard.read(lambda work: checks_of(work, yard.project, yard.run().sha)) == []
    (planning,) = [each for each in yard.read(lambda work: verdicts_of(work, yard.project, head)) if each.judged[0].run]
    assert planning.name == "pull_request"


def test_each_push_to_it_begins_again_and_a_push_to_its_target_does_not(yard: Yard) -> None:
    yard.push(CI)
    first = opened(yard, {"b": "b"})
    yard.git("switch", "-q", "more")
    second = yard.push({"b": "c"}, branch="more")
    assert pulls(yard) == [("pull_request", "opened"), ("pull_request", "synchronize")]
    told = github(yard, 2)["event"]
    assert (told["before"], told["after"]) == (first, second)

    yard.git("switch", "-q", "main")
    yard.push({"c": "c"})
    assert len(yard.runs()) == 2


def test_its_other_turns_begin_only_what_names_them(yard: Yard) -> None:
    types = "[opened, edited, closed, reopened]"
    yard.push({".github/workflows/ci.yml": flow(f"{{pull_request: {{types: {types}}}}}")})
    opened(yard, {"b": "b"})
    act(yard, partial(request.edit_request, title="Other"))
    act(yard, request.close_request)
    act(yard, request.reopen_request)
    act(yard, request.merge_request)

    assert [kind for _, kind in pulls(yard)] == ["opened", "edited", "closed", "reopened", "closed"]
    assert [github(yard, number)["event"]["pull_request"]["merged"] for number in (3, 5)] == [False, True]
    last = yard.run(5)
    main = yard.repositories.head(yard.repository_id(), "main")
    assert (last.ref, last.sha, last.actor_name) == ("refs/heads/main", main, "ada")


def test_branches_that_conflict_begin_only_what_runs_on_the_default_branch(yard: Yard) -> None:
    base = yard.push({".github/workflows/ci.yml": flow("[pull_request, pull_request_target]"), "a": "a\n"})
    yard.git("switch", "-q", "-c", "more")
    head = yard.push({"a": "b\n"}, branch="more")
    yard.git("switch", "-q", "main")
    tip = yard.push({"a": "c\n"})
    yard.write(lambda work: request.open_request(work, yard.project, source="more"))
    yard.carry_on()

    (run,) = yard.runs()
    assert (run.event, run.sha, run.ref) == ("pull_request_target", tip, "refs/heads/main")
    assert base != tip
    assert github(yard)["event"]["pull_request"]["head"]["sha"] == head
    assert github(yard)["base_ref"] == "main"


@pytest.mark.parametrize(
    ("on", "why"),
    [
        ("{pull_request: {branches: [other]}}", "No pattern in `branches` takes main."),
        ("{pull_request: {paths: [docs/**]}}", "No pattern in `paths` takes a file that changed."),
        ("{pull_request: {types: [closed]}}", "`types` of pull_request does not name opened."),
    ],
)
def test_filters(yard: Yard, on: str, why: str) -> None:
    yard.push({".github/workflows/ci.yml": flow(on), "docs/a": "a"})
    head = opened(yard, {"src/b": "b"})

    assert yard.runs() == []
    found = yard.read(lambda work: verdicts_of(work, yard.project, head))
    assert [str(each.judged[0].why) for each in found if each.name == "pull_request"] == [why]


def test_paths_are_those_that_the_request_changes(yard: Yard) -> None:
    yard.push({".github/workflows/ci.yml": flow("{pull_request: {paths: [src/**]}}"), "docs/a": "a"})
    opened(yard, {"src/b": "b"})
    yard.git("switch", "-q", "more")
    yard.push({"docs/c": "c"}, branch="more")

    assert [kind for _, kind in pulls(yard)] == ["opened", "synchronize"]


def test_words_in_its_message_skip_it(yard: Yard) -> None:
    yard.push(CI)
    yard.git("switch", "-q", "-c", "more")
    yard.push({"b": "b"}, "Change [skip ci]", branch="more")
    yard.write(lambda work: request.open_request(work, yard.project, source="more"))
    yard.carry_on()

    assert yard.runs() == []


def test_runs_know_whether_their_branch_is_protected(yard: Yard) -> None:
    """Asked when a run begins: what a merge request runs on is a ref of its own, that nobody protects."""
    for pattern, by_request in (("main", False), ("release/*", True)):
        yard.write(partial(request.protect, project=yard.project, pattern=pattern, by_request=by_request))
    yard.push({".github/workflows/ci.yml": f"name: CI\n{flow('[push, pull_request]')}"})
    opened(yard, {"b": "b"}, title="More")
    yard.push({}, branch="release/1")
    found = {run.ref: github(yard, run.number)["ref_protected"] for run in yard.runs()}
    assert found == {
        "refs/heads/main": True,
        "refs/heads/more": False,
        "refs/pull/1/merge": False,
        "refs/heads/release/1": True,
    }
    order = yard.take()
    assert (order.contexts["github"]["ref_protected"], order.contexts["github"]["retention_days"]) == (True, "30")


def test_each_label_is_an_event(yard: Yard) -> None:
    types = "{pull_request: {types: [labeled, unlabeled]}}"
    yard.push({".github/workflows/ci.yml": flow(types)})
    opened(yard, {"b": "b"})
    for name in ("bug", "wish"):
        yard.write(partial(plan.make_label, project=yard.project, name=name, colour="red"))
    act(yard, partial(request.label_request, wanted=["Bug", "wish"]))
    act(yard, partial(request.label_request, wanted=["wish"]))
    act(yard, partial(request.label_request, wanted=["wish"]))

    told = [github(yard, run.number)["event"] for run in yard.runs()]
    assert [(each["action"], each["label"]["name"]) for each in told] == [
        ("labeled", "bug"),
        ("labeled", "wish"),
        ("unlabeled", "bug"),
    ]
    assert [label["name"] for label in told[2]["pull_request"]["labels"]] == ["wish"]
    assert yard.run().ref == "refs/pull/1/merge"
    with pytest.raises(Invalid):
        act(yard, partial(request.label_request, wanted=["none"]))
    (wish,) = [label for label in yard.read(lambda work: plan.labels_of(work, yard.project)) if label.name == "wish"]
    yard.write(lambda work: remove_label(work, yard.project, wish.id))
    assert yard.read(lambda work: request.labels_by_request(work, yard.project, [1])) == {}


def test_what_is_said_of_it_is_an_event_of_an_issue_that_is_a_pull_request(yard: Yard) -> None:
    yard.push({".github/workflows/ci.yml": flow("issue_comment"), "a": "a"})
    opened(yard, {"b": "b"})
    act(yard, partial(request.comment, body="/deploy"))
    act(yard, partial(request.edit_comment, comment_id=1, body="/deploy now"))
    act(yard, partial(request.edit_comment, comment_id=1, body="/deploy now"))
    act(yard, partial(request.delete_comment, comment_id=1))

    runs = yard.runs()
    told = [github(yard, run.number)["event"] for run in runs]
    # Each is told with the words that it has when the event is heard.
    assert [(each["action"], each["comment"]["body"]) for each in told] == [
        ("created", "/deploy"),
        ("edited", "/deploy now"),
        ("deleted", ""),
    ]
    issue = told[0]["issue"]
    assert (issue["number"], issue["state"], issue["user"]["login"]) == (1, "open", "ada")
    assert issue["pull_request"]["html_url"] == "http://127.0.0.1:8400/ada/shop/requests/1"
    assert told[0]["comment"]["html_url"] == "http://127.0.0.1:8400/ada/shop/requests/1#comment-1"
    assert {(run.event, run.ref, run.actor_name) for run in runs} == {("issue_comment", "refs/heads/main", "ada")}
    with pytest.raises(Missing):
        act(yard, partial(request.edit_comment, comment_id=1, body="x"))


def test_nobody_changes_what_others_said(yard: Yard) -> None:
    yard.push({"a": "a"})
    opened(yard, {"b": "b"})
    bob = yard.house.write_now(
        HOUSE, lambda work: people.caller_for(people.make_account(work, handle="bob", name="Bob"))
    )
    yard.write(lambda work: plan.add_member(work, yard.project, people.NewMember(handle="bob", role="reporter")))
    act(yard, partial(request.comment, body="Mine"))

    def by_bob(do: Any) -> Any:
        return yard.house.write_now(bob, lambda work: do(work, yard.project, find_request(work, yard.project, 1)))

    by_bob(partial(request.comment, body="Hello"))
    by_bob(partial(request.edit_comment, comment_id=2, body="Hello!"))
    with pytest.raises(Forbidden):
        by_bob(partial(request.edit_comment, comment_id=1, body="Yours"))
    with pytest.raises(Forbidden):
        by_bob(partial(request.label_request, wanted=[]))
    act(yard, partial(request.delete_comment, comment_id=2))
    said = yard.read(lambda work: request.comments_on(work, yard.project, find_request(work, yard.project, 1)))
    assert [each.body for each in said] == ["Mine"]
