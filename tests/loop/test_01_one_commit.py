"""Scenario 1: the way of one commit, from a push to the people it was made for."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dure.demo import GOOD, Visitors
from dure.wire import (
    ChangeInfo,
    CommentList,
    DeploymentInfo,
    IssueDetail,
    NewIssue,
    ReleaseDetail,
    ReleaseList,
    ResultsInfo,
    RunDetail,
)
from tests.loop.whole import Project, Whole, soon

# One house for each file of this folder, so a file must not be spread over several processes.
pytestmark = pytest.mark.alone


@dataclass
class Way:
    """What became of a commit."""

    sha: str
    issue: int
    state_before_production: str
    """Of the issue, when the commit was live in staging and waited for its canary."""
    run: RunDetail
    staging: DeploymentInfo
    production: DeploymentInfo
    visitors: Visitors


@pytest.fixture(scope="module")
def shop(whole: Whole) -> Project:
    story = whole.story()
    story.open_the_shop()
    return Project(whole.house, story.shop, story.sight)


@pytest.fixture(scope="module")
def way(whole: Whole, shop: Project) -> Iterator[Way]:
    """The second commit, promoted by its canary, while visitors come."""
    asked = NewIssue(title="Show prices in won", body="Nobody knows what 9500 means.")
    issue = whole.house.post(f"{shop.sight.base}/issues", asked, IssueDetail).number
    with Visitors(whole.house.traffic, "web.production.shop.localhost", 50) as visitors:
        sha = shop.copy.change(GOOD, f"feat(web): show prices in won\n\nFixes #{issue}")
        shop.copy.push()
        run = shop.run_over(sha)
        staging = shop.phase(sha, "live", environment="staging")
        shop.phase(sha, "canary")
        before = shop.sight.issue(issue).state
        production = shop.phase(sha, "live")
        soon("visitors meet the new version", lambda: visitors.seen.versions.get(shop.key(sha)))
        yield Way(sha, issue, before, run, staging, production, visitors)


def test_the_first_version_goes_live_everywhere(shop: Project) -> None:
    first = shop.copy.git("rev-list", "--max-parents=0", "HEAD").strip()
    assert [one.version for one in shop.deployments("staging") if one.sha == first] == ["0.1.0"]
    assert [one.version for one in shop.deployments("production") if one.sha == first] == ["0.1.0"]


def test_the_run_has_a_log_and_its_tests_are_counted(whole: Whole, shop: Project, way: Way) -> None:
    assert way.run.state == "success"
    assert [job.name for job in way.run.jobs] == ["lint", "test"]
    log = shop.log(way.run, 1)
    assert "test_the_page_shows_each_thing" in log
    assert "Ran 5 tests" in log
    results = whole.house.get(f"{shop.sight.base}/commits/{way.sha}/tests", ResultsInfo)
    assert (results.passed, results.failed, results.new_failures) == (5, 0, 0)


def test_it_is_released_once_and_the_release_is_what_it_says(whole: Whole, shop: Project, way: Way) -> None:
    releases = whole.house.get(f"{shop.sight.base}/releases", ReleaseList).releases
    assert [(one.version, one.state) for one in releases] == [("0.2.0", "released"), ("0.1.0", "released")]
    release = whole.house.get(f"{shop.sight.base}/releases/0.2.0", ReleaseDetail)
    assert release.commits == [way.sha]
    assert "how prices in won" in release.changelog
    assert "v0.2.0" in shop.copy.git("ls-remote", "--tags", "dure")
    verified = whole.say("release", "verify", "0.2.0")
    assert verified.code == 0, verified.err
    assert whole.say("release", "verify", "0.2.0", "--key", "00" * 32).code == 1


def test_staging_takes_it_at_once_and_production_by_a_canary(whole: Whole, shop: Project, way: Way) -> None:
    assert way.staging.strategy == "at once"
    assert way.production.strategy == "canary"
    assert way.production.made_at >= (way.staging.live_at or way.staging.made_at)
    detail = shop.detail(way.production.number)
    assert detail.steps == [10, 50, 100]
    assert detail.control is not None
    told = whole.ledger(f"deployment:{shop.key(way.sha).removeprefix('d')}")
    assert [weight for weight in (10, 50, 100) if any(f'"weight": {weight}' in words for words in told)] == [
        10,
        50,
        100,
    ]


def test_the_issue_is_closed_when_its_fix_is_live_in_production_and_says_so(
    whole: Whole, shop: Project, way: Way
) -> None:
    assert way.state_before_production == "open"
    issue = soon("the issue is closed", lambda: closed(shop, way.issue))
    assert way.production.live_at is not None
    assert issue.closed_at is not None
    assert issue.closed_at >= way.production.live_at
    comments = whole.house.get(f"{shop.sight.base}/issues/{way.issue}/comments", CommentList).comments
    assert f"Live in production with [0.2.0](/ada/shop/deployments/{way.production.number})" in comments[0].body


def test_it_says_where_it_is(whole: Whole, shop: Project, way: Way) -> None:
    """By the issue, by the commit and by the release."""
    for what in (f"#{way.issue}", way.sha[:10], "0.2.0"):
        found: list[ChangeInfo] = shop.sight.where(what).changes
        assert [(one.sha, one.version, one.stage, one.is_live) for one in found] == [
            (way.sha, "0.2.0", "operate", True)
        ], what
        said = whole.say("where", what)
        assert "0.2.0 is live in production" in said.out, said


def test_no_visitor_lost_a_request(way: Way) -> None:
    assert way.visitors.seen.requests > 100
    assert way.visitors.seen.errors == 0
    assert way.visitors.seen.failed_by_platform == 0, way.visitors.seen.complaints


@pytest.mark.usefixtures("way")
def test_the_house_is_well(whole: Whole) -> None:
    whole.expect_well()


def closed(shop: Project, number: int) -> IssueDetail | None:
    found = shop.sight.issue(number)
    return found if found.state == "closed" else None
