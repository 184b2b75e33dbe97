"""A merge queue: what is tested is what the branch moves to, one after another."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, update

from dure import code
from dure.code import find_request, request, set_check
from dure.code.check import Check
from dure.code.queue import MergeQueue, Queued
from dure.code.request import MergeRequest, Standing
from dure.code.request.request import Manner
from dure.kit import Invalid, Refused, now
from dure.ledger import HOUSE, Work, wake
from tests.build.test_events import flow, github
from tests.build.test_requests import act, opened
from tests.build.wired import Yard

CI = {".github/workflows/ci.yml": f"name: CI\n{flow('[pull_request, merge_group]')}"}
CHECK = "build/CI (pull_request)"
REFS = "refs/heads/gh-readonly-queue"


@pytest.fixture
def shop(yard: Yard) -> Yard:
    """A branch that is merged through a queue."""
    yard.push({**CI, "a": "a\n"})
    protect(yard, queue_minutes=5)
    return yard


def protect(yard: Yard, *, by_queue: bool = True, queue_minutes: int = 60) -> None:
    rules = {"checks": [CHECK], "by_queue": by_queue, "queue_minutes": queue_minutes}
    yard.write(lambda work: request.protect(work, yard.project, "main", **rules))  # type: ignore[arg-type]


def ready(yard: Yard, *sources: str) -> None:
    """A request for each of these branches, with a file of its name; the checks of each are green."""
    for source in sources:
        opened(yard, {source: f"{source}\n"}, source)
    yard.do_all()


def queue(yard: Yard, *numbers: int, manner: Manner = "merge") -> None:
    for number in numbers:
        act(yard, partial(request.queue_request, manner=manner), number)


def standing(yard: Yard) -> list[Standing]:
    return yard.read(lambda work: request.queues_of(work, yard.project)).get("main", [])


def line(yard: Yard) -> list[int]:
    """The numbers of those who stand there, the next first."""
    return [each.request.number for each in standing(yard)]


def group(yard: Yard, number: int) -> str:
    """The commit that is tested of this request."""
    (found,) = [each.queued.group_sha for each in standing(yard) if each.request.number == number]
    return found


def told(yard: Yard, number: int = 1) -> MergeRequest:
    return yard.read(lambda work: find_request(work, yard.project, number))


def main(yard: Yard) -> str:
    return yard.repositories.head(yard.repository_id(), "main") or ""


def refs(yard: Yard) -> dict[str, str]:
    return yard.repositories.refs_below(yard.repository_id(), f"{REFS}/")


def check(yard: Yard, sha: str, state: str) -> None:
    """Its tests are over, by whoever runs them."""
    yard.write(lambda work: set_check(work, yard.project, sha, name="build/CI (merge_group)", state=state))
    yard.carry_on()


def look_again(yard: Yard) -> None:
    """What the clock does now and then."""

    def do(work: Work) -> None:
        for row in work.session.scalars(select(MergeQueue)):
            wake(work, row)

    yard.house.write_now(HOUSE, do)
    yard.carry_on()


def test_the_branch_moves_to_what_was_tested(shop: Yard) -> None:
    base = main(shop)
    ready(shop, "more")
    queue(shop, 1)
    (run,) = [run for run in shop.runs() if run.event == "merge_group"]
    context = github(shop, run.number)
    assert main(shop) == base
    assert shop.repositories.is_ancestor(shop.repository_id(), told(shop).head_sha, run.sha)
    assert (run.ref, run.check) == (f"{REFS}/main/pr-1-{base}", "build/CI (merge_group)")
    assert refs(shop) == {run.ref: run.sha}
    assert context["event"]["action"] == "checks_requested"
    event = context["event"]["merge_group"]
    assert (event["head_sha"], event["head_ref"]) == (run.sha, run.ref)
    assert (event["base_sha"], event["base_ref"]) == (base, "refs/heads/main")
    assert (event["head_commit"]["id"], event["head_commit"]["message"]) == (
        run.sha,
        "Merge more into main (!1)\n\nmore",
    )
    assert (context["base_ref"], context["head_ref"], context["actor"]) == ("", "", "ada")

    shop.do_all()
    shop.carry_on()

    assert main(shop) == run.sha
    assert (told(shop).phase, told(shop).merged_sha, told(shop).ended_by_name) == ("merged", run.sha, "ada")
    assert (line(shop), refs(shop)) == ([], {})


def test_several_are_tested_at_once_each_on_top_of_the_one_ahead(shop: Yard) -> None:
    ready(shop, "one", "two", "three")
    queue(shop, 2, 1, 3)
    assert line(shop) == [2, 1, 3]
    shas = [group(shop, number) for number in (2, 1, 3)]
    assert [shop.repositories.list_tree(shop.repository_id(), sha) is not None for sha in shas] == [True] * 3
    names = {entry.name for entry in shop.repositories.list_tree(shop.repository_id(), shas[1]) or []}
    assert {"one", "two"} <= names
    assert "three" not in names

    check(shop, shas[1], "success")
    assert line(shop) == [2, 1, 3]
    check(shop, shas[0], "success")
    assert line(shop) == [3]
    assert main(shop) == shas[1]
    check(shop, shas[2], "success")
    assert main(shop) == shas[2]
    assert [told(shop, number).merged_sha for number in (1, 2, 3)] == [shas[1], shas[0], shas[2]]


def test_a_red_one_leaves_and_those_behind_it_are_tested_without_it(shop: Yard) -> None:
    ready(shop, "one", "two")
    queue(shop, 1, 2)
    first, second = group(shop, 1), group(shop, 2)
    # Nobody says yet whose fault this is.
    check(shop, second, "failure")
    assert line(shop) == [1, 2]

    check(shop, first, "failure")

    assert line(shop) == [2]
    assert str(told(shop, 1).why_left) == "The check build/CI (pull_request) is not green: failure."
    again = group(shop, 2)
    assert again not in (first, second)
    assert "one" not in {entry.name for entry in shop.repositories.list_tree(shop.repository_id(), again) or []}
    ended = {run.sha: run.state for run in shop.runs() if run.event == "merge_group"}
    assert ended == {first: "cancelled", second: "cancelled", again: "queued"}
    assert set(refs(shop).values()) == {again}
    check(shop, again, "success")
    assert main(shop) == again
    assert told(shop, 1).phase == "open"


def test_it_waits_until_its_own_checks_are_green(shop: Yard) -> None:
    opened(shop, {"one": "1"}, "one")
    opened(shop, {"two": "2"}, "two")
    queue(shop, 1)
    assert [each.place for each in standing(shop)] == [0]
    order = shop.take()
    queue(shop, 2)
    shop.do_all()
    shop.carry_on()
    # The second was ready first.
    assert line(shop)[0] == 2 or told(shop, 2).phase == "merged"
    shop.end(order)
    shop.carry_on()
    shop.do_all()
    shop.carry_on()

    assert [told(shop, number).phase for number in (1, 2)] == ["merged", "merged"]


def test_checks_that_do_not_come_are_not_waited_for_for_ever(shop: Yard) -> None:
    ready(shop, "one")
    queue(shop, 1)
    look_again(shop)
    assert line(shop) == [1]
    long_ago = now() - timedelta(minutes=6)
    shop.house.write_now(HOUSE, lambda work: work.session.execute(update(Queued).values(first_at=long_ago)))
    look_again(shop)

    assert line(shop) == []
    assert str(told(shop).why_left) == "The check build/CI (pull_request) did not come within 5 min."


def test_a_push_to_the_branch_is_built_upon(shop: Yard) -> None:
    ready(shop, "one")
    queue(shop, 1)
    old = group(shop, 1)
    shop.git("switch", "-q", "main")
    pushed = shop.push({"other": "x"})

    new = group(shop, 1)
    assert new != old
    check(shop, old, "success")
    assert main(shop) == pushed
    check(shop, new, "success")
    assert main(shop) == new


def test_what_conflicts_with_one_ahead_leaves_when_that_one_is_in(shop: Yard) -> None:
    for number, source in enumerate(("one", "two"), 1):
        opened(shop, {"a": f"{number}\n"}, source)
    shop.do_all()
    queue(shop, 1, 2)
    assert (line(shop), group(shop, 2)) == ([1, 2], "")

    check(shop, group(shop, 1), "success")

    assert line(shop) == []
    assert str(told(shop, 2).why_left) == "It conflicts with main in a."


def test_a_push_to_it_takes_it_out(shop: Yard) -> None:
    ready(shop, "one")
    queue(shop, 1)
    shop.git("switch", "-q", "one")
    shop.push({"one": "other"}, branch="one")

    assert line(shop) == []
    assert str(told(shop).why_left) == "Something was pushed to it. Look at that, and put it there again."


def test_somebody_takes_it_out_or_closes_it(shop: Yard) -> None:
    ready(shop, "one", "two")
    queue(shop, 1, 2)
    behind = group(shop, 2)
    act(shop, request.unqueue_request, 1)
    assert (line(shop), str(told(shop).why_left)) == ([2], "ada took it out.")
    assert group(shop, 2) != behind
    act(shop, request.close_request, 2)
    assert line(shop) == []
    queue(shop, 1)
    assert told(shop).why_left is None
    protect(shop, by_queue=False)
    look_again(shop)
    assert str(told(shop).why_left) == "main has no queue any more."


def test_squashed_it_is_one_commit(shop: Yard) -> None:
    base = main(shop)
    ready(shop, "one")
    queue(shop, 1, manner="squash")
    check(shop, group(shop, 1), "success")

    found = shop.repositories.commit(shop.repository_id(), main(shop))
    assert found is not None
    assert (found.title, list(found.parents)) == ("one (!1)", [base])


def test_what_is_refused(shop: Yard) -> None:
    ready(shop, "one")
    with pytest.raises(Refused, match="Put it there: dure mr queue 1"):
        act(shop, request.merge_request)
    with pytest.raises(Invalid):
        protect(shop, queue_minutes=0)
    act(shop, request.close_request)
    with pytest.raises(Refused, match="closed"):
        queue(shop, 1)
    act(shop, request.reopen_request)
    protect(shop, by_queue=False)
    with pytest.raises(Refused, match="main has no queue"):
        queue(shop, 1)


def test_its_commits_are_nobodys_branches(shop: Yard) -> None:
    ready(shop, "one")
    queue(shop, 1)
    known = shop.read(lambda work: code.refs_of(work, shop.project))

    assert refs(shop)
    assert sorted(known) == ["refs/heads/main", "refs/heads/one"]


def test_what_was_said_before_it_stood_there_does_not_count(shop: Yard) -> None:
    """Who is taken out and put back in the same second comes to the same commit, whose run was cancelled."""
    ready(shop, "one")
    queue(shop, 1)
    old = {"state": "cancelled", "set_at": now() - timedelta(hours=1)}
    here = Check.sha == group(shop, 1)
    shop.house.write_now(HOUSE, lambda work: work.session.execute(update(Check).where(here).values(old)))
    look_again(shop)

    assert line(shop) == [1]
    check(shop, group(shop, 1), "cancelled")
    assert line(shop) == []
