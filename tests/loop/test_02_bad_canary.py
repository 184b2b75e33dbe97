"""Scenario 2: a bad version is caught, taken back and learned from; then somebody repairs it, and goes back by hand."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest

from dure.demo import BAD, Story, Visitors
from dure.wire import (
    DeploymentInfo,
    DoraInfo,
    EnvironmentList,
    IncidentDetail,
    IncidentInfo,
    IssueDetail,
)
from tests.loop.whole import Project, Whole, soon

# One house for each file of this folder, so a file must not be spread over several processes.
pytestmark = pytest.mark.alone


@dataclass
class Bad:
    """A bad commit, and what it came to."""

    good: str
    sha: str
    deployment: DeploymentInfo
    visitors: Visitors
    incident: IncidentInfo


@pytest.fixture(scope="module")
def story(whole: Whole) -> Story:
    story = whole.story()
    story.open_the_shop()
    return story


@pytest.fixture(scope="module")
def shop(whole: Whole, story: Story) -> Project:
    return Project(whole.house, story.shop, story.sight)


@pytest.fixture(scope="module")
def bad(whole: Whole, story: Story, shop: Project) -> Iterator[Bad]:
    """A second commit that comes with a harmless one before it: only one of the two is to blame."""
    good = shop.copy.git("rev-parse", "HEAD").strip()
    with Visitors(whole.house.traffic, "web.production.shop.localhost", 50) as visitors:
        soon("visitors are served", lambda: visitors.seen.requests > 20)
        shop.write({"README.md": "# The shop\n"})
        shop.copy.commit("docs: what this is")
        sha = shop.copy.change(BAD, "feat(web): a cheaper lantern for every customer")
        shop.copy.push()
        deployment = shop.phase(sha, "rolled_back")
        incident = soon("an incident with a suspect", story.opened)
        yield Bad(good, sha, deployment, visitors, incident)


def test_it_is_taken_back_and_the_old_version_never_noticed(shop: Project, bad: Bad) -> None:
    assert bad.deployment.weight == 0
    assert bad.deployment.made_for == "push"
    old, new = shop.key(bad.good), shop.key(bad.sha)
    seen = bad.visitors.seen
    assert seen.failed_by_platform == 0, seen.complaints
    assert 0 < seen.errors <= seen.versions[new]
    before = seen.versions[old]
    soon("the old version serves on", lambda: seen.versions[old] > before + 50)
    live = shop.deployment(bad.good)
    assert live is not None
    assert live.phase == "live"


def test_the_incident_names_the_bad_commit_first(whole: Whole, shop: Project, bad: Bad) -> None:
    found = whole.house.get(f"{shop.sight.base}/incidents/{bad.incident.number}", IncidentDetail)
    assert found.suspect == bad.sha
    assert found.suspects[0].sha == bad.sha
    assert len(found.suspects) == 2
    assert found.suspects[0].score > found.suspects[1].score
    assert found.suspects[0].reasons
    assert found.is_draft
    assert found.version in found.postmortem
    assert bad.sha[:7] in found.postmortem
    assert len(shop.sight.incidents().incidents) == 1


def test_an_issue_follows(whole: Whole, shop: Project, bad: Bad) -> None:
    assert bad.incident.issue is not None
    issue = whole.house.get(f"{shop.sight.base}/issues/{bad.incident.issue}", IssueDetail)
    assert issue.state == "open"
    assert issue.labels == ["incident"]
    assert bad.sha[:10] in issue.body


def test_the_bad_commit_does_not_come_again_by_itself(whole: Whole, shop: Project, bad: Bad) -> None:
    found = whole.house.get(f"{shop.sight.base}/environments", EnvironmentList).environments
    production = next(one for one in found if one.name == "production")
    assert production.paused_by is not None
    assert production.live is not None
    assert production.live.sha == bad.good
    # Its environment before tells it to go on once more; nothing comes of it.
    again = whole.say("ship", "staging", "--wait")
    assert again.code == 0, again.err
    assert len([one for one in shop.deployments("production") if one.sha == bad.sha]) == 1


def test_the_metrics_show_it(whole: Whole, shop: Project, bad: Bad) -> None:
    dora = shop.sight.dora()
    assert (dora.change_fail.part, dora.change_fail.whole) == (1, 2)
    assert dora.recovery.count == 1
    assert [one.failed for one in dora.deployments if one.number == bad.deployment.number] == [True]
    said = whole.say("dora", "--json")
    assert msgspec.json.decode(said.out, type=DoraInfo).change_fail.part == 1


@pytest.fixture(scope="module")
def repaired(shop: Project, bad: Bad) -> DeploymentInfo:
    shop.copy.git("revert", "--no-edit", "HEAD")
    shop.copy.push()
    sha = shop.copy.git("rev-parse", "HEAD").strip()
    assert sha != bad.sha
    return shop.phase(sha, "live")


def test_a_repair_goes_live_and_the_incident_ends(whole: Whole, shop: Project, repaired: DeploymentInfo) -> None:
    found = whole.house.get(f"{shop.sight.base}/environments", EnvironmentList).environments
    assert [one.paused_by for one in found] == [None, None]
    assert repaired.strategy == "canary"
    assert shop.sight.dora().change_fail.whole == 3
    resolved = whole.say("incidents", "resolve", "1")
    assert resolved.code == 0, resolved.err
    assert [one.state for one in shop.sight.incidents().incidents] == ["resolved"]


def test_going_back_by_hand_needs_no_argument(whole: Whole, shop: Project, bad: Bad, repaired: DeploymentInfo) -> None:
    """It goes to the last version that ran well, which is not the bad one before."""
    ended = whole.say("rollback", "--wait")
    assert ended.code == 0, ended.out + ended.err
    live = soon("the good version is live again", lambda: live_now(whole, shop, bad.good))
    assert live.made_for == "rollback"
    assert shop.deployments("production")[0].number == live.number
    shop.phase(repaired.sha, "rolled_back")


def live_now(whole: Whole, shop: Project, sha: str) -> DeploymentInfo | None:
    found = whole.house.get(f"{shop.sight.base}/environments", EnvironmentList).environments
    live = next(one for one in found if one.name == "production").live
    return live if live is not None and live.sha == sha else None


def test_no_visitor_lost_a_request(whole: Whole, bad: Bad) -> None:
    assert bad.visitors.seen.failed_by_platform == 0, bad.visitors.seen.complaints
    whole.expect_well()
