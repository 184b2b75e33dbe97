"""A merge queue where git fails, branches go away, and others come between."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, event, select

from dure import build
from dure.build.hearing.groups import NOBODY_WAITS
from dure.build.planning.planning import PLANNED, READING, Planning
from dure.code import Queues, find_request, request, set_check
from dure.code.queue import MergeQueue
from dure.code.request.queue_machine import (
    AGAIN_SECONDS,
    LOOK_SECONDS,
    SOON_SECONDS,
    Failed,
    Green,
    key_of,
    look,
    pause,
    write_step,
    write_steps,
)
from dure.code.whole import requests_page
from dure.kit import Refused, now
from dure.ledger import HOUSE, Actor, Work, deliverer
from tests.build.test_merge_queue import (
    REFS,
    check,
    group,
    line,
    look_again,
    main,
    protect,
    queue,
    ready,
    shop,
    standing,
    told,
)
from tests.build.test_requests import act
from tests.build.wired import ARTIFACT_DAYS, URL, Yard

__all__ = ["shop"]


def test_no_common_history_is_a_conflict(shop: Yard) -> None:
    shop.git("switch", "-q", "--orphan", "other")
    shop.push({"other": "other\n"}, branch="other")
    shop.git("switch", "-q", "main")
    shop.write(lambda work: request.open_request(work, shop.project, source="other"))
    shop.carry_on()

    found = told(shop)

    assert (found.phase, found.tries, found.conflicting, found.merge_sha) == ("open", 0, ["/"], "")
    with pytest.raises(Refused, match="no history in common with main"):
        queue(shop, 1)


def test_where_git_fails_it_goes_and_the_others_do_not_wait_for_ever(shop: Yard) -> None:
    ready(shop, "one", "two")
    # Something stands where the commit of the first is to stand.
    shop.repositories.move_ref(shop.repository_id(), f"{REFS}/main/pr-1-{main(shop)}/x", main(shop))
    queue(shop, 1, 2)
    look_again(shop)
    assert line(shop) == [1, 2]
    assert (group(shop, 1), bool(group(shop, 2))) == ("", True)

    look_again(shop)

    assert line(shop) == [2]
    assert str(told(shop).why_left) == "Git cannot merge it into main."
    check(shop, group(shop, 2), "success")
    assert (told(shop, 2).phase, line(shop)) == ("merged", [])


def test_one_that_cannot_be_tried_does_not_hold_the_others_up(shop: Yard) -> None:
    ready(shop, "one", "two")
    queue(shop, 1, 2)

    def fail(work: Work) -> None:
        find_request(work, shop.project, 1).tries = 3

    shop.house.write_now(HOUSE, fail)
    look_again(shop)

    assert (line(shop), str(told(shop).why_left)) == ([2], "Git cannot merge it into main.")


def test_it_is_merged_whatever_the_name_of_who_wants_it(shop: Yard) -> None:
    """Git makes no commit for a name of which it leaves nothing."""
    tip = main(shop)
    tree = shop.repositories.merge(shop.repository_id(), tip, tip).tree
    for name in ("...", " <> ", ""):
        made = shop.repositories.write_commit(
            shop.repository_id(), tree, [tip], name, actor=Actor("person:1", name), email="a@b", at=now()
        )
        found = shop.repositories.commit(shop.repository_id(), made)
        assert found is not None
        assert found.author_name == "Dure"


def test_it_looks_seldom_where_there_is_nothing_to_see_soon(shop: Yard) -> None:
    ready(shop, "one")
    queue(shop, 1)
    (queue_row,) = shop.read(lambda work: work.session.scalars(select(MergeQueue)).all())
    _, (seen,) = shop.read(partial(look, queue_row))
    seen.request.phase = "trying"
    assert pause([seen], {}) == SOON_SECONDS
    seen.request.tries = 1
    assert pause([seen], {}) == LOOK_SECONDS
    assert pause([seen], {seen.key: Failed()}) == AGAIN_SECONDS


def test_a_branch_that_goes_while_it_is_merged_closes_it(shop: Yard) -> None:
    """Git is seen before anything is written down of the push."""
    protect(shop, by_queue=False)
    ready(shop, "one")
    shop.write(lambda work: request.merge_request(work, shop.project, find_request(work, shop.project, 1)))
    shop.git("push", "-q", "origin", ":one")
    shop.carry_on()

    assert (told(shop).phase, told(shop).merged_sha) == ("closed", "")
    shop.received()
    assert told(shop).phase == "closed"


def merging(yard: Yard) -> str:
    """The first of the queue, whose turn it is to be merged. Its own machine has not begun."""
    ready(yard, "one")
    queue(yard, 1)
    sha = group(yard, 1)

    def do(work: Work) -> None:
        set_check(work, yard.project, sha, name="build/CI (merge_group)", state="success")
        (found,) = request.queues_of(work, yard.project)["main"]
        write_step(work, found, Green())

    yard.write(do)
    assert told(yard).phase == "merging"
    return sha


def test_the_queue_lets_it_go_too(shop: Yard) -> None:
    base = main(shop)
    merging(shop)
    shop.git("push", "-q", "origin", ":one")
    shop.carry_on()

    assert (told(shop).phase, str(told(shop).why_left), line(shop)) == ("closed", "It was closed.", [])
    assert main(shop) == base


def test_what_is_in_the_branch_already_is_merged_whatever_went(shop: Yard) -> None:
    sha = merging(shop)
    shop.repositories.move_ref(shop.repository_id(), "refs/heads/main", sha, main(shop))
    shop.git("push", "-q", "origin", ":one")
    shop.carry_on()

    assert (told(shop).phase, told(shop).merged_sha, line(shop)) == ("merged", sha, [])


def test_what_was_found_out_of_another_is_not_done(shop: Yard) -> None:
    """Who left and came back is tested anew, whatever number it has got in the queue."""
    ready(shop, "one")
    queue(shop, 1)
    (before,) = standing(shop)
    row = shop.read(lambda work: work.session.scalars(select(MergeQueue)).one())
    number, asked, at = key_of(before.queued)
    for key in ((number, asked, at - timedelta(seconds=1)), (number, asked + 1, at)):
        shop.house.write_now(HOUSE, partial(write_steps, row=row, steps={key: Green()}))
        assert told(shop).phase == "open"

    def untested(work: Work) -> None:
        (found,) = request.queues_of(work, shop.project)["main"]
        found.queued.group_sha = ""
        write_step(work, found, Green())

    shop.house.write_now(HOUSE, untested)
    assert told(shop).phase == "open"


def test_numbers_in_a_queue_are_given_once(shop: Yard) -> None:
    ready(shop, "one")
    queue(shop, 1)
    (before,) = standing(shop)
    act(shop, request.unqueue_request)
    queue(shop, 1)

    (after,) = standing(shop)
    assert after.queued.id > before.queued.id


def test_who_is_merged_cannot_be_taken_out(shop: Yard) -> None:
    merging(shop)
    with pytest.raises(Refused, match="!1 is being merged at this moment"):
        act(shop, request.unqueue_request)
    shop.carry_on()
    with pytest.raises(Refused, match="!1 is merged already"):
        act(shop, request.unqueue_request)


def test_a_list_does_not_ask_more_the_more_queues_there_were(shop: Yard) -> None:
    ready(shop, "one")
    queue(shop, 1)
    asked: list[str] = []
    listening = Engine, "before_cursor_execute", lambda *found: asked.append(found[2])
    for number in range(5):
        shop.write(partial(add_queue, yard=shop, branch=f"old-{number}"))
    event.listen(*listening)
    page = shop.read(lambda work: requests_page(work, shop.project))
    assert page.queued == 1
    assert sum("code_queue" in words for words in asked) == 1
    asked.clear()
    assert list(shop.read(lambda work: request.queues_of(work, shop.project))) == ["main"]
    assert sum("FROM code_queue" in words for words in asked) <= 3
    event.remove(*listening)


def add_queue(work: Work, yard: Yard, branch: str) -> None:
    here = yard.repository_id()
    work.add(MergeQueue(phase="watching", project_id=yard.project.id, repository_id=here, branch=branch))


def plannings_of(yard: Yard) -> list[tuple[str, str]]:
    rows = yard.read(lambda work: work.session.scalars(select(Planning).where(Planning.name == "merge_group")).all())
    return [(row.phase, str(row.reason)) for row in rows]


def test_what_is_still_being_planned_begins_nothing(shop: Yard) -> None:
    """Taken out while the files of its commit are read."""
    ready(shop, "one")
    shop.write(lambda work: request.queue_request(work, shop.project, find_request(work, shop.project, 1)))
    queues = Queues(shop.repositories).phases().reconciler(shop.house, "test")
    delivering = deliverer(shop.house, "test")
    while any(each.once() for each in (queues, delivering)):
        pass
    assert plannings_of(shop) == [(READING, "None")]

    def take_out(point: str) -> None:
        if point == "acted":
            shop.write(lambda work: request.unqueue_request(work, shop.project, find_request(work, shop.project, 1)))
            while delivering.once():
                pass

    plannings = build.plannings(shop.repositories, URL, ARTIFACT_DAYS)
    plannings.reconciler(shop.house, "test", pause=take_out).once()
    shop.carry_on()

    assert plannings_of(shop) == [(PLANNED, str(NOBODY_WAITS))]
    assert [run.event for run in shop.runs()] == ["pull_request"]
