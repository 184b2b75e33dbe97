"""What reports come to: counts, new failures, the history of tests, and what cannot be read."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from dure.kit import Missing
from dure.ledger import HOUSE, Entry, Work, sentence_of
from dure.plan import Project
from dure.test import Report, Result, Summary, cases_of, commit_results, results_of, run_results, story_of
from dure.test import reading as reading_module
from tests.test.conftest import Shop, junit

GOOD, BAD = "passed", "failed"


def sentences(shop: Shop) -> list[str]:
    def do(work: Work, _: Project) -> list[str]:
        entries = work.session.scalars(select(Entry).where(Entry.kind.startswith("test.")).order_by(Entry.id))
        return [str(sentence_of(entry.kind, entry.facts)) for entry in entries]

    return shop.ask(do)


def test_a_report_is_read_and_told(shop: Shop) -> None:
    shop.reported(("adds", GOOD), ("pays", BAD), ("later", "skipped"), ("breaks", "error"))

    assert shop.ask(partial(results_of, sha="a" * 40)) == Summary(1, 2, 1, 2)
    found = shop.ask(partial(run_results, number=1))
    assert [(failure.case.name, failure.result.state, failure.result.is_new) for failure in found.failures] == [
        ("breaks", "error", True),
        ("pays", "failed", True),
    ]
    assert found.failures[1].result.message == "it is wrong\nwhere it is wrong"
    assert sentences(shop) == ["read junit.xml of run 1: 2 of 3 tests failed, 2 of them newly"]


def test_a_report_that_comes_twice_is_read_once_and_one_that_changed_is_read_again(shop: Shop) -> None:
    job = shop.reported(("adds", GOOD))
    shop.reported(("adds", GOOD), job=job)
    assert sentences(shop) == ["read junit.xml of run 1: all 1 tests passed"]

    shop.reported(("adds", BAD), ("more", GOOD), job=job)
    assert shop.ask(partial(results_of, sha="a" * 40)) == Summary(1, 1, 0, 1)


def test_new_failures_come_first_and_once(shop: Shop) -> None:
    shop.reported(("a", GOOD), ("b", BAD), ("c", GOOD), sha="1" * 40, run=1)
    shop.reported(("a", BAD), ("b", BAD), ("c", "skipped"), sha="2" * 40, run=2)
    shop.reported(("a", BAD), ("b", BAD), ("c", BAD), sha="3" * 40, run=3)

    second = shop.ask(partial(commit_results, sha="2" * 40))
    third = shop.ask(partial(commit_results, sha="3" * 40))
    assert [(one.case.name, one.result.is_new) for one in second.failures] == [("a", True), ("b", False)]
    assert [(one.case.name, one.result.is_new) for one in third.failures] == [("c", True), ("a", False), ("b", False)]
    assert second.summary == Summary(0, 2, 1, 1)


def test_on_a_branch_the_branch_is_asked_first_and_then_the_others(shop: Shop) -> None:
    shop.reported(("a", BAD), ("b", GOOD), branch="main", sha="1" * 40)
    shop.reported(("a", BAD), ("b", BAD), branch="feature", sha="2" * 40)
    shop.reported(("a", GOOD), ("b", GOOD), branch="main", sha="3" * 40)
    shop.reported(("a", BAD), ("b", BAD), branch="feature", sha="4" * 40)

    assert shop.ask(partial(results_of, sha="2" * 40)).new_failures == 1
    assert shop.ask(partial(results_of, sha="4" * 40)).new_failures == 0


def test_of_a_repeated_job_the_last_attempt_counts(shop: Shop) -> None:
    job = shop.reported(("a", BAD), ("b", GOOD))
    shop.reported(("a", GOOD), ("b", GOOD), job=job, attempt=2)
    shop.reported(("a", GOOD), job_name="other")

    assert shop.ask(partial(results_of, sha="a" * 40)) == Summary(3, 0, 0, 0)


def names(shop: Shop, **asked: Any) -> list[str]:
    return [case.name for case in shop.ask(partial(cases_of, **asked)).rows]


def test_tests_are_found_by_kind_and_words(shop: Shop) -> None:
    shop.reported(("adds", GOOD), ("pays", BAD), ("ships 100%", GOOD), sha="1" * 40)
    shop.reported(("adds", BAD), ("wip", BAD), branch="feature", sha="2" * 40)

    assert names(shop, kind="failing") == ["pays", "wip"]
    assert names(shop, words="PAY") == ["pays"]
    assert names(shop, words="100%") == ["ships 100%"]
    assert names(shop, words="0_") == []
    assert shop.ask(cases_of).counts == {"all": 4, "failing": 2, "flaky": 0, "slow": 0}


def test_a_test_that_fails_and_passes_at_one_commit_is_flaky(shop: Shop) -> None:
    job = shop.reported(("a", BAD), ("b", BAD), ("c", GOOD))
    shop.reported(("a", GOOD), ("b", BAD), ("c", GOOD), job=job, attempt=2)

    assert names(shop, kind="flaky") == ["a"]
    assert names(shop, kind="failing") == ["b"]


def test_a_test_has_a_history(shop: Shop) -> None:
    for run, state in enumerate((GOOD, BAD, BAD, "skipped", GOOD), start=1):
        shop.reported(("a", state), run=run, sha=str(run) * 40)
    case = shop.ask(cases_of).rows[0]

    story = shop.ask(partial(story_of, case_id=case.id))
    assert [time.result.state for time in story.times] == [GOOD, "skipped", BAD, BAD, GOOD]
    assert [time.report.run_number for time in story.times] == [5, 4, 3, 2, 1]
    assert (story.failed_percent, story.longest) == (50, 0.5)
    assert story.case.failing_since is None


def test_long_past_results_are_let_go_and_their_counts_stay(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "REPORTS_KEPT", 2)
    for run in range(1, 6):
        shop.reported(("a", GOOD), run=run, sha=str(run) * 40)

    def kept(work: Work, _: Project) -> int:
        return work.session.execute(select(func.count()).select_from(Result)).scalar_one()

    assert shop.ask(kept) == 2
    assert shop.ask(partial(results_of, sha="1" * 40)) == Summary(1, 0, 0, 0)


def test_a_report_that_cannot_be_read_says_why(shop: Shop) -> None:
    shop.report(b"<!DOCTYPE a []><testsuite/>", name="bad.xml")
    shop.report(b"", name="empty.xml")
    shop.read_all()

    found = shop.ask(partial(run_results, number=1))
    assert [str(report.reason) for report in found.unreadable] == [
        "It declares a document type in line 1, which is not allowed. Leave it out.",
        "It is empty. Did the tests run to their end?",
    ]
    assert found.summary == Summary()
    assert sentences(shop) == [
        "could not read the report bad.xml of run 1",
        "could not read the report empty.xml of run 1",
    ]


def test_bytes_that_are_gone_are_given_up_in_the_end(shop: Shop) -> None:
    shop.report(junit(("a", GOOD)))
    for blob in list(shop.blobs.all()):
        shop.blobs.delete(blob.digest)
    shop.read_all()

    def hurry(work: Work) -> str:
        report = work.session.scalars(select(Report)).one()
        report.tries, report.wake_at = 5, report.received_at
        return report.phase

    assert shop.house.write_now(HOUSE, hurry) == "reading"
    shop.read_all()
    assert "storage" in str(shop.ask(partial(run_results, number=1)).unreadable[0].reason)


def test_until_it_is_read_the_results_are_not_whole(shop: Shop) -> None:
    shop.report(junit(("a", GOOD)))

    assert not shop.ask(partial(results_of, sha="a" * 40)).is_whole
    shop.read_all()
    assert shop.ask(partial(results_of, sha="a" * 40)).is_whole


def test_who_may_not_see_the_project_sees_no_tests(shop: Shop) -> None:
    shop.reported(("a", GOOD))
    case = shop.ask(cases_of).rows[0]

    for question in (
        partial(results_of, sha="a" * 40),
        partial(commit_results, sha="a" * 40),
        partial(run_results, number=1),
        cases_of,
        partial(story_of, case_id=case.id),
    ):
        with pytest.raises(Missing):
            shop.ask(question, by=shop.carl)


def test_a_test_of_another_project_is_not_found(shop: Shop) -> None:
    shop.reported(("a", GOOD))
    case = shop.ask(cases_of).rows[0]

    with pytest.raises(Missing):
        shop.ask(partial(story_of, case_id=case.id + 1))


def test_a_large_report_is_put_down_in_one_go(shop: Shop) -> None:
    shop.reported(*((f"case {at}", GOOD if at % 10 else BAD) for at in range(3_000)))
    shop.reported(*((f"case {at}", GOOD if at % 9 else BAD) for at in range(3_000)), run=2, sha="b" * 40)

    assert shop.ask(partial(results_of, sha="b" * 40)) == Summary(2666, 334, 0, 300)
